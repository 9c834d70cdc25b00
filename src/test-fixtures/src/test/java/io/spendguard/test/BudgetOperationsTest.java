package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.BudgetOperations;
import io.spendguard.decision.BudgetRef;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.BudgetChange;
import io.spendguard.model.BudgetOperationException;
import io.spendguard.model.BudgetOperationException.Fault;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants and transfers: what they leave, what they refuse, and that evidence tells them. */
class BudgetOperationsTest {
    private static final BudgetRef TEAM = BudgetRef.of("acme", "team");
    private static final BudgetRef ORG = BudgetRef.of("acme", "org");

    private final TestClock clock = TestClock.create();
    private final InMemoryLedger ledger = new InMemoryLedger(clock);
    private final Ed25519Signer key = Ed25519Signer.generate();
    private final Guard guard = guard("1.00 USD");
    private final BudgetOperations operations = BudgetOperations.open(
            ledger, key, clock, IdSource.timeOrdered(clock, new Random(7)), Duration.ofSeconds(30));

    @AfterEach
    void close() {
        operations.close();
        guard.close();
    }

    @Test
    void grant_toABudget_canBeSpent() {
        spend("1.00 USD");
        assertThat(guard.decide(priced("0.50 USD")).effect()).isEqualTo(Effect.STOP);

        BudgetChange change = operations.grant(TEAM, Amount.parse("0.50 USD"), "conference", null);

        assertThat(change.available()).containsExactly(Amount.parse("0.50 USD"));
        assertThat(change.isReplayed()).isFalse();
        assertBalance("team", "1.50 USD", "0.50 USD", "0.00 USD");
        assertThat(guard.decide(priced("0.50 USD")).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void grant_toABudgetInDebt_paysItFirst() {
        guard.decide(priced("1.00 USD")).orThrow().commit(Money.parse("1.30 USD"));

        operations.grant(TEAM, Amount.parse("0.50 USD"), "overrun", null);

        assertBalance("team", "1.50 USD", "0.20 USD", "0.00 USD");
    }

    @Test
    void grant_andAnotherActivation_leaveEachOtherAlone() {
        spend("0.10 USD");
        operations.grant(TEAM, Amount.parse("0.50 USD"), "conference", null);

        try (Guard same = guard("1.00 USD")) {
            same.decide(priced("0.10 USD")).orThrow().release("t");
            assertBalance("team", "1.50 USD", "1.40 USD", "0.00 USD");
        }
        try (Guard lower = guard("0.20 USD")) {
            lower.decide(priced("0.10 USD")).orThrow().release("t");
            assertBalance("team", "0.70 USD", "0.60 USD", "0.00 USD");
        }
    }

    @Test
    void transfer_movesWhatIsAvailable() {
        spend("0.40 USD");

        BudgetChange change = operations.transfer(TEAM, ORG, Amount.parse("0.60 USD"), "year's end", null);

        assertThat(change.available()).containsExactly(Amount.parse("0.00 USD"), Amount.parse("5.20 USD"));
        assertBalance("team", "0.40 USD", "0.00 USD", "0.00 USD");
        assertBalance("org", "5.60 USD", "5.20 USD", "0.00 USD");
    }

    @Test
    void transfer_afterWhichTheContractGivesLess_leavesDebtAndNoNewMoney() {
        spend("0.10 USD");
        operations.transfer(TEAM, ORG, Amount.parse("0.80 USD"), "year's end", null);

        try (Guard lower = guard("0.50 USD")) {
            assertThat(lower.decide(priced("0.10 USD")).effect()).isEqualTo(Effect.STOP);
            assertBalance("team", "0.00 USD", "0.00 USD", "0.40 USD");
        }
        try (Guard again = guard("1.00 USD")) {
            again.decide(priced("0.10 USD")).orThrow().release("t");
            assertBalance("team", "0.20 USD", "0.10 USD", "0.00 USD");
        }
    }

    @Test
    void grant_twiceWithOneKey_isMadeOnce_andConflictsWithAnother() {
        spend("0.10 USD");
        BudgetChange first = operations.grant(TEAM, Amount.parse("0.50 USD"), "conference", "T-1");

        BudgetChange again = operations.grant(TEAM, Amount.parse("0.50 USD"), "conference", "T-1");

        assertThat(again).isEqualTo(new BudgetChange(first.auditEventId(), first.available(), true));
        assertBalance("team", "1.50 USD", "1.40 USD", "0.00 USD");
        assertThatThrownBy(() -> operations.grant(TEAM, Amount.parse("0.60 USD"), "conference", "T-1"))
                .isInstanceOf(IdempotencyConflictException.class);
    }

    @Test
    void refusals_nameTheFaultAndWriteNothing() {
        spend("0.40 USD");
        guard.decide(priced("0.30 USD")).orThrow();
        Amount some = Amount.parse("0.10 USD");
        int events = events().size();

        assertRefused(
                () -> operations.grant(BudgetRef.of("acme", "tema"), some, "r", null),
                Fault.UNKNOWN_ACCOUNT,
                "Budget 'tema' of tenant 'acme' has no account: accounts appear with the first action that claims them."
                        + " See spendguard budget list.");
        assertRefused(
                () -> operations.grant(TEAM, Amount.parse("0.10 EUR"), "r", null),
                Fault.UNIT_MISMATCH,
                "Budget 'team' of tenant 'acme' is kept in USD and cannot be given 0.10 EUR: units never convert. Give"
                        + " USD.");
        assertRefused(
                () -> operations.grant(TEAM, Amount.parse("0.00 USD"), "r", null),
                Fault.NOT_POSITIVE,
                "Budget 'team' of tenant 'acme' cannot be given 0.00 USD: an amount is more than nothing. To take back,"
                        + " transfer, or lower the limit.");
        assertRefused(
                () -> operations.transfer(TEAM, ORG, Amount.parse("0.31 USD"), "r", null),
                Fault.INSUFFICIENT,
                "Budget 'team' of tenant 'acme' cannot give 0.31 USD: 0.30 USD are available, and what is held or spent"
                        + " stays. Transfer less.");
        assertRefused(
                () -> operations.transfer(TEAM, TEAM, some, "r", null),
                Fault.SAME_ACCOUNT,
                "Budget 'team' of tenant 'acme' cannot give 0.10 USD to itself. Name another budget.");
        assertRefused(
                () -> operations.grant(
                        TEAM,
                        new Amount(Long.MAX_VALUE, Amount.parse("1.00 USD").unit()),
                        "r",
                        null),
                Fault.OVERFLOW,
                "Budget 'team' of tenant 'acme' has a limit of 1.00 USD and cannot get 9223372036.854775807 USD more: a"
                        + " balance counts up to 9223372036854775807 atoms. Grant less.");
        assertThatThrownBy(() -> operations.grant(TEAM, some, " ", null)).isInstanceOf(IllegalArgumentException.class);
        clock.advance(Duration.ofDays(1));
        assertRefused(
                () -> operations.grant(TEAM, some, "r", null),
                Fault.WINDOW_CLOSED,
                "Budget 'team' of tenant 'acme' is open from 2026-11-23T00:00:00Z until 2026-11-24T00:00:00Z, and it is"
                        + " 2026-11-24T12:00:00Z: what is over or not begun cannot be spent. Name the window that is"
                        + " open.");

        assertThat(events()).hasSize(events);
    }

    @Test
    void grantAndTransfer_whereTheWindowRolls_payWhatIsOwedAndNothingMore() {
        BudgetRef rolls = BudgetRef.of("acme", "rolls");
        try (Guard rolling = guardOf("""
                - {id: rolls, limit: 1.00 USD, window: {type: rolling, length: PT24H}}
                - {id: org, limit: 5.00 USD, window: {type: total}}
                """)) {
            rolling.decide(priced("0.90 USD")).orThrow().commit(Money.parse("1.30 USD"));

            assertRefused(
                    () -> operations.grant(rolls, Amount.parse("0.50 USD"), "r", null),
                    Fault.ROLLING_WINDOW,
                    "Budget 'rolls' of tenant 'acme' cannot be given 0.50 USD: its window rolls and has no end that would"
                            + " take a grant back, so that it takes what is owed and no more, which is 0.30 USD. Raise the"
                            + " limit in the contract, and lower it again.");
            assertRefused(
                    () -> operations.transfer(rolls, ORG, Amount.parse("0.10 USD"), "r", null),
                    Fault.ROLLING_WINDOW,
                    "Budget 'rolls' of tenant 'acme' cannot give 0.10 USD: its window rolls and has no end after which it"
                            + " would have its limit again. Lower the limit in the contract.");
            assertThatThrownBy(() -> operations.grant(rolls.key("~bucket"), Amount.parse("0.10 USD"), "r", null))
                    .isInstanceOf(BudgetOperationException.class);

            assertThat(operations
                            .grant(rolls, Amount.parse("0.30 USD"), "overrun", null)
                            .available())
                    .containsExactly(Amount.parse("0.00 USD"));
        }
    }

    @Test
    void grantsAndTransfers_areToldByEvidenceThatVerifies(@TempDir Path folder) {
        spend("0.40 USD");
        operations.grant(ORG, Amount.parse("2.00 USD"), "conference", null);
        operations.transfer(TEAM, ORG, Amount.parse("0.60 USD"), "year's end", null);
        operations.close();
        guard.close();

        JsonObject transfer = events().stream()
                .filter(event -> event.draft().type().equals(EventTypes.BUDGET_TRANSFERRED))
                .map(event -> JsonObject.parse(event.draft().payload()).object("data"))
                .findFirst()
                .orElseThrow();
        assertThat(transfer.string("reason")).isEqualTo("year's end");
        assertThat(transfer.string("amount")).isEqualTo("0.60 USD");
        assertThat(transfer.object("from").string("budget")).isEqualTo("team");
        Path file = folder.resolve("evidence.zip");
        EvidenceExport.from(ledger).tenant("acme").write(key, clock, file);
        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }

    private static void assertRefused(ThrowingCallable call, Fault fault, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        BudgetOperationException.class,
                        refusal -> assertThat(refusal.fault()).isEqualTo(fault))
                .hasMessage(message);
    }

    private void spend(String cost) {
        guard.decide(priced(cost)).orThrow().commit(Money.parse(cost));
    }

    private List<SealedEvent> events() {
        List<SealedEvent> events = new ArrayList<>();
        ledger.events("acme", events::add);
        return events;
    }

    private void assertBalance(String budget, String limit, String available, String debt) {
        assertThat(guard.balances("acme"))
                .filteredOn(balance -> balance.budgetId().equals(budget))
                .singleElement()
                .returns(Amount.parse(limit), Balance::limit)
                .returns(Amount.parse(available), Balance::available)
                .returns(Amount.parse(debt), Balance::debt);
    }

    private static Action priced(String cost) {
        return Action.toolCall("t").cost(Money.parse(cost)).build();
    }

    private Guard guard(String teamLimit) {
        return guardOf("""
                - {id: team, limit: %s, window: {type: calendar_day, timezone: UTC}}
                - {id: org, limit: 5.00 USD, window: {type: total}}
                """.formatted(teamLimit));
    }

    private Guard guardOf(String budgets) {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        metadata: {name: two, tenant: acme}
                        spec:
                          budgets:
                        """ + budgets.indent(4), "two.yaml"))
                .ledger(ledger)
                .signer(key)
                .clock(clock)
                .build();
    }
}
