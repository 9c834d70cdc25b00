package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.EventTypes;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.test.OpenAiStandIn;
import io.spendguard.test.SettledCalls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;

class SpendGuardAutoConfigurationTest {
    @TempDir
    Path folder;

    private OpenAiStandIn provider;

    @BeforeEach
    void startProvider() {
        provider = OpenAiStandIn.start();
    }

    @AfterEach
    void stopProvider() {
        provider.close();
    }

    @Test
    void contractAlone_guardsModelToolsAndClients() {
        runner().withUserConfiguration(OneModel.class).run(context -> {
            provider.replyWithToolCall("search", "{}").replyWith("Done.");

            String answer = context.getBean(ChatClient.Builder.class)
                    .build()
                    .prompt("Hello")
                    .tools(search())
                    .call()
                    .content();

            assertThat(answer).isEqualTo("Done.");
            assertThat(context.getBean(ChatModel.class)).isInstanceOf(GuardedChatModel.class);
            assertThat(context.getBean(ToolCallingManager.class)).isInstanceOf(GuardedToolCallingManager.class);
            assertThat(context.getBean(ToolCallbackResolver.class)).isInstanceOf(GuardedToolCallbackResolver.class);
            assertThat(context.getBean(ToolExecutionExceptionProcessor.class))
                    .isInstanceOf(GuardedToolExceptionProcessor.class);
            assertThat(context.getBean(Guard.class).balances("acme").get(0).spent())
                    .hasToString("0.00012 USD");
        });
    }

    @Test
    void stoppedContract_neverReachesTheProvider() throws Exception {
        runner(Bench.contract(Bench.rule("llm.call.pre", "stop")))
                .withUserConfiguration(OneModel.class)
                .run(context -> {
                    ChatClient client =
                            context.getBean(ChatClient.Builder.class).build();

                    org.assertj.core.api.Assertions.assertThatThrownBy(
                                    () -> client.prompt("Hello").call().content())
                            .isInstanceOf(SpendDeniedException.class);
                    assertThat(provider.calls()).isEmpty();
                });
    }

    @Test
    void severalModels_areAllGuardedAndHaveClients() {
        runner().withUserConfiguration(SeveralModels.class)
                .withPropertyValues("spendguard.exclude-beans=free", "spendguard.providers.made=compatible")
                .run(context -> {
                    ChatModel made = context.getBean("made", ChatModel.class);
                    ChatModel free = context.getBean("free", ChatModel.class);

                    context.getBean(GuardedChatClients.class)
                            .builder(made)
                            .build()
                            .prompt("Hello")
                            .call()
                            .content();

                    assertThat(made).isInstanceOf(GuardedChatModel.class);
                    assertThat(context.getBean("plain", ChatModel.class)).isInstanceOf(GuardedChatModel.class);
                    assertThat(free).isInstanceOf(OpenAiChatModel.class);
                    assertThat(context.getBean(Guard.class).balances("acme")).hasSize(1);
                });
    }

    @Test
    void clientForOneOfSeveralModels_decidesItsTools() {
        runner(Bench.contract(Bench.rule("tool.call.pre", "skip")))
                .withUserConfiguration(SeveralModels.class)
                .run(context -> {
                    provider.replyWithToolCall("search", "{}").replyWith("Done.");

                    context.getBean(GuardedChatClients.class)
                            .builder(context.getBean("plain", ChatModel.class))
                            .build()
                            .prompt("Hello")
                            .tools(search())
                            .call()
                            .content();

                    assertThat(provider.calls().get(1).string("messages.2.content"))
                            .hasValueSatisfying(text -> assertThat(text).contains("was not run"));
                });
    }

    @Test
    void scopedLazyAndPrototypeModels_areGuardedOnce() {
        runner().withInitializer(context -> context.getBeanFactory().registerScope("thread", new SimpleThreadScope()))
                .withUserConfiguration(ScopedModels.class)
                .run(context -> {
                    for (String name : List.of(
                            "scopedInterface", "scopedClass", "lazy", "prototype", "advised", "scopedTarget.alone")) {
                        long before = decisions(context.getBean(Ledger.class));

                        String answer = context.getBean(name, ChatModel.class).call("Hello");

                        assertThat(answer).as(name).isNotBlank();
                        assertThat(decisions(context.getBean(Ledger.class)))
                                .as(name)
                                .isEqualTo(before + 1);
                    }
                    assertThat(context.getBean(Guard.class)
                                    .balances("acme")
                                    .get(0)
                                    .spent())
                            .as("each at its provider's price")
                            .hasToString("0.00036 USD");
                });
    }

    @Test
    void disabled_leavesEverythingAlone() {
        runner().withUserConfiguration(OneModel.class)
                .withPropertyValues("spendguard.enabled=false")
                .run(context -> {
                    assertThat(context).doesNotHaveBean(Guard.class);
                    assertThat(context.getBean(ChatModel.class)).isInstanceOf(OpenAiChatModel.class);
                });
    }

    @Test
    void ownGuard_goesBeforeOurs() {
        try (Bench own = new Bench(Bench.contract(""))) {
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(SpendGuardAutoConfiguration.class))
                    .withBean(OpenAiStandIn.class, () -> provider)
                    .withBean(Guard.class, () -> own.guard)
                    .withUserConfiguration(OneModel.class)
                    .run(context -> {
                        context.getBean(ChatModel.class).call("Hello");

                        assertThat(context).doesNotHaveBean(Contract.class).doesNotHaveBean(Ledger.class);
                        assertThat(own.events()).containsExactly("llm_call continue", "COMMITTED");
                    });
        }
    }

    @Test
    void ownLedger_goesBeforeOurs() {
        InMemoryLedger own = new InMemoryLedger(Clock.systemUTC());
        runner().withPropertyValues("spendguard.ledger=postgres")
                .withBean(Ledger.class, () -> own)
                .withUserConfiguration(OneModel.class)
                .run(context -> {
                    context.getBean(ChatModel.class).call("Hello");

                    assertThat(own.keys()).hasSize(1);
                });
    }

    @Test
    void noContract_failsWithTheRemedy() {
        base().withUserConfiguration(OneModel.class)
                .withPropertyValues("spendguard.ledger=in-memory")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(SpendGuardConfigurationException.class)
                        .hasMessage("spendguard.contract is not set: nothing would decide. Set it to the contract's"
                                + " location, such as classpath:contract.yaml, or spendguard.enabled=false."));
    }

    @Test
    void missingContract_failsWithItsLocation() {
        base().withUserConfiguration(OneModel.class)
                .withPropertyValues("spendguard.ledger=in-memory", "spendguard.contract=classpath:nowhere.yaml")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining(
                                "spendguard.contract 'class path resource [nowhere.yaml]' cannot be" + " read"));
    }

    @Test
    void noDatabase_failsInsteadOfForgetting() {
        runner().withUserConfiguration(OneModel.class)
                .withPropertyValues("spendguard.ledger=postgres")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessage("spendguard.ledger=postgres has no database: neither spendguard.jdbc.url nor"
                                + " spring.datasource.url is set. Set one, or spendguard.ledger=in-memory to try things"
                                + " out."));
    }

    @Test
    void noJdbcModule_failsInsteadOfForgetting() {
        runner().withUserConfiguration(OneModel.class)
                .withClassLoader(new FilteredClassLoader("io.spendguard.jdbc"))
                .withPropertyValues("spendguard.ledger=postgres")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessage("spendguard.ledger=postgres needs spendguard-jdbc, which is not on the class path."
                                + " Add io.spendguard:spendguard-jdbc, or set spendguard.ledger=in-memory to try things"
                                + " out."));
    }

    @Test
    void toolCosts_allUnreadableOnesAreNamed() {
        runner().withUserConfiguration(OneModel.class)
                .withPropertyValues("spendguard.tool-costs.search=cheap", "spendguard.tool-costs.fetch=free")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("spendguard.tool-costs.search: ")
                        .hasMessageContaining("spendguard.tool-costs.fetch: "));
    }

    @Test
    void injectionByClass_beforeTheModelWasMade_isExplained() {
        runner().withUserConfiguration(OneModel.class, ByClass.class).run(context -> {
            FailureAnalysis analysis = new GuardedInjectionFailureAnalyzer().analyze(context.getStartupFailure());

            assertThat(analysis).isNotNull();
            assertThat(analysis.getDescription())
                    .isEqualTo("Bean 'model' is guarded by SpendGuard and cannot be injected as"
                            + " 'org.springframework.ai.openai.OpenAiChatModel': the guard stands in front of it.");
            assertThat(analysis.getAction())
                    .isEqualTo("Inject 'ChatModel' instead. To leave this bean without a guard, set"
                            + " spendguard.exclude-beans=model.");
        });
    }

    @Test
    void lookupByClass_afterTheModelWasMade_isExplained() {
        runner().withUserConfiguration(OneModel.class).run(context -> {
            ListableBeanFactory beans = context.getSourceApplicationContext().getBeanFactory();
            Throwable failure =
                    org.assertj.core.api.Assertions.catchThrowable(() -> beans.getBean(OpenAiChatModel.class));

            FailureAnalysis analysis = new GuardedLookupFailureAnalyzer(beans).analyze(failure);

            assertThat(analysis).isNotNull();
            assertThat(analysis.getDescription()).startsWith("Bean 'model' is guarded by SpendGuard");
        });
    }

    @Test
    void failureAnalyzers_areFoundByBoot() {
        List<String> found = org.springframework.core.io.support.SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                        org.springframework.boot.diagnostics.FailureAnalyzer.class,
                        org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver.of(
                                org.springframework.beans.factory.BeanFactory.class,
                                new org.springframework.beans.factory.support.DefaultListableBeanFactory()),
                        (type, name, failure) -> {})
                .stream()
                .map(analyzer -> analyzer.getClass().getSimpleName())
                .toList();

        assertThat(found).contains("GuardedInjectionFailureAnalyzer", "GuardedLookupFailureAnalyzer");
    }

    private ApplicationContextRunner runner() {
        return runner(Bench.contract(""));
    }

    private ApplicationContextRunner runner(String contract) {
        try {
            Path file = Files.writeString(folder.resolve("contract.yaml"), contract);
            return base().withPropertyValues("spendguard.ledger=in-memory", "spendguard.contract=file:" + file);
        } catch (java.io.IOException unwritable) {
            throw new java.io.UncheckedIOException(unwritable);
        }
    }

    private ApplicationContextRunner base() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SpendGuardAutoConfiguration.class,
                        ToolCallingAutoConfiguration.class,
                        ChatClientAutoConfiguration.class))
                .withBean(OpenAiStandIn.class, () -> provider, definition -> definition.setDestroyMethodName(""))
                .withBean(PriceBook.class, Bench::prices)
                .withBean(Signer.class, Ed25519Signer::generate)
                .withUserConfiguration(Watched.class);
    }

    private static long decisions(Ledger ledger) {
        AtomicLong found = new AtomicLong();
        ledger.events("acme", event -> found.addAndGet(event.draft().type().equals(EventTypes.DECISION) ? 1 : 0));
        return found.get();
    }

    private static FunctionToolCallback<?, ?> search() {
        return FunctionToolCallback.builder("search", () -> "found")
                .description("search")
                .build();
    }

    /** Every guard with a ledger that can still be read when its context is closed. */
    @Configuration(proxyBeanMethods = false)
    static class Watched {
        @Bean
        SmartInitializingSingleton watch(ObjectProvider<Guard> guards) {
            return () -> guards.stream()
                    .filter(guard -> guard.ledger() instanceof InMemoryLedger)
                    .forEach(SettledCalls::watch);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneModel {
        @Bean
        OpenAiChatModel model(OpenAiStandIn provider) {
            return OpenAiChatModel.builder()
                    .options(Bench.options(provider).build())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class SeveralModels {
        @Bean
        OpenAiChatModel plain(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean
        OpenAiChatModel free(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean
        FactoryBean<ChatModel> made(OpenAiStandIn provider) {
            return new FactoryBean<>() {
                @Override
                public ChatModel getObject() {
                    return new OneModel().model(provider);
                }

                @Override
                public Class<?> getObjectType() {
                    return ChatModel.class;
                }
            };
        }
    }

    /** Ways for Spring to put something between who asks and the model. */
    @Configuration(proxyBeanMethods = false)
    static class ScopedModels {
        @Bean
        @Scope(value = "thread", proxyMode = ScopedProxyMode.INTERFACES)
        ChatModel scopedInterface(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean
        @Scope(value = "thread", proxyMode = ScopedProxyMode.TARGET_CLASS)
        OpenAiByHand scopedClass(OpenAiStandIn provider) {
            return new OpenAiByHand(new OneModel().model(provider));
        }

        @Bean
        @Lazy
        OpenAiChatModel lazy(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean
        @Scope("prototype")
        OpenAiChatModel prototype(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean("scopedTarget.alone")
        OpenAiChatModel withoutProxy(OpenAiStandIn provider) {
            return new OneModel().model(provider);
        }

        @Bean
        ChatModel advised(OpenAiStandIn provider) {
            return (ChatModel) new ProxyFactory(new OneModel().model(provider)).getProxy();
        }
    }

    /** Can be subclassed, which Spring's own models cannot. */
    static class OpenAiByHand implements ChatModel {
        private final ChatModel model;

        OpenAiByHand(ChatModel model) {
            this.model = model;
        }

        @Override
        public ChatResponse call(Prompt prompt) {
            return model.call(prompt);
        }

        @Override
        public ChatOptions getOptions() {
            return model.getOptions();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ByClass {
        @Bean
        String aWantsTheClass(OpenAiChatModel model) {
            return model.getClass().getName();
        }
    }
}
