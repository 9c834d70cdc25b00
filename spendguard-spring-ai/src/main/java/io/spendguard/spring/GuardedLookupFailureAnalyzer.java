package io.spendguard.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;

/** The same mistake, met after the guarded bean was made: then no bean of that class is found any more. */
final class GuardedLookupFailureAnalyzer extends AbstractFailureAnalyzer<NoSuchBeanDefinitionException>
        implements Ordered {
    private final @Nullable BeanFactory beans;

    /** For Boot. */
    GuardedLookupFailureAnalyzer(@Nullable BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable root, NoSuchBeanDefinitionException cause) {
        Class<?> asked = cause.getBeanType();
        if (asked == null || !(beans instanceof ConfigurableListableBeanFactory factory)) {
            return null;
        }
        for (String name : factory.getSingletonNames()) {
            Object bean = factory.getSingleton(name);
            if (bean instanceof GuardedBean guarded && asked.isInstance(guarded.guarded())) {
                return InjectionAdvice.of(name, asked, cause);
            }
        }
        return null;
    }
}
