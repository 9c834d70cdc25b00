package io.spendguard.price;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.nio.charset.StandardCharsets;

/**
 * Counts a text's tokens as a model's tokenizer does. Needs {@code com.knuddels:jtokkit} on the class path. Safe for any
 * number of threads.
 */
public final class TokenCounter {
    /** Beyond this many characters a text is bounded, not counted: long runs without a space make counting slow. */
    private static final int MAX_COUNTED_CHARS = 1 << 20;

    private static final EncodingRegistry REGISTRY = Encodings.newLazyEncodingRegistry();

    private final Encoding encoding;

    private TokenCounter(Encoding encoding) {
        this.encoding = encoding;
    }

    /** The o200k_base tokenizer of OpenAI's gpt-4o and gpt-4o-mini. */
    public static TokenCounter o200k() {
        return new TokenCounter(REGISTRY.getEncoding(EncodingType.O200K_BASE));
    }

    /**
     * How many tokens the text has; for texts beyond 2²⁰ characters an upper bound, their length in UTF-8 bytes, which
     * a byte-level tokenizer cannot exceed. Special-token text is counted as ordinary text.
     */
    public long count(String text) {
        return text.length() > MAX_COUNTED_CHARS
                ? text.getBytes(StandardCharsets.UTF_8).length
                : encoding.countTokensOrdinary(text);
    }
}
