package io.spendguard.examples;

import io.spendguard.model.Action;
import io.spendguard.model.Usage;

/**
 * A model provider that answers nothing and bills everything. Counts calls and money itself, without the library's
 * prices or arithmetic: what it has counted is what the guard has to account for.
 */
public final class FakeProvider {
    // gpt-4o at 2.50 USD per million input and 10.00 USD per million output tokens (pydantic/genai-prices v2, read
    // 2026-11-22), in nanos of a dollar for each token.
    private static final long NANOS_PER_INPUT_TOKEN = 2_500;
    private static final long NANOS_PER_OUTPUT_TOKEN = 10_000;

    private int calls;
    private long billedNanos;

    /** Answers with as many tokens as it is allowed to. */
    Usage call(Action action) {
        return call(action, action.maxOutputTokens().orElseThrow());
    }

    /** Answers with so many tokens. */
    Usage call(Action action, long outputTokens) {
        long inputTokens = action.inputTokens().orElseThrow();
        calls++;
        billedNanos += priceNanos(inputTokens, outputTokens);
        return Usage.of(inputTokens, outputTokens);
    }

    int calls() {
        return calls;
    }

    long billedNanos() {
        return billedNanos;
    }

    /** What a call with so many tokens costs. */
    public static long priceNanos(long inputTokens, long outputTokens) {
        return inputTokens * NANOS_PER_INPUT_TOKEN + outputTokens * NANOS_PER_OUTPUT_TOKEN;
    }
}
