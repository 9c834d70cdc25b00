package io.spendguard.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;

/** A model whose parameters cannot be changed, as a provider's own class may be. */
final class StubbornModel implements ChatModel {
    @Override
    public ChatResponse doChat(ChatRequest request) {
        throw new AssertionError("This call must never be made.");
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return new StubbornParameters();
    }

    @Override
    public ModelProvider provider() {
        return ModelProvider.OPEN_AI;
    }

    private static final class StubbornParameters extends DefaultChatRequestParameters {
        private StubbornParameters() {
            super(ChatRequestParameters.builder().modelName("gpt-4o").maxOutputTokens(1_000));
        }

        @Override
        public ChatRequestParameters overrideWith(ChatRequestParameters that) {
            return this;
        }

        @Override
        public ChatRequestParameters defaultedBy(ChatRequestParameters that) {
            return this;
        }
    }
}
