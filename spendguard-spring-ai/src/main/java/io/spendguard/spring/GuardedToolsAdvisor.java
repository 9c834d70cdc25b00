package io.spendguard.spring;

import io.spendguard.model.IdSource;
import io.spendguard.trace.Scope;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import reactor.core.publisher.Flux;
import reactor.util.context.ContextView;

/**
 * Prepares a client's request before the tool loop sees it: guarded tools, whichever manager runs them, and in the tool
 * context for whom the call is made, so that every round and every tool knows it on any thread. A call that belongs to no
 * run becomes one, so that a STOP ends all of it.
 *
 * <p>No gate itself: what it prepares is decided by model and tools.
 */
final class GuardedToolsAdvisor implements CallAdvisor, StreamAdvisor {
    private final SpendGuardDecorator decorator;
    private final IdSource ids;

    GuardedToolsAdvisor(SpendGuardDecorator decorator, IdSource ids) {
        this.decorator = decorator;
        this.ids = ids;
    }

    @Override
    public String getName() {
        return "spendguard";
    }

    @Override
    public int getOrder() {
        return ToolCallingAdvisor.DEFAULT_ORDER - 1;
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        return chain.nextCall(prepared(request, null));
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        return Flux.deferContextual(context -> chain.nextStream(prepared(request, context)));
    }

    private ChatClientRequest prepared(ChatClientRequest request, @Nullable ContextView reactor) {
        Prompt prompt = request.prompt();
        if (!(prompt.getOptions() instanceof ToolCallingChatOptions options)) {
            return request;
        }
        Map<String, Object> toolContext = options.getToolContext() == null ? Map.of() : options.getToolContext();
        Scope scope = decorator.gate().scope(toolContext, reactor);
        if (scope.run() == null) {
            scope = new Scope(scope.tenant(), ids.next().toString(), scope.step(), scope.agent(), scope.user());
        }
        ToolCallingChatOptions guarded = decorator.guardTools(options, SpendGuardContext.of(scope));
        return request.mutate()
                .prompt(new Prompt(prompt.getInstructions(), guarded))
                .build();
    }
}
