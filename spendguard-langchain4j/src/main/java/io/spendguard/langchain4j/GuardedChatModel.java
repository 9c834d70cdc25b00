package io.spendguard.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.spendguard.Call;
import io.spendguard.model.CurrentPermit;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/** A chat model whose every way to the provider passes the gate; the forms for texts and messages lead to these. */
final class GuardedChatModel implements ChatModel, Gated<ChatModel> {
    private final ChatModel delegate;
    private final GuardSource guards;
    private final ChatGate gate;

    GuardedChatModel(ChatModel delegate, GuardSource guards) {
        this.delegate = delegate;
        this.guards = guards;
        this.gate = new ChatGate(guards, delegate, delegate.provider(), delegate::defaultRequestParameters);
    }

    @Override
    public ChatResponse chat(ChatRequest request) {
        return gated(request, delegate::chat);
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        return gated(request, admitted -> delegate.chat(admitted, options));
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        return gated(request, delegate::doChat);
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
    public ChatModel unwrap() {
        return delegate;
    }

    /** Where this model's guard comes from. */
    GuardSource guards() {
        return guards;
    }

    private ChatResponse gated(ChatRequest request, Function<ChatRequest, ChatResponse> provider) {
        Objects.requireNonNull(request, "request");
        Admission admission = gate.admit(request);
        ChatResponse response = settled(admission, provider);
        if (response != null && response.aiMessage() != null) {
            ChatGate.admitTools(admission, response.aiMessage().toolExecutionRequests());
        }
        return response;
    }

    private ChatResponse settled(Admission admission, Function<ChatRequest, ChatResponse> provider) {
        try (Call call = admission.call();
                CurrentPermit.Handle open = call.open()) {
            call.started();
            ChatResponse response;
            try {
                response = provider.apply(admission.request());
            } catch (RuntimeException | Error failure) {
                gate.failed(call, failure);
                throw failure;
            }
            call.completed(ChatGate.usage(response));
            return response;
        }
    }
}
