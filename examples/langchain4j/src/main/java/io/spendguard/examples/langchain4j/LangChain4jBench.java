package io.spendguard.examples.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.Guard;
import io.spendguard.examples.Benches;
import io.spendguard.examples.ChatBench;
import io.spendguard.langchain4j.GuardedModels;
import java.util.List;

/** What the guard adds to a LangChain4j chat call. */
public final class LangChain4jBench extends ChatBench {
    private static final ChatRequest REQUEST = ChatRequest.builder()
            .messages(UserMessage.from("Which tea is the best?"))
            .build();

    /**
     * Measures and exits.
     *
     * @param args as {@link Benches#main} takes them
     */
    public static void main(String[] args) {
        Benches.runAndExit(args, List.of(new LangChain4jBench()));
    }

    @Override
    public String name() {
        return "langchain4j";
    }

    @Override
    protected Runnable bare() {
        ChatModel model = new Instant();
        return () -> model.chat(REQUEST);
    }

    @Override
    protected Runnable guarded(Guard guard) {
        ChatModel model = GuardedModels.chat(new Instant(), guard);
        return () -> model.chat(REQUEST);
    }

    /** A model that answers at once. */
    private static final class Instant implements ChatModel {
        @Override
        public ChatResponse doChat(ChatRequest request) {
            return ChatResponse.builder()
                    .aiMessage(AiMessage.from("Green tea."))
                    .modelName("gpt-4o")
                    .tokenUsage(new TokenUsage(12, 3))
                    .build();
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return ChatRequestParameters.builder()
                    .modelName("gpt-4o")
                    .maxOutputTokens(500)
                    .build();
        }

        @Override
        public ModelProvider provider() {
            return ModelProvider.OPEN_AI;
        }
    }
}
