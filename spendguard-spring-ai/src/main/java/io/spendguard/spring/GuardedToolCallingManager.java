package io.spendguard.spring;

import java.util.List;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.ToolExecutionResult;
import org.springframework.ai.tool.definition.ToolDefinition;

/** Puts the guard in front of every callback of a round; return-direct, tool context and observation stay the delegate's. */
final class GuardedToolCallingManager implements ToolCallingManager, GuardedBean {
    private final ToolCallingManager delegate;
    private final SpendGuardDecorator decorator;

    GuardedToolCallingManager(ToolCallingManager delegate, SpendGuardDecorator decorator) {
        this.delegate = delegate;
        this.decorator = decorator;
    }

    @Override
    public ToolCallingManager guarded() {
        return delegate;
    }

    @Override
    public List<ToolDefinition> resolveToolDefinitions(ToolCallingChatOptions options) {
        return delegate.resolveToolDefinitions(options);
    }

    @Override
    public ToolExecutionResult executeToolCalls(Prompt prompt, ChatResponse response) {
        if (prompt.getOptions() instanceof ToolCallingChatOptions options) {
            return delegate.executeToolCalls(
                    new Prompt(prompt.getInstructions(), decorator.guardTools(options)), response);
        }
        return delegate.executeToolCalls(prompt, response);
    }
}
