package io.spendguard.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;

/** Puts the guard in front of tools that are found by name. */
final class GuardedToolCallbackResolver implements ToolCallbackResolver, GuardedBean {
    private final ToolCallbackResolver delegate;
    private final SpendGuardDecorator decorator;

    GuardedToolCallbackResolver(ToolCallbackResolver delegate, SpendGuardDecorator decorator) {
        this.delegate = delegate;
        this.decorator = decorator;
    }

    @Override
    public ToolCallbackResolver guarded() {
        return delegate;
    }

    @Override
    public @Nullable ToolCallback resolve(String toolName) {
        ToolCallback found = delegate.resolve(toolName);
        return found == null ? null : decorator.guardTool(found);
    }
}
