package io.spendguard.langchain4j;

import dev.langchain4j.model.output.TokenUsage;

/** As LangChain4j's Anthropic module reports it: the input leaves out what was read from or written to a cache. */
public final class CachedTokenUsage extends TokenUsage {
    private final int written;
    private final int read;

    CachedTokenUsage(int input, int output, int written, int read) {
        super(input, output);
        this.written = written;
        this.read = read;
    }

    public Integer cacheCreationInputTokens() {
        return written;
    }

    public Integer cacheReadInputTokens() {
        return read;
    }
}
