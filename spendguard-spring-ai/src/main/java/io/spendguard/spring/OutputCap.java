package io.spendguard.spring;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.util.ClassUtils;

/** Reads and sets the cap on output tokens, whichever parameters a provider's options have for it. */
final class OutputCap {
    private static final boolean HAS_OPENAI =
            ClassUtils.isPresent("org.springframework.ai.openai.OpenAiChatOptions", OutputCap.class.getClassLoader());

    private OutputCap() {}

    /** The cap these options send; empty when they send none. */
    static OptionalLong of(ChatOptions options) {
        if (isOpenAi(options)) {
            return OpenAiOptions.cap(options);
        }
        return positive(options.getMaxTokens());
    }

    /** Tells whether tokens and cap bound the call's cost; nothing is known about options other than OpenAI's that says no. */
    static boolean isAllThatCosts(ChatOptions options) {
        return !isOpenAi(options) || OpenAiOptions.isBounded(options);
    }

    /** The options with another model and, where not null, this cap. */
    static ChatOptions with(ChatOptions options, String model, @Nullable Integer cap) {
        if (isOpenAi(options)) {
            return OpenAiOptions.with(options, model, cap);
        }
        ChatOptions.Builder<?> builder = options.mutate();
        builder.model(model);
        if (cap != null) {
            builder.maxTokens(cap);
        }
        return builder.build();
    }

    static boolean isOpenAi(ChatOptions options) {
        return HAS_OPENAI && OpenAiOptions.isFor(options);
    }

    static OptionalLong positive(@Nullable Integer cap) {
        return cap == null || cap < 1 ? OptionalLong.empty() : OptionalLong.of(cap);
    }
}
