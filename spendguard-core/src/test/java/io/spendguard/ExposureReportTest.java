package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.ExposureReport;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Currency;
import org.junit.jupiter.api.Test;

/** What shadow mode lets pass is told, and counts against nothing. */
class ExposureReportTest {
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final Currency USD = Currency.getInstance("USD");

    private final InMemoryLedger ledger = new InMemoryLedger(Clock.fixed(NOON, ZoneOffset.UTC));

    @Test
    void of_shadowDecisions_tellsWhatEnforcementWouldHaveRefused() {
        try (Guard shadow = guard("shadow");
                Guard enforcing = guard("enforce")) {
            spend(shadow, "search", "0.60 USD", "0.50 USD");
            spend(shadow, "shell", "0.20 USD", "0.25 USD");
            spend(shadow, "search", "0.70 USD", "0.70 USD");
            shadow.decide(tool("shell", "0.05 USD"));
            shadow.decide(tool("search", "0.01 USD")).orThrow().release("not run");
            enforcing.decide(tool("shell", "0.40 USD"));
        }

        ExposureReport report = ExposureReport.of(ledger, "acme", NOON, NOON.plusSeconds(1));

        assertThat(report.rows())
                .extracting(row -> row.effect() + " " + row.reason() + " " + row.calls() + " "
                        + row.costs().get(USD))
                .containsExactly(
                        "stop BUDGET_EXHAUSTED 1 0.70 USD", "continue  2 0.50 USD", "stop FORBIDDEN 2 0.30 USD");
        assertThat(report.exposed(USD)).isEqualTo(Money.parse("1.00 USD"));
        assertThat(report.currencies()).containsExactly(USD);
    }

    @Test
    void of_sessions_countsTheirPartsToo_whateverWouldHaveBecomeOfThem() {
        try (Guard shadow = guard("shadow")) {
            Permit refused = shadow.decide(tool("shell", "0.01 USD")).orThrow();
            refused.commitPart(0, Money.parse("0.10 USD"));
            refused.commitPart(0, Money.parse("0.10 USD"));
            refused.commit(Money.parse("0.02 USD"));
            Permit running = shadow.decide(tool("search", "0.01 USD")).orThrow();
            running.commitPart(0, Money.parse("0.30 USD"));
            running.commitPart(1, Money.parse("5.00 USD"));
            running.release("hung up");
            shadow.decide(tool("search", "0.05 USD")).orThrow().commitPart(0, Money.parse("0.02 USD"));
            shadow.decide(tool("search", "0.05 USD")).orThrow().commitPart(0, Money.parse("0.07 USD"));
        }

        ExposureReport report = ExposureReport.of(ledger, "acme", NOON, NOON.plusSeconds(1));

        assertThat(report.rows())
                .extracting(row ->
                        row.effect() + " " + row.calls() + " " + row.costs().get(USD))
                .containsExactly("continue 3 5.42 USD", "stop 1 0.12 USD");
    }

    @Test
    void of_anotherPeriodOrTenant_isEmpty() {
        try (Guard shadow = guard("shadow")) {
            spend(shadow, "shell", "0.20 USD", "0.25 USD");
        }

        assertThat(ExposureReport.of(ledger, "acme", NOON.plusSeconds(1), NOON.plusSeconds(2))
                        .rows())
                .isEmpty();
        assertThat(ExposureReport.of(ledger, "acme", NOON.minusSeconds(1), NOON).rows())
                .isEmpty();
        assertThat(ExposureReport.of(ledger, "globex", NOON, NOON.plusSeconds(1))
                        .rows())
                .isEmpty();
    }

    private static void spend(Guard guard, String tool, String estimate, String cost) {
        Decision decision = guard.decide(tool(tool, estimate));
        decision.orThrow().commit(Money.parse(cost));
    }

    private static Action tool(String name, String cost) {
        return Action.toolCall(name).cost(Money.parse(cost)).build();
    }

    private Guard guard(String mode) {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: watched, tenant: acme}
                        spec:
                          mode: %s
                          budgets:
                            - {id: all, limit: 1.00 USD, window: {type: total}}
                          rules:
                            - {id: no_shell, at: [tool.call.pre], when: action.tool == "shell", effect: stop,
                               reasonCode: FORBIDDEN}
                        """.formatted(mode), "watched.yaml"))
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .clock(Clock.fixed(NOON, ZoneOffset.UTC))
                .build();
    }
}
