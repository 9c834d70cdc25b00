package io.spendguard.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.spendguard.Call;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Passage;
import io.spendguard.model.SpendDeniedException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/** A streaming model whose every way to the provider passes the gate. Refusals arrive through {@code onError}. */
final class GuardedStreamingChatModel implements StreamingChatModel, Gated<StreamingChatModel> {
    private final StreamingChatModel delegate;
    private final GuardSource guards;
    private final ChatGate gate;

    GuardedStreamingChatModel(StreamingChatModel delegate, GuardSource guards) {
        this.delegate = delegate;
        this.guards = guards;
        this.gate = new ChatGate(guards, delegate, delegate.provider(), delegate::defaultRequestParameters);
    }

    @Override
    public void chat(ChatRequest request, StreamingChatResponseHandler handler) {
        gated(request, handler, delegate::chat);
    }

    @Override
    public void chat(ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
        gated(request, handler, (admitted, guarded) -> delegate.chat(admitted, options, guarded));
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        gated(request, handler, delegate::doChat);
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return delegate.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return delegate.listeners();
    }

    @Override
    public ModelProvider provider() {
        return delegate.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return delegate.supportedCapabilities();
    }

    @Override
    public StreamingChatModel unwrap() {
        return delegate;
    }

    /** Where this model's guard comes from. */
    GuardSource guards() {
        return guards;
    }

    private void gated(
            ChatRequest request,
            StreamingChatResponseHandler handler,
            BiConsumer<ChatRequest, StreamingChatResponseHandler> provider) {
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(handler, "handler");
        Admission admission;
        try {
            admission = gate.admit(request);
        } catch (SpendDeniedException denied) {
            handler.onError(denied);
            return;
        }
        Call call = admission.call();
        Optional<Passage> outer = CurrentPermit.passage();
        // Open for the start only: what the provider's thread calls afterwards is a spend of its own.
        try (CurrentPermit.Handle open = call.open()) {
            call.started();
            provider.accept(
                    admission.request(), new GuardedResponseHandler(gate, admission, outer.orElse(null), handler));
        } catch (RuntimeException | Error failure) {
            gate.failed(call, failure);
            throw failure;
        }
    }
}
