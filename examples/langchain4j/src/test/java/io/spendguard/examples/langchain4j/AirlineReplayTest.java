package io.spendguard.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.examples.AgentRun;
import io.spendguard.examples.AgentRunReader;
import io.spendguard.examples.OwnBooks;
import io.spendguard.examples.RecordedAgent;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Balance;
import io.spendguard.proof.Ed25519Signer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The framework in between changes nothing about the money. Through it a hold is a little larger, as the adapter bounds what a
 * framework adds to a request; so at another limit a run might be stopped one call earlier than in the plain replay.
 */
class AirlineReplayTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: airline, tenant: acme}
            spec:
              budgets:
                - {id: per-run, limit: 0.14 USD, window: {type: run}}
                - {id: daily, limit: 5.00 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    @Test
    void recordedRuns_throughAnAiService_spendToTheNanoWhatThePlainReplaySpends() {
        List<AgentRun> runs = AgentRunReader.airline();
        Contract contract = Contract.parse(CONTRACT, "airline.yaml");
        List<Balance> plain;
        RecordedAgent agent;
        try (Guard guard = guard(contract)) {
            agent = new RecordedAgent(guard, "acme", new OwnBooks(contract));
            runs.forEach(agent::act);
            plain = guard.balances("acme");
        }

        RecordedAssistant assistant = new RecordedAssistant();
        List<Balance> throughTheFramework;
        try (Guard guard = guard(contract);
                Guard.Handle open = guard.open()) {
            runs.forEach(assistant::act);
            throughTheFramework = guard.balances("acme");
        }

        assertThat(throughTheFramework).isEqualTo(plain);
        assertThat(assistant.modelCalls()).isEqualTo(agent.modelCalls()).isEqualTo(471);
        assertThat(assistant.toolCalls()).isEqualTo(agent.toolCalls()).isEqualTo(224);
        assertThat(assistant.stoppedRuns()).isEqualTo(agent.stoppedRuns()).isEqualTo(7);
    }

    /** The sample's figures are the ones above. */
    @Test
    void contract_isThatOfTheReplay() {
        assertThat(Contract.load(Path.of("..", "contracts", "airline.yaml")).budgets())
                .isEqualTo(Contract.parse(CONTRACT, "airline.yaml").budgets());
    }

    private static Guard guard(Contract contract) {
        return Guard.builder()
                .contract(contract)
                .ledger(new InMemoryLedger(NOON))
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }
}
