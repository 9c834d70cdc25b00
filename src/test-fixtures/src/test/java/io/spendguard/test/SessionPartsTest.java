package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.Reconciler;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostState;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Reconciled;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session: one decision and hold, many parts, one settlement. The budget has 1.00 USD a day, the session holds 0.03 USD. */
class SessionPartsTest {
    private final GuardLab lab = new GuardLab();
    private final TestClock clock = lab.clock();
    private final Contract contract = contract("enforce", "1.00 USD");
    private final Guard guard = lab.guard(contract);
    private final Action session = Action.llmCall("openai", "gpt-4o")
            .inputTokens(8_000)
            .maxOutputTokens(1_000)
            .key("session")
            .build();

    @Test
    void commitPart_takesFromTheHold_andTheCommitAddsTheRest() {
        Permit permit = guard.decide(session).orThrow();

        PartCommit first = permit.commitPart(0, Usage.of(4_000, 0));
        PartCommit second = permit.commitPart(1, Money.parse("0.005 USD"));

        assertThat(first.isCommitted()).isTrue();
        assertThat(first.actual()).containsExactly(Amount.parse("0.01 USD"));
        assertThat(second.held()).containsExactly(Amount.parse("0.015 USD"));
        assertThat(permit.held()).isEqualTo(second.held());
        assertBalance("0.015 USD", "0.015 USD");
        Settlement end = permit.commit(Money.parse("0.002 USD"));
        assertThat(end.actual()).as("all of it").containsExactly(Amount.parse("0.017 USD"));
        assertBalance("0.017 USD", "0.00 USD");
    }

    @Test
    void commit_ofAnUnknownCount_againByAPermitThatKnowsOfOtherParts_isTheFirstAnswer() {
        Permit stale = guard.decide(session).orThrow();
        Permit reconnected = guard.recover("acme", "session").orElseThrow();
        reconnected.commitPart(0, Money.parse("0.01 USD"));
        Settlement first = stale.commit(Usage.unknown());

        Settlement again = reconnected.commit(Usage.unknown());

        assertThat(again.replayed()).isTrue();
        assertThat(again.actual()).isEqualTo(first.actual());
        assertBalance("0.03 USD", "0.00 USD");
    }

    @Test
    void commitPart_beyondTheHold_takesMore_andReleaseGivesBackNothingOfIt() {
        Permit permit = guard.decide(session).orThrow();

        permit.commitPart(0, Money.parse("0.40 USD"));
        permit.commitPart(1, Money.parse("0.60 USD"));
        permit.release("hung up");

        assertBalance("1.00 USD", "0.00 USD");
    }

    @Test
    void commitPart_beyondTheLimit_isRefusedForGood_andAReconnectChargesNothingTwice() {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Money.parse("0.40 USD"));

        PartCommit refused = permit.commitPart(1, Money.parse("0.61 USD"));

        assertThat(refused.isCommitted()).isFalse();
        assertThat(refused.reasons())
                .containsExactly(Reason.of(
                        ReasonCode.BUDGET_EXHAUSTED,
                        "Budget 'day' cannot hold 0.61 USD more: 0.60 USD available. Raise its limit, or finish with what"
                                + " is held."));
        guard.swap(contract("enforce", "5.00 USD"));
        Permit reconnected = guard.recover("acme", "session").orElseThrow();
        assertThat(reconnected.commitPart(0, Money.parse("0.40 USD")).replayed())
                .isTrue();
        PartCommit again = reconnected.commitPart(1, Money.parse("0.61 USD"));
        assertThat(again.replayed()).isTrue();
        assertThat(again.isCommitted()).isFalse();
        assertThat(again.auditEvent()).isEqualTo(refused.auditEvent());
        assertBalance("0.40 USD", "0.00 USD");
        reconnected.commit(Money.parse("0.61 USD"));
        assertBalance("1.01 USD", "0.00 USD");
    }

    @Test
    void commitPart_ofAnotherAmountUnderTheSameNumber_conflicts() {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Money.parse("0.01 USD"));

        assertThatThrownBy(() -> permit.commitPart(0, Money.parse("0.02 USD")))
                .isInstanceOf(IdempotencyConflictException.class);
        assertBalance("0.01 USD", "0.02 USD");
    }

    @Test
    void commitPart_afterTheEnd_conflicts_andAnEarlierOneIsToldAgain() {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Money.parse("0.01 USD"));
        permit.commit(Usage.unknown());

        assertThat(permit.commitPart(0, Money.parse("0.01 USD")).replayed()).isTrue();
        assertThatThrownBy(() -> permit.commitPart(1, Money.parse("0.01 USD")))
                .isInstanceOf(SettlementConflictException.class)
                .hasMessage("Hold of decision " + permit.decisionId() + " is COMMITTED and part 1 cannot be committed:"
                        + " its session has ended. Decide a new action.");
        assertBalance("0.03 USD", "0.00 USD");
    }

    @Test
    void commitPart_ofNothingOrOfWhatNobodyCanTell_isRefused() {
        Permit permit = guard.decide(session).orThrow();
        String part = "Part 0 of decision " + permit.decisionId();

        assertThatThrownBy(() -> permit.commitPart(0, Money.parse("0.00 USD")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(part + " cannot commit 0.00 USD: a part is more than nothing. Leave it out; a release gives"
                        + " back.");
        assertThatThrownBy(() -> permit.commitPart(0, Usage.of(0, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a part is more than nothing");
        assertThatThrownBy(() -> permit.commitPart(0, Usage.unknown()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Count input and output tokens, or commit the part's cost.");
        assertThatThrownBy(() -> permit.commitPart(-1, Usage.of(1, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("parts are numbered from 0");
        assertThatThrownBy(() -> permit.commitPart(0, Money.parse("0.01 EUR")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("currencies never convert");
        assertThatThrownBy(() -> permit.commitPart(0, Usage.of(9_007_199_254_740_991L, 0)))
                .isInstanceOf(ArithmeticException.class);
        assertThat(permit.commitPart(
                                0,
                                new Money(
                                        Long.MAX_VALUE, Money.parse("1.00 USD").currency()))
                        .isCommitted())
                .isFalse();
        assertBalance("0.00 USD", "0.03 USD");
    }

    @Test
    void sessionNobodyEnds_expiresWithWhatIsLeftOfItsHold() {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Money.parse("0.01 USD"));
        clock.advance(Duration.ofHours(13));

        assertThat(guard.sweep().expired()).isOne();
        assertBalance("0.03 USD", "0.00 USD");
        assertThat(permit.release("it had hung up").actual()).containsExactly(Amount.parse("0.01 USD"));
        assertBalance("0.01 USD", "0.00 USD");
    }

    @Test
    void bill_ofAWholeSession_isComparedWithAllItsParts() {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Money.parse("0.02 USD"));
        permit.commitPart(1, Money.parse("0.03 USD"));
        permit.release("hung up");

        try (Reconciler reconciler = Reconciler.open(
                lab.ledger(), lab.key(), clock, IdSource.timeOrdered(clock, new Random(1)), Duration.ofSeconds(30))) {
            Reconciled result = reconciler.record(new BilledCall(
                    "acme", "session", Usage.unknown(), Money.parse("0.06 USD"), CostState.INVOICED, "bill"));
            assertThat(result.result()).isEqualTo(Reconciled.Result.CORRECTED);
        }
        assertBalance("0.06 USD", "0.00 USD");
    }

    @Test
    void commitPart_inShadowMode_letsTheSessionGoOnAndSaysWhatWouldStandAgainstIt() {
        Permit permit =
                lab.guard(contract("shadow", "1.00 USD")).decide(session).orThrow();

        PartCommit part = permit.commitPart(0, Money.parse("9.00 USD"));

        assertThat(part.isCommitted()).isTrue();
        assertThat(part.reasons()).extracting(Reason::code).containsExactly(ReasonCode.BUDGET_EXHAUSTED);
    }

    @Test
    void session_isToldByEvidenceThatVerifies(@TempDir Path folder) {
        Permit permit = guard.decide(session).orThrow();
        permit.commitPart(0, Usage.of(4_000, 0));
        permit.commitPart(1, Money.parse("0.40 USD"));
        permit.commitPart(2, Money.parse("2.00 USD"));
        permit.commit(Money.parse("0.70 USD"));
        guard.close();

        lab.assertEvidenceVerifies(contract, folder);
    }

    private void assertBalance(String spent, String held) {
        GuardLab.assertBalance(guard, spent, held);
    }

    private static Contract contract(String mode, String limit) {
        return Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: day, tenant: acme}
                spec:
                  mode: %s
                  budgets:
                    - {id: day, limit: %s, window: {type: total}}
                """.formatted(mode, limit), "day.yaml");
    }
}
