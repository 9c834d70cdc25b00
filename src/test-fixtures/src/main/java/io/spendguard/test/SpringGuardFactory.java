package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.Resource;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Makes the guard of a test the {@code Guard} bean of its Spring context, in place of the application's. Found by Spring,
 * and loaded by nobody else.
 */
final class SpringGuardFactory implements ContextCustomizerFactory {
    /** For Spring. */
    SpringGuardFactory() {}

    @Override
    public @Nullable ContextCustomizer createContextCustomizer(
            Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
        return GuardedTestSpec.owner(testClass).map(GuardBean::new).orElse(null);
    }

    /**
     * Its equality decides which test classes share a context: only those nested in one owner.
     *
     * @param owner the class whose annotations ask for the guard
     */
    private record GuardBean(Class<?> owner) implements ContextCustomizer {
        private static final String GROUND = "spendGuardTestGround";

        @Override
        public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration merged) {
            RootBeanDefinition ground = new RootBeanDefinition(Ground.class, () -> Ground.lay(owner, context));
            ground.setDestroyMethodName("close");
            RootBeanDefinition guard = new RootBeanDefinition(
                    Guard.class,
                    () -> context.getBean(GROUND, Ground.class).test().guard());
            // Before a guard of the application's own, if it has one; closed with what it stands on.
            guard.setPrimary(true);
            guard.setDependsOn(GROUND);
            guard.setDestroyMethodName("");
            BeanDefinitionRegistry beans = (BeanDefinitionRegistry) context.getBeanFactory();
            beans.registerBeanDefinition(GROUND, ground);
            beans.registerBeanDefinition("spendGuard", guard);
        }
    }

    /**
     * What the guard stands on, for as long as the context lives.
     *
     * @param owner the class whose annotations asked for it
     * @param test the guard and its ledger
     */
    record Ground(Class<?> owner, TestGuard test) implements AutoCloseable {
        static Ground lay(Class<?> owner, ConfigurableApplicationContext context) {
            Contract contract = GuardedTestSpec.contract(owner)
                    .orElseGet(() -> context.getEnvironment().containsProperty("spendguard.contract")
                            ? ofApplication(context)
                            : GuardedTestSpec.recordsOnly());
            TestGuard test = TestGuard.start(contract, GuardedTestSpec.isOnPostgres(owner), guard -> {
                context.getBeanProvider(PriceBook.class).ifAvailable(guard::prices);
                context.getBeanProvider(ModelCatalogue.class).ifAvailable(guard::catalogue);
            });
            SpringGuards.put(owner, test);
            return new Ground(owner, test);
        }

        @Override
        public void close() {
            SpringGuards.remove(owner, test);
            test.close();
        }

        private static Contract ofApplication(ConfigurableApplicationContext context) {
            String location = context.getEnvironment().getRequiredProperty("spendguard.contract");
            Resource resource = context.getResource(location);
            try {
                return Contract.parse(
                        resource.getContentAsString(StandardCharsets.UTF_8),
                        Objects.requireNonNullElse(resource.getFilename(), location));
            } catch (IOException e) {
                throw new UncheckedIOException("spendguard.contract '" + location + "' cannot be read.", e);
            }
        }
    }
}
