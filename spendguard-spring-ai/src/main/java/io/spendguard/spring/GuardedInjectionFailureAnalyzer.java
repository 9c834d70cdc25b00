package io.spendguard.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;

/** Explains an injection that asked for the class behind a guarded bean. */
final class GuardedInjectionFailureAnalyzer extends AbstractFailureAnalyzer<BeanNotOfRequiredTypeException>
        implements Ordered {
    /** For Boot. */
    GuardedInjectionFailureAnalyzer() {}

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable root, BeanNotOfRequiredTypeException cause) {
        return GuardedBean.class.isAssignableFrom(cause.getActualType())
                ? InjectionAdvice.of(cause.getBeanName(), cause.getRequiredType(), cause)
                : null;
    }
}
