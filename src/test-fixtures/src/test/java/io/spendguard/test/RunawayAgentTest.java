package io.spendguard.test;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.times;
import static io.spendguard.test.SpendAssertions.within;

import io.spendguard.Guard;
import io.spendguard.model.Action;
import io.spendguard.model.Decision.Allowed;
import io.spendguard.model.Effect;
import io.spendguard.model.Usage;
import org.junit.jupiter.api.Test;

@SpendGuardTest(openHolds = OpenHolds.FAIL, contract = """
        apiVersion: spendguard.ai/v1
        metadata: {name: agent, tenant: acme}
        spec:
          budgets:
            - {id: daily, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}}
        """)
class RunawayAgentTest {
    private final Action.Builder step =
            Action.llmCall("openai", "gpt-4o").inputTokens(8_000).maxOutputTokens(2_000);

    @Test
    @BudgetLimit("0.25 USD")
    void agent_neverContent_isStopped(Guard guard) {
        while (guard.decide(step.build()) instanceof Allowed allowed) {
            allowed.permit().commit(Usage.of(8_000, 1_950));
        }

        assertThat(guard).onModel("gpt-4o").spent("0.24 USD", within("2%")).decided(Effect.STOP, times(1));
        assertThat(guard).leftNoOpenHolds().hasVerifiableEvidence();
    }
}
