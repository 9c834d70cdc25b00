package io.spendguard.examples.spring;

import io.spendguard.Guard;
import io.spendguard.examples.Benches;
import io.spendguard.examples.ChatBench;
import io.spendguard.spring.SpendGuardDecorator;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;

/** What the guard adds to a Spring AI chat call. */
public final class SpringAiBench extends ChatBench {
    private static final Prompt PROMPT = new Prompt("Which tea is the best?");

    /**
     * Measures and exits.
     *
     * @param args as {@link Benches#main} takes them
     */
    public static void main(String[] args) {
        Benches.runAndExit(args, List.of(new SpringAiBench()));
    }

    @Override
    public String name() {
        return "spring_ai";
    }

    @Override
    protected Runnable bare() {
        ChatModel model = new Instant();
        return () -> model.call(PROMPT);
    }

    @Override
    protected Runnable guarded(Guard guard) {
        ChatModel model = new SpendGuardDecorator(guard).guardChatModel(new Instant(), "openai");
        return () -> model.call(PROMPT);
    }

    /** A model that answers at once. */
    private static final class Instant implements ChatModel {
        private static final ChatOptions OPTIONS =
                ChatOptions.builder().model("gpt-4o").maxTokens(500).build();

        @Override
        public ChatResponse call(Prompt prompt) {
            return ChatResponse.builder()
                    .generations(List.of(new Generation(new AssistantMessage("Green tea."))))
                    .metadata(ChatResponseMetadata.builder()
                            .model("gpt-4o")
                            .usage(new DefaultUsage(12, 3))
                            .build())
                    .build();
        }

        @Override
        public ChatOptions getOptions() {
            return OPTIONS;
        }
    }
}
