package io.spendguard.spring;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;
import org.springframework.aop.scope.ScopedObject;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Guards beans after everything else has been done to them. Reads its two settings from the environment and asks for the
 * guard only when it meets the first bean to guard, so that it makes no other bean too early.
 */
final class SpendGuardBeanPostProcessor implements BeanPostProcessor, BeanFactoryAware, Ordered {
    private final Supplier<SpendGuardDecorator> decorator;
    private final Set<String> excluded;
    private final Map<String, String> providers;
    private @Nullable BeanFactory beans;

    SpendGuardBeanPostProcessor(Supplier<SpendGuardDecorator> decorator, Environment environment) {
        this.decorator = decorator;
        Binder binder = Binder.get(environment);
        this.excluded = binder.bind("spendguard.exclude-beans", Bindable.setOf(String.class))
                .orElse(Set.of());
        this.providers = binder.bind("spendguard.providers", Bindable.mapOf(String.class, String.class))
                .orElse(Map.of());
    }

    @Override
    public void setBeanFactory(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        String asked = ScopedProxyUtils.isScopedTarget(name) ? ScopedProxyUtils.getOriginalBeanName(name) : name;
        if (bean instanceof GuardedBean || excluded.contains(asked) || isGuardedAtTheOtherEnd(bean, name, asked)) {
            return bean;
        }
        if (bean instanceof ChatModel model) {
            return decorator.get().guardChatModel(model, providers.getOrDefault(asked, ProviderNames.of(model)));
        }
        if (bean instanceof EmbeddingModel model) {
            return decorator.get().guardEmbeddingModel(model, providers.getOrDefault(asked, ProviderNames.of(model)));
        }
        if (bean instanceof ToolCallingManager manager) {
            return decorator.get().guardToolManager(manager);
        }
        if (bean instanceof ToolCallbackResolver resolver) {
            return decorator.get().guardToolResolver(resolver);
        }
        if (bean instanceof ToolExecutionExceptionProcessor processor) {
            return decorator.get().guardToolErrors(processor);
        }
        return bean;
    }

    /**
     * Of a scoped proxy and what stands behind it one is guarded: what stands behind it, which knows its class and options, unless the
     * proxy is of that very class and takes nothing else.
     */
    private boolean isGuardedAtTheOtherEnd(Object bean, String name, String asked) {
        if (bean instanceof ScopedObject) {
            return Proxy.isProxyClass(bean.getClass());
        }
        BeanFactory known = Objects.requireNonNull(beans, "beans");
        // A bean may be called like what stands behind a proxy, and have none.
        Class<?> proxy = !name.equals(asked) && known.containsBean(asked) ? known.getType(asked) : null;
        return proxy != null && !Proxy.isProxyClass(proxy) && ScopedObject.class.isAssignableFrom(proxy);
    }
}
