package io.spendguard.spring;

import io.spendguard.model.SpendDeniedException;
import java.util.Optional;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;

/** Lets a refusal that ends the run out of a tool, instead of telling the model about it. */
final class GuardedToolExceptionProcessor implements ToolExecutionExceptionProcessor, GuardedBean {
    private final ToolExecutionExceptionProcessor delegate;

    GuardedToolExceptionProcessor(ToolExecutionExceptionProcessor delegate) {
        this.delegate = delegate;
    }

    @Override
    public ToolExecutionExceptionProcessor guarded() {
        return delegate;
    }

    @Override
    public String process(ToolExecutionException failure) {
        Optional<SpendDeniedException> denied = Failures.ending(failure);
        if (denied.isPresent()) {
            throw denied.get();
        }
        return delegate.process(failure);
    }
}
