package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.decision.Reconciler;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostChange;
import io.spendguard.model.CostChangeException;
import io.spendguard.model.CostChangeException.Fault;
import io.spendguard.model.CostState;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reconciled;
import io.spendguard.model.Reconciled.Result;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What providers say afterwards: each word posts the difference, and what does not fit is named. */
class ReconcilerTest {
    private final TestClock clock = TestClock.create();
    private final InMemoryLedger ledger = new InMemoryLedger(clock);
    private final Ed25519Signer key = Ed25519Signer.generate();
    private final Guard guard = Guard.builder()
            .contract(Contract.parse("""
                    apiVersion: spendguard.ai/v1
                    metadata: {name: day, tenant: acme}
                    spec:
                      budgets:
                        - {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                    """, "day.yaml"))
            .ledger(ledger)
            .signer(key)
            .clock(clock)
            .build();
    private final Reconciler reconciler =
            Reconciler.open(ledger, key, clock, IdSource.timeOrdered(clock, new Random(7)), Duration.ofSeconds(30));

    @AfterEach
    void close() {
        reconciler.close();
        guard.close();
    }

    @Test
    void record_estimateThenReportThenInvoice_postsEachDifference() {
        decide("a").commit(Usage.unknown());
        assertSpent("0.18 USD");

        Reconciled reported = record("a", Usage.of(8_000, 1_000), null, CostState.PROVIDER_REPORTED);
        assertSpent("0.03 USD");
        Reconciled invoiced = record("a", Usage.unknown(), "0.04 USD", CostState.INVOICED);

        assertSpent("0.04 USD");
        assertThat(reported.result()).isEqualTo(Result.CORRECTED);
        assertThat(reported.before()).containsExactly(Amount.parse("0.18 USD"));
        assertThat(reported.actual()).containsExactly(Amount.parse("0.03 USD"));
        assertThat(invoiced.before()).containsExactly(Amount.parse("0.03 USD"));
        assertThat(record("a", Usage.of(8_000, 1_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.OUTRANKED);
        assertSpent("0.04 USD");
    }

    @Test
    void record_sameWordAgain_changesNothing_andALaterOneOfItsKindDoes() {
        decide("a").commit(Usage.of(8_000, 1_000));

        assertThat(record("a", Usage.of(8_000, 1_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.UNCHANGED);
        assertThat(record("a", Usage.of(8_000, 2_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.CORRECTED);
        assertThat(record("a", Usage.of(8_000, 2_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.UNCHANGED);
        assertSpent("0.04 USD");
    }

    @Test
    void record_callNobodySettled_settlesIt() {
        Permit permit = decide("a");

        Reconciled result = record(permit.decisionId().toString(), Usage.of(8_000, 1_000), null, CostState.INVOICED);

        assertThat(result.result()).isEqualTo(Result.SETTLED);
        assertSpent("0.03 USD");
        assertThat(balance().held()).isEqualTo(Amount.parse("0.00 USD"));
        assertThat(record("a", Usage.of(8_000, 9_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.OUTRANKED);
    }

    @Test
    void record_callWhoseHoldExpired_postsTheDifference() {
        decide("a");
        clock.advance(Duration.ofMinutes(11));
        guard.sweep();
        assertSpent("0.18 USD");

        assertThat(record("a", Usage.of(8_000, 1_000), null, CostState.PROVIDER_REPORTED)
                        .result())
                .isEqualTo(Result.SETTLED);

        assertSpent("0.03 USD");
    }

    @Test
    void record_aboveTheLimit_isRecordedAsDebt() {
        decide("a").commit(Usage.of(8_000, 1_000));

        record("a", Usage.unknown(), "1.25 USD", CostState.INVOICED);

        assertSpent("1.25 USD");
        assertThat(balance().debt()).isEqualTo(Amount.parse("0.25 USD"));
    }

    @Test
    void record_whatDoesNotFit_isNamed() {
        decide("a").release("not sent");
        guard.decide(Action.toolCall("t")
                .cost(Money.parse("9.00 USD"))
                .key("refused")
                .build());
        decide("b").commit(Usage.of(8_000, 1_000));

        assertThat(record("a", Usage.of(8_000, 1_000), null, CostState.INVOICED).result())
                .isEqualTo(Result.RELEASED_BUT_BILLED);
        assertThat(record("nobody", Usage.of(1, 1), null, CostState.INVOICED).result())
                .isEqualTo(Result.UNKNOWN_DECISION);
        assertThat(record("refused", Usage.of(1, 1), null, CostState.INVOICED).result())
                .isEqualTo(Result.NOT_RESERVED);
        assertThat(record("b", Usage.unknown(), null, CostState.INVOICED).result())
                .isEqualTo(Result.NOT_PRICED);
        assertThat(record("b", Usage.unknown(), "0.10 EUR", CostState.INVOICED).result())
                .isEqualTo(Result.NOT_PRICED);
        assertSpent("0.06 USD");
    }

    @Test
    void record_wordsAgainAfterARefundOrALaterWord_changeNothing() {
        decide("a").commit(Usage.unknown());
        record("a", "0.06 USD", "july.csv:2");
        reconciler.refund("acme", "a", Amount.parse("0.02 USD"), "credit note 9");
        assertThat(record("a", "0.06 USD", "july again.csv:2").result()).isEqualTo(Result.UNCHANGED);
        assertSpent("0.04 USD");
        assertThat(record("a", "0.07 USD", "august.csv:2").result()).isEqualTo(Result.CORRECTED);

        Reconciled older = record("a", "0.06 USD", "july.csv:2");

        assertThat(older.result()).isEqualTo(Result.UNCHANGED);
        assertThat(older.actual()).containsExactly(Amount.parse("0.07 USD"));
        assertSpent("0.07 USD");
        assertThat(record("a", "0.06 USD", "september.csv:2").result())
                .as("said anew")
                .isEqualTo(Result.CORRECTED);
        assertSpent("0.06 USD");
    }

    @Test
    void record_billOfAReleasedCall_isNamedEachTime_untilAnOperatorSaysWhatItWas() {
        decide("a").release("not sent");

        assertThat(record("a", "0.06 USD", "july.csv:2").result()).isEqualTo(Result.RELEASED_BUT_BILLED);
        assertThat(record("a", "0.06 USD", "july.csv:2").result()).isEqualTo(Result.RELEASED_BUT_BILLED);
        reconciler.compensate("acme", "a", Amount.parse("0.06 USD"), "was sent after all");

        assertThat(record("a", "0.06 USD", "july.csv:2").result()).isEqualTo(Result.UNCHANGED);
        assertSpent("0.06 USD");
    }

    @Test
    void record_countsBeyondAnyAmount_areNotPriced_andControlCharactersAreRefused() {
        decide("a").commit(Usage.unknown());

        assertThat(record("a", Usage.of(9_007_199_254_740_991L, 0), null, CostState.INVOICED)
                        .result())
                .isEqualTo(Result.NOT_PRICED);
        assertThatThrownBy(() -> record("a\0", "0.06 USD", "july.csv:2"))
                .hasMessage("Billed call has a key or reference with a control character, which evidence cannot carry."
                        + " Remove it.");
        assertThatThrownBy(() -> record("a", "0.06 USD", "july.csv\0")).isInstanceOf(IllegalArgumentException.class);
        assertSpent("0.18 USD");
    }

    @Test
    void refund_givesBack_onceForEachReference() {
        decide("a").commit(Usage.of(8_000, 1_000));

        CostChange change = reconciler.refund("acme", "a", Amount.parse("0.01 USD"), "credit note 9");
        CostChange again = reconciler.refund("acme", "a", Amount.parse("0.01 USD"), "credit note 9");

        assertThat(change.actual()).containsExactly(Amount.parse("0.02 USD"));
        assertThat(again.isReplayed()).isTrue();
        assertThat(again.auditEventId()).isEqualTo(change.auditEventId());
        assertSpent("0.02 USD");
        reconciler.refund("acme", "a", Amount.parse("0.02 USD"), "credit note 10");
        assertSpent("0.00 USD");
    }

    @Test
    void dispute_countsAsSpentUntilItIsWon_andStaysSpentWhenLost() {
        decide("a").commit(Usage.of(8_000, 1_000));

        assertThat(reconciler
                        .openDispute("acme", "a", Amount.parse("0.02 USD"), "case 1")
                        .disputed())
                .contains(Amount.parse("0.02 USD"));
        assertSpent("0.03 USD");
        assertThat(reconciler.resolveDispute("acme", "a", false, "case 1").disputed())
                .isEmpty();
        assertSpent("0.03 USD");
        reconciler.openDispute("acme", "a", Amount.parse("0.02 USD"), "case 2");
        reconciler.resolveDispute("acme", "a", true, "case 2");

        assertSpent("0.01 USD");
    }

    @Test
    void compensate_setsTheRecordRight() {
        decide("a").commit(Usage.of(8_000, 1_000));

        reconciler.compensate("acme", "a", Amount.parse("0.25 USD"), "counted a test twice");
        assertSpent("0.25 USD");
        reconciler.compensate("acme", "a", Amount.parse("0.00 USD"), "was no call of ours");

        assertSpent("0.00 USD");
    }

    @Test
    void changes_thatCannotBeRecorded_nameTheFaultAndWriteNothing() {
        decide("a").commit(Usage.of(8_000, 1_000));
        decide("open");
        Amount cent = Amount.parse("0.01 USD");

        assertRefused(
                () -> reconciler.refund("acme", "nobody", cent, "r"),
                Fault.UNKNOWN_CALL,
                "Call 'nobody' of tenant 'acme' is not known: only a call that was allowed can be changed. Name its key or"
                        + " decision.");
        assertRefused(
                () -> reconciler.refund("acme", "open", cent, "r"),
                Fault.NOT_SETTLED,
                "Call 'open' of tenant 'acme' is not settled: only what is recorded can be changed. Settle it first.");
        assertRefused(
                () -> reconciler.refund("acme", "a", Amount.parse("0.01 EUR"), "r"),
                Fault.UNIT_MISMATCH,
                "Call 'a' claimed no budget kept in EUR: units never convert. Name an amount of USD.");
        assertRefused(
                () -> reconciler.refund("acme", "a", Amount.parse("0.00 USD"), "r"),
                Fault.NOT_POSITIVE,
                "Call 'a' cannot be given back 0.00 USD: an amount is more than nothing. Name one.");
        assertThatThrownBy(() -> reconciler.refund("acme", "a", Amount.parse("0.04 USD"), "r"))
                .hasMessageEndingWith(" has 0.03 USD recorded: 0.04 USD cannot be given back of it. Name less.");
        assertRefused(
                () -> reconciler.resolveDispute("acme", "a", true, "r"),
                Fault.NO_DISPUTE,
                "Call 'a' is not disputed: nothing can be resolved. Open a dispute first.");
        reconciler.openDispute("acme", "a", cent, "case 1");
        assertRefused(
                () -> reconciler.openDispute("acme", "a", cent, "case 2"),
                Fault.DISPUTE_OPEN,
                "Call 'a' is disputed over 0.01 USD already: one dispute is open at a time. Resolve it first.");

        assertSpent("0.03 USD");
    }

    private static void assertRefused(ThrowingCallable call, Fault fault, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        CostChangeException.class,
                        refusal -> assertThat(refusal.fault()).isEqualTo(fault))
                .hasMessage(message);
    }

    @Test
    void corrections_areToldByEvidenceThatVerifies(@TempDir Path folder) {
        decide("a").commit(Usage.unknown());
        record("a", Usage.of(8_000, 1_000), null, CostState.PROVIDER_REPORTED);
        record("a", Usage.unknown(), "0.03 USD", CostState.INVOICED);
        reconciler.refund("acme", "a", Amount.parse("0.01 USD"), "credit note 9");
        reconciler.openDispute("acme", "a", Amount.parse("0.01 USD"), "case 1");
        reconciler.resolveDispute("acme", "a", true, "case 1");
        reconciler.compensate("acme", "a", Amount.parse("0.02 USD"), "after all");
        reconciler.close();
        guard.close();
        Path file = folder.resolve("evidence.zip");

        EvidenceExport.from(ledger).tenant("acme").write(key, clock, file);

        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }

    private Permit decide(String actionKey) {
        return guard.decide(Action.llmCall("openai", "gpt-4o")
                        .inputTokens(8_000)
                        .maxOutputTokens(16_000)
                        .key(actionKey)
                        .build())
                .orThrow();
    }

    private Reconciled record(String actionKey, Usage usage, @Nullable String cost, CostState state) {
        return reconciler.record(new BilledCall(
                "acme", actionKey, usage, cost == null ? null : Money.parse(cost), state, "invoice 7, line 3"));
    }

    private Reconciled record(String actionKey, String cost, String reference) {
        return reconciler.record(
                new BilledCall("acme", actionKey, Usage.unknown(), Money.parse(cost), CostState.INVOICED, reference));
    }

    private Balance balance() {
        return guard.balances("acme").get(0);
    }

    private void assertSpent(String spent) {
        assertThat(balance().spent()).isEqualTo(Amount.parse(spent));
    }
}
