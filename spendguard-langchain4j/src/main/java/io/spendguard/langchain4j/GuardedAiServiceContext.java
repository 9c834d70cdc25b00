package io.spendguard.langchain4j;

import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.observability.api.listener.AiServiceRequestIssuedListener;
import dev.langchain4j.service.AiServiceContext;
import io.spendguard.Guard;
import java.util.Optional;

/** An AI service's parts, gated when an invocation first needs them: builders fill in the fields directly. */
final class GuardedAiServiceContext extends AiServiceContext {
    GuardedAiServiceContext(Class<?> aiServiceClass) {
        super(aiServiceClass);
        toolService = new GuardedToolService(this);
        AiServiceRequestIssuedListener issued = event -> Callers.issued(event.request(), event.invocationContext());
        eventListenerRegistrar.register(issued);
    }

    /** Called on the invoking thread, before the first model call of each invocation. Gives the invocation's guard. */
    Guard enter(InvocationContext invocation) {
        Guard guard = Callers.named(invocation).or(this::guardOfModel).orElseGet(() -> Callers.guard(invocation));
        Callers.invoked(invocation, guard);
        if (chatModel != null) {
            chatModel = GuardedModels.chat(chatModel, Callers::guard);
        }
        if (streamingChatModel != null) {
            streamingChatModel = GuardedModels.streaming(streamingChatModel, Callers::guard);
        }
        return guard;
    }

    private Optional<Guard> guardOfModel() {
        if (chatModel instanceof GuardedChatModel model
                && model.guards().fixed().isPresent()) {
            return model.guards().fixed();
        }
        return streamingChatModel instanceof GuardedStreamingChatModel model
                ? model.guards().fixed()
                : Optional.empty();
    }
}
