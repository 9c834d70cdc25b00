package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ReturnBehavior;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.service.tool.ToolExecutionErrorHandler;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolService;
import dev.langchain4j.service.tool.ToolServiceContext;
import io.spendguard.model.Effect;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Hands an invocation its tools behind the gate. Wrapping this late keeps the framework's own checks of tools working,
 * which look for its executor class.
 */
final class GuardedToolService extends ToolService {
    private final GuardedAiServiceContext service;
    private final Map<String, ToolTerms> terms = new HashMap<>();

    GuardedToolService(GuardedAiServiceContext service) {
        this.service = service;
    }

    /** Reads the annotations of the tools' methods, so that a fault in one fails the building of the service. */
    @Override
    public void tools(Collection<Object> objectsWithTools) {
        super.tools(objectsWithTools);
        for (Object tools : objectsWithTools) {
            findTools(tools).forEach(tool -> terms.put(tool.name(), ToolTerms.of(tool.toolExecutor(), tools)));
        }
    }

    @Override
    public ToolServiceContext createContext(
            InvocationContext invocation, UserMessage userMessage, List<ChatMessage> messages) {
        GuardSource guards = GuardSource.of(service.enter(invocation));
        ToolServiceContext tools = super.createContext(invocation, userMessage, messages);
        if (tools.toolExecutors().isEmpty() && tools.dynamicToolProviders().isEmpty()) {
            return tools;
        }
        Map<String, ToolExecutor> executors = new HashMap<>();
        tools.toolExecutors()
                .forEach((name, executor) ->
                        executors.put(name, gated(name, executor, guards, tools.returnBehavior(name))));
        return tools.toBuilder()
                .toolExecutors(executors)
                .dynamicToolProviders(tools.dynamicToolProviders().stream()
                        .map(provider -> GuardedTools.provider(provider, guards))
                        .toList())
                .build();
    }

    private ToolExecutor gated(String name, ToolExecutor executor, GuardSource guards, ReturnBehavior behavior) {
        ToolTerms said = terms.get(name);
        return said == null
                ? GuardedTools.executor(executor, guards, behavior)
                : GuardedTools.executor(executor, guards, behavior, said);
    }

    /**
     * The application's handler, except for refusals that end a run or wait for a person: as text for the model they
     * would only be asked again. A skip never comes here.
     */
    @Override
    public ToolExecutionErrorHandler executionErrorHandler() {
        ToolExecutionErrorHandler own = super.executionErrorHandler();
        return (error, context) -> {
            SpendDenied.in(error)
                    .filter(denied -> denied.decision().effect().compareTo(Effect.REQUIRE_APPROVAL) >= 0)
                    .ifPresent(denied -> {
                        throw denied;
                    });
            return own.handle(error, context);
        };
    }
}
