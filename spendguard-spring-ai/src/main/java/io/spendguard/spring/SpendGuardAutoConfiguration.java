package io.spendguard.spring;

import io.micrometer.observation.ObservationRegistry;
import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import io.spendguard.trace.Scope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.util.ClassUtils;

/**
 * Guards every Spring AI model and tool of an application that names a contract.
 *
 * <p>A {@link Guard}, {@link Contract}, {@link Ledger}, {@link Signer}, {@link PriceBook} or {@link ModelCatalogue} bean
 * of the application goes before what is made here. The ledger opens connections of its own and never takes part in the
 * application's pool or transactions.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration"
        })
@ConditionalOnClass(ChatModel.class)
@ConditionalOnBooleanProperty(name = "spendguard.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SpendGuardProperties.class)
public final class SpendGuardAutoConfiguration {
    private static final String POSTGRES_LEDGER = "io.spendguard.jdbc.PostgresLedger";
    private static final String CONNECTION_DETAILS =
            "org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails";

    /** For the container. */
    public SpendGuardAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean({Guard.class, Contract.class})
    Contract spendGuardContract(SpendGuardProperties properties) {
        return contract(properties.contract());
    }

    /** Closed by the guard, which it belongs to. */
    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean({Guard.class, Ledger.class})
    Ledger spendGuardLedger(SpendGuardProperties properties, ApplicationContext context) {
        if (properties.ledger() == LedgerKind.IN_MEMORY) {
            return new InMemoryLedger(context.getBeanProvider(Clock.class).getIfAvailable(Clock::systemUTC));
        }
        if (!isPresent(POSTGRES_LEDGER, context)) {
            throw new SpendGuardConfigurationException(
                    List.of("spendguard.ledger=postgres needs spendguard-jdbc, which is not on the class path."
                            + " Add io.spendguard:spendguard-jdbc, or set spendguard.ledger=in-memory to try things"
                            + " out."));
        }
        return PostgresLedgers.open(
                connection(properties.jdbc(), context), properties.jdbc().allowOwner());
    }

    @Bean
    @ConditionalOnMissingBean
    Guard spendGuard(
            SpendGuardProperties properties,
            Contract contract,
            Ledger ledger,
            ObjectProvider<Signer> signer,
            ObjectProvider<PriceBook> prices,
            ObjectProvider<ModelCatalogue> catalogue,
            ObjectProvider<Clock> clock) {
        Guard.Builder guard = Guard.builder().contract(contract).ledger(ledger);
        if (properties.signingKey() != null) {
            guard.signingKey(properties.signingKey());
        }
        if (properties.patience() != null) {
            guard.patience(properties.patience());
        }
        signer.ifAvailable(guard::signer);
        prices.ifAvailable(guard::prices);
        catalogue.ifAvailable(guard::catalogue);
        clock.ifAvailable(guard::clock);
        return guard.build();
    }

    @Bean
    @ConditionalOnMissingBean
    SpendGuardDecorator spendGuardDecorator(Guard guard, SpendGuardProperties properties) {
        SpendGuardProperties.Defaults defaults = properties.defaults();
        return new SpendGuardDecorator(
                guard,
                new GateSettings(
                        new Scope(defaults.tenant(), null, null, defaults.agent(), defaults.user()),
                        properties.toolAdmission(),
                        toolCosts(properties.toolCosts()),
                        properties.tokensPerMedia()));
    }

    @Bean
    static SpendGuardBeanPostProcessor spendGuardBeanPostProcessor(
            ObjectProvider<SpendGuardDecorator> decorator, Environment environment) {
        return new SpendGuardBeanPostProcessor(decorator::getObject, environment);
    }

    private static Contract contract(@Nullable Resource resource) {
        if (resource == null) {
            throw new SpendGuardConfigurationException(
                    List.of("spendguard.contract is not set: nothing would decide. Set it to the contract's location,"
                            + " such as classpath:contract.yaml, or spendguard.enabled=false."));
        }
        try {
            String name = resource.getFilename() == null ? "contract" : resource.getFilename();
            return Contract.parse(resource.getContentAsString(StandardCharsets.UTF_8), name);
        } catch (IOException unreadable) {
            SpendGuardConfigurationException failure = new SpendGuardConfigurationException(
                    List.of("spendguard.contract '" + resource.getDescription() + "' cannot be read: "
                            + unreadable.getMessage() + ". Check the location and its permissions."));
            failure.initCause(unreadable);
            throw failure;
        }
    }

    /** What is named for the ledger goes before what Boot's own pool connects to. */
    private static LedgerConnection connection(SpendGuardProperties.Jdbc own, ApplicationContext context) {
        LedgerConnection application = isPresent(CONNECTION_DETAILS, context) ? ServiceConnection.find(context) : null;
        if (application == null) {
            Environment environment = context.getEnvironment();
            application = new LedgerConnection(
                    environment.getProperty("spring.datasource.url"),
                    environment.getProperty("spring.datasource.username"),
                    environment.getProperty("spring.datasource.password"));
        }
        return new LedgerConnection(
                own.url() != null ? own.url() : application.url(),
                own.username() != null ? own.username() : application.username(),
                own.username() != null ? own.password() : application.password());
    }

    private static Map<String, Money> toolCosts(Map<String, String> texts) {
        Map<String, Money> costs = new TreeMap<>();
        List<String> faults = new ArrayList<>();
        texts.forEach((tool, text) -> {
            try {
                costs.put(tool, Money.parse(text));
            } catch (IllegalArgumentException unreadable) {
                faults.add("spendguard.tool-costs." + tool + ": " + unreadable.getMessage());
            }
        });
        if (!faults.isEmpty()) {
            throw new SpendGuardConfigurationException(faults);
        }
        return costs;
    }

    private static boolean isPresent(String type, ApplicationContext context) {
        return ClassUtils.isPresent(type, context.getClassLoader());
    }

    /** Chat clients: Boot's own builder and those for several models. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ChatClient.class)
    static class ChatClients {
        @Bean
        ChatClientBuilderCustomizer spendGuardChatClientCustomizer(
                SpendGuardDecorator decorator, ObjectProvider<IdSource> ids) {
            GuardedToolsAdvisor advisor = new GuardedToolsAdvisor(decorator, ids.getIfAvailable(IdSource::system));
            return builder -> builder.defaultAdvisors(advisor);
        }

        @Bean
        @ConditionalOnMissingBean
        GuardedChatClients guardedChatClients(
                SpendGuardDecorator decorator,
                ObjectProvider<ObservationRegistry> observation,
                ObjectProvider<ToolCallingAdvisor.Builder<?>> toolLoop,
                ObjectProvider<ToolCallingManager> tools,
                ObjectProvider<ChatClientBuilderCustomizer> customizers) {
            Supplier<ToolCallingAdvisor.Builder<?>> loop = () -> {
                ToolCallingAdvisor.Builder<?> shared = toolLoop.getIfAvailable();
                return shared != null
                        ? shared.copy()
                        : ToolCallingAdvisor.builder()
                                .toolCallingManager(decorator.guardToolManager(tools.getIfAvailable(
                                        () -> ToolCallingManager.builder().build())));
            };
            return new GuardedChatClients(
                    decorator,
                    model -> ChatClient.builder(
                            model, observation.getIfUnique(() -> ObservationRegistry.NOOP), null, null, loop.get()),
                    builder -> {
                        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
                        return builder;
                    });
        }
    }
}
