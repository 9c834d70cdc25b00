package io.spendguard.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.model.Usage;
import io.spendguard.price.OpenAiExtras;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's parameters, which have two caps on output. The provider refuses a request with both, and reasoning models one
 * with the old {@code max_tokens}; a server that takes both may go by either. So the higher one counts for an estimate,
 * a degrade lowers those in use, and where none is, it sets the new one.
 */
final class OpenAiDialect implements ChatDialect {
    /** Whether LangChain4j's OpenAI module is on the class path; nothing else here may be touched when it is not. */
    static boolean isPresent() {
        return Present.YES;
    }

    static boolean speaks(ChatRequestParameters parameters) {
        return parameters instanceof OpenAiChatRequestParameters;
    }

    static @Nullable String effort(ChatRequestParameters parameters) {
        return openAi(parameters).reasoningEffort();
    }

    static ChatRequestParameters withEffort(ChatRequestParameters parameters, String effort) {
        return OpenAiChatRequestParameters.builder()
                .overrideWith(parameters)
                .reasoningEffort(effort)
                .build();
    }

    /** Adds cached and reasoning tokens, where the provider reports them and they can be. */
    static void addDetails(TokenUsage reported, Usage.Builder usage) {
        if (!(reported instanceof OpenAiTokenUsage details)) {
            return;
        }
        if (details.inputTokensDetails() != null
                && isPart(details.inputTokensDetails().cachedTokens(), reported.inputTokenCount())) {
            usage.cacheReadTokens(details.inputTokensDetails().cachedTokens());
        }
        if (details.outputTokensDetails() != null
                && isPart(details.outputTokensDetails().reasoningTokens(), reported.outputTokenCount())) {
            usage.reasoningTokens(details.outputTokensDetails().reasoningTokens());
        }
    }

    @Override
    public OptionalInt outputCap(ChatRequestParameters parameters) {
        Integer old = parameters.maxOutputTokens();
        Integer current = openAi(parameters).maxCompletionTokens();
        if (old == null && current == null) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Math.max(old == null ? 0 : old, current == null ? 0 : current));
    }

    @Override
    public boolean isBounded(ChatRequestParameters parameters) {
        OpenAiChatRequestParameters own = openAi(parameters);
        Map<String, Object> custom = own.customParameters();
        return !OpenAiExtras.isDearer(own.serviceTier())
                && OpenAiExtras.areBounded(custom == null ? null : custom.keySet());
    }

    @Override
    public ChatRequestParameters degraded(ChatRequestParameters parameters, String model, OptionalInt outputCap) {
        OpenAiChatRequestParameters own = openAi(parameters);
        OpenAiChatRequestParameters.Builder changed =
                OpenAiChatRequestParameters.builder().overrideWith(own).modelName(model);
        if (outputCap.isPresent()) {
            if (own.maxOutputTokens() != null) {
                changed.maxOutputTokens(outputCap.getAsInt());
            }
            if (own.maxCompletionTokens() != null || own.maxOutputTokens() == null) {
                changed.maxCompletionTokens(outputCap.getAsInt());
            }
        }
        return changed.build();
    }

    private static OpenAiChatRequestParameters openAi(ChatRequestParameters parameters) {
        return (OpenAiChatRequestParameters) parameters;
    }

    private static boolean isPart(@Nullable Integer part, Integer whole) {
        return part != null && part >= 0 && part <= whole;
    }

    private static final class Present {
        private static final boolean YES = isOnClassPath();

        private static boolean isOnClassPath() {
            try {
                Class.forName(
                        "dev.langchain4j.model.openai.OpenAiChatRequestParameters",
                        false,
                        OpenAiDialect.class.getClassLoader());
                return true;
            } catch (ClassNotFoundException e) {
                return false;
            }
        }
    }
}
