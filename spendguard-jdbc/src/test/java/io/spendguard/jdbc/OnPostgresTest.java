package io.spendguard.jdbc;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.never;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.spendguard.Guard;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.test.BudgetLimit;
import io.spendguard.test.OnPostgres;
import io.spendguard.test.OpenHolds;
import io.spendguard.test.SpendGuardTest;
import io.spendguard.test.TestClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The fixtures' JUnit extension with this module's ledger, found by its name. */
@OnPostgres
@SpendGuardTest(openHolds = OpenHolds.FAIL, contract = """
        apiVersion: spendguard.ai/v1
        metadata: {name: dollar-a-day, tenant: acme}
        spec:
          budgets:
            - id: daily
              limit: 1.00 USD
              window: {type: calendar_day, timezone: UTC}
        """)
class OnPostgresTest {
    @Test
    @BudgetLimit("1.00 USD")
    void guard_onPostgres_spendsThere(Guard guard, Ledger ledger) {
        spendHalf(guard);
        spendHalf(guard);

        assertThat(ledger).isInstanceOf(PostgresLedger.class);
        assertThat(guard.ledger()).isSameAs(ledger);
        assertThat(guard).onTool("search").spent("1.00 USD").decided(Effect.CONTINUE, times(2));
        assertThat(guard).leftNoOpenHolds().hasVerifiableEvidence();
    }

    @Test
    @BudgetLimit("0.50 USD")
    void guard_ofAnotherTest_leavesNothingBehind(Guard guard) {
        spendHalf(guard);

        assertThat(guard).spent("0.50 USD").decided(Effect.STOP, never());
    }

    @Test
    void testClock_onPostgres_isRefusedByName() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Driving.class))
                .execute()
                .testEvents()
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(finishedWithFailure(
                                instanceOf(ParameterResolutionException.class),
                                message("Parameter 'clock' of type TestClock cannot be given to a test that is"
                                        + " @OnPostgres: the database's own time decides there. Leave it out."))));
    }

    @OnPostgres
    static class Driving {
        @Test
        void neverRuns(TestClock clock) {
            throw new AssertionError("Got " + clock);
        }
    }

    private static void spendHalf(Guard guard) {
        guard.decide(Action.toolCall("search").build()).orThrow().commit(Money.parse("0.50 USD"));
    }
}
