package io.spendguard.spring;

import io.spendguard.price.OpenAiExtras;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.openai.OpenAiChatOptions;

/**
 * OpenAI's options have two caps, and their builder silently ignores {@code maxTokens} while {@code
 * maxCompletionTokens} is set. Loaded only where these options exist.
 */
final class OpenAiOptions {
    /** Models that reject {@code max_tokens}. All others, compatible servers' included, take it. */
    private static final Pattern REASONING = Pattern.compile("(o[0-9]|gpt-5).*");

    private OpenAiOptions() {}

    static boolean isFor(ChatOptions options) {
        return options instanceof OpenAiChatOptions;
    }

    /** The model called: a deployment's name goes before the model's. */
    static @Nullable String model(ChatOptions options) {
        OpenAiChatOptions own = (OpenAiChatOptions) options;
        return own.getDeploymentName() != null ? own.getDeploymentName() : own.getModel();
    }

    static OptionalLong cap(ChatOptions options) {
        OpenAiChatOptions own = (OpenAiChatOptions) options;
        OptionalLong completion = OutputCap.positive(own.getMaxCompletionTokens());
        OptionalLong total = OutputCap.positive(own.getMaxTokens());
        if (completion.isPresent() && total.isPresent()) {
            return OptionalLong.of(Math.max(completion.getAsLong(), total.getAsLong()));
        }
        return completion.isPresent() ? completion : total;
    }

    /** Tells whether nothing in these options can make the call cost more than tokens and caps say. */
    static boolean isBounded(ChatOptions options) {
        OpenAiChatOptions own = (OpenAiChatOptions) options;
        boolean hasOneAnswer = own.getN() == null || own.getN() == 1;
        boolean hasSound = own.getOutputAudio() != null
                || (own.getOutputModalities() != null
                        && own.getOutputModalities().contains("audio"));
        boolean hasNoExtras = OpenAiExtras.areBounded(
                own.getExtraBody() == null ? null : own.getExtraBody().keySet());
        return hasOneAnswer && !hasSound && hasNoExtras && !OpenAiExtras.isDearer(own.getServiceTier());
    }

    static @Nullable String effort(ChatOptions options) {
        return ((OpenAiChatOptions) options).getReasoningEffort();
    }

    static void effort(ChatOptions.Builder<?> builder, String effort) {
        ((OpenAiChatOptions.Builder) builder).reasoningEffort(effort);
    }

    static ChatOptions with(ChatOptions options, String model, @Nullable Integer cap) {
        OpenAiChatOptions own = (OpenAiChatOptions) options;
        OpenAiChatOptions.Builder builder = own.mutate();
        if (own.getDeploymentName() == null) {
            builder.model(model);
        }
        if (cap != null) {
            boolean isCompletionCap = own.getMaxCompletionTokens() != null
                    || (own.getMaxTokens() == null && REASONING.matcher(model).matches());
            // In this order: each setter looks at what the other one left.
            builder.maxCompletionTokens(null).maxTokens(isCompletionCap ? null : cap);
            if (isCompletionCap) {
                builder.maxCompletionTokens(cap);
            }
        }
        return builder.build();
    }
}
