package io.spendguard.langchain4j;

import dev.langchain4j.model.output.TokenUsage;
import java.lang.reflect.Method;
import java.util.List;

/**
 * Input tokens that a provider counts beside its input: those read from a cache and those written to one, as the usage of
 * LangChain4j's Anthropic and Bedrock modules has them. Read by the methods' names, because no module needs to be there.
 *
 * @param read so many were read from a cache
 * @param written so many were written to one
 */
record CacheTokens(long read, long written) {
    private static final List<String> READ = List.of("cacheReadInputTokens");
    private static final List<String> WRITTEN = List.of("cacheCreationInputTokens", "cacheWriteInputTokens");

    /** What a usage says of caches; none where it says nothing. A method that cannot be called throws. */
    static CacheTokens of(TokenUsage reported) {
        return new CacheTokens(count(reported, READ), count(reported, WRITTEN));
    }

    private static long count(TokenUsage reported, List<String> names) {
        for (Method method : reported.getClass().getMethods()) {
            if (method.getParameterCount() == 0 && names.contains(method.getName())) {
                try {
                    return method.invoke(reported) instanceof Number count ? count.longValue() : 0;
                } catch (ReflectiveOperationException unreadable) {
                    throw new IllegalStateException(
                            "Usage " + reported.getClass().getName() + " has a count '" + method.getName()
                                    + "' that cannot be read: the call settles at its estimate.",
                            unreadable);
                }
            }
        }
        return 0;
    }
}
