package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What was answered while the ledger was away is counted, and the evidence says so once it can. */
class UnrecordedDecisionsTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

    private final InMemoryLedger ledger = new InMemoryLedger(NOON);
    private final FailingLedger failing = new FailingLedger(ledger);

    @Test
    void decide_whileTheLedgerIsAway_isCountedByTheNextEvent() throws Exception {
        try (Guard guard = guard("enforce")) {
            decide(guard);
            failing.failDecisions(true);
            assertThat(decide(guard).effect()).isEqualTo(Effect.STOP);
            assertThat(guard.decideAsync(call()).get(60, TimeUnit.SECONDS).effect())
                    .isEqualTo(Effect.STOP);
            assertThat(guard.unrecordedDecisions()).isEqualTo(2);
            assertThat(statements()).isEmpty();

            failing.failDecisions(false);
            decide(guard);
            decide(guard);

            assertThat(statements())
                    .containsExactly("{\"from\":\"2026-11-23T12:00:00Z\",\"passed\":0,\"refused\":2,"
                            + "\"until\":\"2026-11-23T12:00:00Z\"}");
            assertThat(guard.unrecordedDecisions()).isEqualTo(2);
        }
        assertThat(statements()).hasSize(1);
    }

    @Test
    void close_withDecisionsNobodyRecorded_saysHowMany() {
        try (Guard guard = guard("shadow")) {
            decide(guard);
            failing.failDecisions(true);
            assertThat(decide(guard)).isInstanceOf(Decision.Continue.class);
        }

        assertThat(statements()).singleElement().asString().contains("\"passed\":1,\"refused\":0");
    }

    private Guard guard(String mode) {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        metadata: {name: one, tenant: acme}
                        spec:
                          mode: %s
                          budgets:
                            - {id: all, limit: 10.00 USD, window: {type: total}}
                        """.formatted(mode), "one.yaml"))
                .ledger(failing.view())
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }

    private static Decision decide(Guard guard) {
        return guard.decide(call());
    }

    private static Action call() {
        return Action.toolCall("search").cost(Money.parse("0.10 USD")).build();
    }

    private List<String> statements() {
        List<String> found = new ArrayList<>();
        ledger.events("acme", event -> {
            if (event.draft().type().equals("io.spendguard.stream.unrecorded.v1")) {
                found.add(JsonObject.parse(event.draft().payload())
                        .object("data")
                        .object("unrecorded")
                        .toString());
            }
        });
        return found;
    }
}
