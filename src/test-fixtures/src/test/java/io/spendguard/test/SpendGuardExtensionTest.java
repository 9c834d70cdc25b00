package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.suppressed;

import io.spendguard.Guard;
import io.spendguard.contract.ContractException;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** The extension, seen from outside: the cases below run in an engine of their own. */
class SpendGuardExtensionTest {
    private static final String DOLLAR_A_DAY = """
            apiVersion: spendguard.ai/v1
            metadata: {name: dollar-a-day, tenant: acme}
            spec:
              budgets:
                - id: daily
                  limit: 1.00 USD
                  window: {type: calendar_day, timezone: UTC}
            """;

    @Test
    void tests_withinTheirMeans_pass() {
        Events tests = run(Passing.class);

        tests.assertStatistics(counts -> counts.started(7).succeeded(7));
    }

    @Test
    void guard_afterItsTest_isClosedAndOpenNoMore() {
        run(Leaking.class).assertStatistics(counts -> counts.succeeded(1));

        assertThat(Guard.current()).isEmpty();
        assertThatThrownBy(() -> Leaking.leaked.decide(call()))
                .hasMessage("Guard is closed: its evidence streams have ended. Build a new one.");
    }

    @Test
    void tests_inParallel_shareNothing() {
        Parallel.GUARDS.clear();

        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Parallel.class))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                .execute()
                .testEvents();

        tests.assertStatistics(counts -> counts.started(20).succeeded(20));
        assertThat(Parallel.GUARDS).hasSize(20);
    }

    @Test
    void budgetLimit_overspent_failsAndNamesTheCalls() {
        assertFailure(Overspending.class, AssertionError.class, """
                Test 'Overspending.overspends' spent 0.25 USD and holds 0.04 USD: @BudgetLimit allows 0.25 USD. Spend \
                less or raise the limit. The calls:
                  1. llm_call openai/gpt-4o of agent planner in run r1: 0.05 USD spent
                  2. tool_call search in run r1: 0.20 USD spent
                  3. llm_call openai/gpt-4o: 0.04 USD held, not settled""");
    }

    @Test
    void budgetLimit_aloneAndOnTheClass_isForEachTest() {
        assertFailure(Inheriting.class, AssertionError.class, """
                Test 'Inheriting.spends' spent 0.30 USD: @BudgetLimit allows 0.29 USD. Spend less or raise the limit. \
                The calls:
                  1. tool_call search: 0.30 USD spent""");
    }

    @Test
    void budgetLimit_costInAnotherCurrencyOrUnknown_fails() {
        assertFailure(Uncountable.class, AssertionError.class, """
                Test 'Uncountable.spends' made calls whose cost cannot be counted in USD: @BudgetLimit("1.00 USD") \
                bounds known amounts of one currency. The calls:
                  1. tool_call search: 0.10 EUR spent
                  2. llm_call acme/home-made: an unknown amount spent""");
    }

    @Test
    void budgetLimit_testFailsItself_keepsTheTestsOwnFailure() {
        run(FailingAndOverspending.class)
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(finishedWithFailure(
                                message("the test's own"), suppressed(0, instanceOf(AssertionError.class)))));
    }

    @Test
    void budgetLimit_notMoney_failsBeforeTheTest() {
        Untouched.ran = false;

        assertFailure(
                Untouched.class,
                IllegalStateException.class,
                "@BudgetLimit(\"0.25 dollars\") on Untouched.neverRuns: Unknown unit 'dollars'. Use an ISO-4217 currency"
                        + " such as USD, calls, tokens.input, tokens.output, tokens.total or credits.NAME.");
        assertThat(Untouched.ran).isFalse();
    }

    @Test
    void openHolds_fail_namesTheCalls() {
        assertFailure(Forgetful.class, AssertionError.class, """
                Test 'Forgetful.forgets' left 1 call unsettled: openHolds = FAIL wants every permit committed or \
                released. The calls:
                  1. llm_call openai/gpt-4o: 0.04 USD held, not settled""");
    }

    @Test
    void contract_faulty_failsNamingThePlace() {
        assertFailure(BadContract.class, ContractException.class, """
                Contract @SpendGuardTest on BadContract has 1 fault:
                  @SpendGuardTest on BadContract:5:26 budgets[0].limit: Unknown unit 'dollars'. Use an ISO-4217 \
                currency such as USD, calls, tokens.input, tokens.output, tokens.total or credits.NAME.""");
    }

    @Test
    void resource_missing_failsNamingIt() {
        assertFailure(
                LostResource.class,
                IllegalStateException.class,
                "@SpendGuardTest on LostResource.neverRuns names resource 'contracts/lost.yaml', which is not on the"
                        + " class path. Put it into src/test/resources.");
    }

    @Test
    void contractAndResource_both_fail() {
        assertFailure(
                TwoContracts.class,
                IllegalStateException.class,
                "@SpendGuardTest on TwoContracts gives a contract and a resource: which of them decides is open."
                        + " Keep one.");
    }

    @Test
    void onPostgres_withoutALedgerThere_failsNamingTheArtifact() {
        assertFailure(
                NoProvider.class,
                IllegalStateException.class,
                "@OnPostgres finds no ledger provider 'postgresql' on the class path: the fixtures bring none. Add"
                        + " io.spendguard:spendguard-jdbc, and org.flywaydb:flyway-database-postgresql, in scope test.");
    }

    @Test
    void parameters_beforeAnyTest_areNotGiven() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(TooEarly.class))
                .execute()
                .containerEvents()
                .assertThatEvents()
                .haveExactly(1, event(finishedWithFailure(instanceOf(ParameterResolutionException.class))));
    }

    private static void assertFailure(Class<?> testClass, Class<? extends Throwable> type, String message) {
        run(testClass)
                .assertThatEvents()
                .haveExactly(1, event(finishedWithFailure(instanceOf(type), message(message))));
    }

    private static Events run(Class<?> testClass) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(testClass))
                .execute()
                .testEvents();
    }

    /** Holds 0.04 USD: 8,000 input tokens at 2.50 USD per million, 2,000 output tokens at 10.00 USD. */
    private static Action call() {
        return Action.llmCall("openai", "gpt-4o")
                .inputTokens(8_000)
                .maxOutputTokens(2_000)
                .build();
    }

    private static void spend(Guard guard, String money) {
        guard.decide(Action.toolCall("search").build()).orThrow().commit(Money.parse(money));
    }

    @SpendGuardTest(contract = DOLLAR_A_DAY)
    static class Passing {
        private Guard early;

        @BeforeEach
        void keep(Guard guard) {
            early = guard;
        }

        @AfterEach
        void theSame(Guard guard) {
            assertThat(guard).isSameAs(early);
        }

        @Test
        void parameters_areTheTestsOwn(Guard guard, Ledger ledger, TestClock clock) {
            assertThat(guard).isSameAs(early);
            assertThat(guard.ledger()).isSameAs(ledger).isInstanceOf(InMemoryLedger.class);
            assertThat(Guard.current()).containsSame(guard);
            assertThat(clock.instant()).isEqualTo(Instant.parse("2026-11-23T12:00:00Z"));
        }

        @Test
        void contract_ofTheClass_decides(Guard guard) {
            spend(guard, "1.00 USD");

            assertThat(guard.decide(call()).effect()).isEqualTo(Effect.STOP);
        }

        @Test
        void clock_advanced_opensTheNextDay(Guard guard, TestClock clock) {
            spend(guard, "1.00 USD");
            clock.advance(Duration.ofHours(13));

            assertThat(guard.decide(call()).effect()).isEqualTo(Effect.CONTINUE);
        }

        @Test
        @BudgetLimit("1.00 USD")
        void limit_met_isNoFault(Guard guard) {
            spend(guard, "1.00 USD");
        }

        @Test
        @SpendGuardTest(resource = "contracts/one-call.yaml", openHolds = OpenHolds.FAIL)
        void contract_ofTheMethod_takesThePlace(Guard guard) {
            Permit first = guard.decide(call()).orThrow();

            assertThat(guard.decide(call()).effect()).isEqualTo(Effect.STOP);
            first.release("not needed");
        }

        @Test
        @SpendGuardTest
        void contract_none_allowsAndPricesForATestTenant(Guard guard) {
            spend(guard, "999.00 USD");

            assertThat(guard.balances("test")).hasSize(1);
        }

        @Nested
        class Inner {
            @Test
            void contract_ofTheEnclosingClass_decides(Guard guard) {
                spend(guard, "1.00 USD");

                assertThat(guard.decide(call()).effect()).isEqualTo(Effect.STOP);
            }
        }
    }

    @SpendGuardTest(contract = DOLLAR_A_DAY)
    static class Leaking {
        private static Guard leaked;

        @Test
        void leaks(Guard guard) {
            leaked = guard;
        }
    }

    @SpendGuardTest(contract = DOLLAR_A_DAY, openHolds = OpenHolds.FAIL)
    @BudgetLimit("0.60 USD")
    static class Parallel {
        private static final Set<Guard> GUARDS = ConcurrentHashMap.newKeySet();

        @RepeatedTest(20)
        void each_spendsMoreThanHalf(Guard guard) {
            GUARDS.add(guard);
            spend(guard, "0.60 USD");
            assertThat(Guard.current()).containsSame(guard);
        }
    }

    @SpendGuardTest
    static class Overspending {
        @Test
        @BudgetLimit("0.25 USD")
        void overspends(Guard guard) {
            Action planned = Action.llmCall("openai", "gpt-4o")
                    .agent("planner")
                    .run("r1")
                    .inputTokens(8_000)
                    .maxOutputTokens(4_000)
                    .build();
            guard.decide(planned).orThrow().commit(Usage.of(8_000, 3_000));
            guard.decide(Action.toolCall("search").run("r1").build()).orThrow().commit(Money.parse("0.20 USD"));
            guard.decide(call()).orThrow();
        }
    }

    @BudgetLimit("0.29 USD")
    static class Limited {}

    static class Inheriting extends Limited {
        @Test
        void spends(Guard guard) {
            spend(guard, "0.30 USD");
        }
    }

    @SpendGuardTest(resource = "contracts/one-call.yaml")
    static class Uncountable {
        @Test
        @BudgetLimit("1.00 USD")
        void spends(Guard guard, TestClock clock) {
            spend(guard, "0.10 EUR");
            clock.advance(Duration.ofDays(1));
            guard.decide(Action.llmCall("acme", "home-made").inputTokens(5).build())
                    .orThrow()
                    .commit(Usage.of(5, 5));
        }
    }

    @SpendGuardTest
    static class FailingAndOverspending {
        @Test
        @BudgetLimit("0.01 USD")
        void fails(Guard guard) {
            spend(guard, "0.02 USD");
            throw new IllegalStateException("the test's own");
        }
    }

    @SpendGuardTest
    static class Untouched {
        private static boolean ran;

        @Test
        @BudgetLimit("0.25 dollars")
        void neverRuns() {
            ran = true;
        }
    }

    @SpendGuardTest(openHolds = OpenHolds.FAIL)
    static class Forgetful {
        @Test
        void forgets(Guard guard) {
            guard.decide(call()).orThrow();
            guard.decide(call()).orThrow().release("not needed");
            spend(guard, "0.10 USD");
        }
    }

    @SpendGuardTest(contract = """
            apiVersion: spendguard.ai/v1
            metadata: {name: bad, tenant: acme}
            spec:
              budgets:
                - {id: daily, limit: 1.00 dollars, window: {type: calendar_day, timezone: UTC}}
            """)
    static class BadContract {
        @Test
        void neverRuns() {}
    }

    static class LostResource {
        @Test
        @SpendGuardTest(resource = "contracts/lost.yaml")
        void neverRuns() {}
    }

    @SpendGuardTest(contract = DOLLAR_A_DAY, resource = "contracts/one-call.yaml")
    static class TwoContracts {
        @Test
        void neverRuns() {}
    }

    @OnPostgres
    static class NoProvider {
        @Test
        void neverRuns() {}
    }

    @SpendGuardTest
    static class TooEarly {
        @BeforeAll
        static void early(Guard guard) {
            assertThat(guard).as("a guard before any test").isNull();
        }

        @Test
        void neverRuns() {}
    }
}
