package io.spendguard.spring;

import io.spendguard.model.Usage;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.model.ChatResponse;

/** Maps what Spring AI reports to our usage. */
final class Usages {
    /** Providers whose count of input tokens leaves out those read from or written to a cache. */
    private static final Set<String> COUNT_CACHE_APART = Set.of("anthropic", "bedrock_converse");

    private Usages() {}

    /** The provider's count in a response; unknown when it gave none. */
    static Usage of(@Nullable ChatResponse response, String provider) {
        return response == null ? Usage.unknown() : of(response.getMetadata().getUsage(), provider);
    }

    /**
     * Nothing read at all is how Spring AI says that the provider gave no count, for every request has a message; a
     * negative count is believed in no part.
     */
    static Usage of(org.springframework.ai.chat.metadata.@Nullable Usage reported, String provider) {
        if (reported == null) {
            return Usage.unknown();
        }
        if (isNegative(reported.getPromptTokens())
                || isNegative(reported.getCompletionTokens())
                || isNegative(reported.getCacheReadInputTokens())
                || isNegative(reported.getCacheWriteInputTokens())) {
            return Usage.unknown();
        }
        long input = count(reported.getPromptTokens());
        long output = count(reported.getCompletionTokens());
        long cacheRead = count(reported.getCacheReadInputTokens());
        long cacheWrite = count(reported.getCacheWriteInputTokens());
        long cached = Math.addExact(cacheRead, cacheWrite);
        if (COUNT_CACHE_APART.contains(provider) || cached > input) {
            input = Math.addExact(input, cached);
        }
        if (input == 0) {
            return Usage.unknown();
        }
        Usage.Builder usage = Usage.builder().inputTokens(input).outputTokens(output);
        if (reported.getCacheReadInputTokens() != null) {
            usage.cacheReadTokens(cacheRead);
        }
        if (cacheWrite > 0) {
            usage.cacheWriteTokens(cacheWrite);
        }
        return usage.build();
    }

    private static boolean isNegative(@Nullable Number reported) {
        return reported != null && reported.longValue() < 0;
    }

    private static long count(@Nullable Number reported) {
        return reported == null ? 0 : reported.longValue();
    }
}
