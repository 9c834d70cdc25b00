package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.spendguard.Guard;
import io.spendguard.model.Effect;
import io.spendguard.price.PriceBook;
import io.spendguard.test.BudgetLimit;
import io.spendguard.test.OpenAiStandIn;
import io.spendguard.test.SpendAssertions;
import io.spendguard.test.SpendGuardTest;
import io.spendguard.test.TestClock;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTestContextBootstrapper;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;

/** The extension in Spring's tests, seen from outside: the cases below run in an engine of their own. */
class SpringBootGuardTest {
    @Test
    void guardOfTheTest_isTheBeanThatDecidesForTheApplication() {
        run(Within.class).assertStatistics(counts -> counts.started(4).succeeded(4));
    }

    @Test
    void limit_countsTheTestsOwnCallsOnly() {
        Events tests = run(Beyond.class);

        tests.assertStatistics(counts -> counts.started(2).succeeded(1).failed(1));
        tests.assertThatEvents()
                .haveExactly(
                        1,
                        event(
                                test("tooMuch"),
                                finishedWithFailure(message(text -> text.startsWith("Test 'Beyond.tooMuch' spent ")
                                        && text.contains("@BudgetLimit allows 0.000001 USD")))));
    }

    @Test
    void method_thatAsksForAGuardOfItsOwn_isRefused() {
        run(Apart.class)
                .assertThatEvents()
                .haveExactly(
                        1,
                        event(finishedWithFailure(
                                message("@SpendGuardTest on Apart.alone asks for a guard of its own, but the guard is a"
                                        + " bean of the Spring context, which all tests of the class share. Put the"
                                        + " annotation on the class."))));
    }

    private static Events run(Class<?> cases) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(cases))
                .execute()
                .testEvents();
    }

    @Boot
    @SpendGuardTest(contract = """
            apiVersion: spendguard.ai/v1
            metadata: {name: boot, tenant: acme}
            spec:
              budgets:
                - {id: daily, limit: 0.01 USD, window: {type: calendar_day, timezone: UTC}}
            """)
    static class Within {
        @Autowired
        Guard bean;

        @Autowired
        ChatModel model;

        @Test
        @BudgetLimit("0.01 USD")
        void call(Guard guard) {
            assertThat(guard).isSameAs(bean);

            model.call("Hello");

            SpendAssertions.assertThat(guard).onModel("gpt-4o").decided(Effect.CONTINUE, SpendAssertions.atLeast(1));
        }

        @Test
        @BudgetLimit("0.01 USD")
        void callOnAnotherDay(TestClock clock) {
            clock.advance(Duration.ofDays(1));

            model.call("Hello");
        }

        @Nested
        class Inside {
            @Test
            void sharesTheGuard(Guard guard) {
                assertThat(guard).isSameAs(bean);
            }

            @Test
            @BudgetLimit("0.000001 USD")
            void spendsNothing() {}
        }
    }

    @Boot
    static class Beyond {
        @Autowired
        ChatModel model;

        @Test
        @BudgetLimit("0.000001 USD")
        void tooMuch() {
            model.call("Hello");
        }

        @Test
        @BudgetLimit("0.000001 USD")
        void nothing() {}
    }

    @Boot
    static class Apart {
        @Test
        @SpendGuardTest
        void alone() {}
    }

    /** As {@code @SpringBootTest} is, but for the extension it brings, which runs on JUnit 6 only. */
    @Retention(RetentionPolicy.RUNTIME)
    @BootstrapWith(SpringBootTestContextBootstrapper.class)
    @ContextConfiguration(classes = Application.class)
    @ExtendWith(Spring.class)
    @interface Boot {}

    /** What Spring's own extension does before a test. */
    static final class Spring implements TestInstancePostProcessor {
        @Override
        public void postProcessTestInstance(Object test, ExtensionContext context) throws Exception {
            new TestContextManager(test.getClass()).prepareTestInstance(test);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(SpendGuardAutoConfiguration.class)
    static class Application {
        @Bean
        OpenAiStandIn provider() {
            return OpenAiStandIn.start();
        }

        @Bean
        PriceBook prices() {
            return Bench.prices();
        }

        @Bean
        OpenAiChatModel model(OpenAiStandIn provider) {
            return OpenAiChatModel.builder()
                    .options(Bench.options(provider).build())
                    .build();
        }
    }
}
