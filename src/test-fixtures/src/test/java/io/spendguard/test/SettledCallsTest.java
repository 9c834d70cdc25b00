package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** The extension, seen from outside. */
class SettledCallsTest {
    @Test
    void watch_outsideATest_isRefused() {
        try (Guard guard = guard()) {
            assertThatThrownBy(() -> SettledCalls.watch(guard))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("Nothing watches this guard");
        }
    }

    @Test
    void tests_endAsTheyDeclare_orFail() {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Cases.class))
                .execute()
                .testEvents();

        tests.assertStatistics(counts -> counts.started(6).succeeded(3).failed(3));
        tests.assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("leaves"),
                                finishedWithFailure(
                                        message("Test 'Cases.leaves()' left calls unsettled. Commit or release"
                                                + " each permit, or say why its cost is unknown with @LeavesOpenHolds. The calls:\n"
                                                + "  1. llm_call openai/gpt-4o: 0.0026 USD held, not settled"))))
                .haveExactly(
                        1,
                        event(
                                test("declaresInVain"),
                                finishedWithFailure(message("Test 'Cases.declaresInVain()' is @LeavesOpenHolds(\"a cut"
                                        + " line\") and left no call unsettled. Take the annotation away."))))
                .haveExactly(1, event(test("fails"), finishedWithFailure(message("its own fault"))));
    }

    private static Guard guard() {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        metadata: {name: watched, tenant: acme}
                        spec:
                          budgets:
                            - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                        """, "watched"))
                .ledger(new InMemoryLedger(TestClock.create()))
                .clock(TestClock.create())
                .signer(Ed25519Signer.generate())
                .build();
    }

    @ExtendWith(SettledCalls.class)
    static class Cases {
        private final Guard guard = SettledCalls.watch(guard());

        private Permit decide() {
            return guard.decide(Action.llmCall("openai", "gpt-4o")
                            .inputTokens(40)
                            .maxOutputTokens(250)
                            .build())
                    .orThrow();
        }

        @AfterEach
        void close() {
            guard.close();
        }

        @Test
        void settles() {
            decide().commit(Usage.of(12, 3));
        }

        @Test
        @LeavesOpenHolds("a cut line")
        void declares() {
            decide();
        }

        @Test
        @LeavesOpenHolds("a cut line")
        void declaresInVain() {
            decide().commit(Usage.of(12, 3));
        }

        @Test
        @LeavesOpenHolds(value = "the network decides", always = false)
        void mayOrMayNot() {
            decide().commit(Usage.of(12, 3));
        }

        @Test
        void leaves() {
            decide();
        }

        @Test
        void fails() {
            decide();
            throw new AssertionError("its own fault");
        }
    }
}
