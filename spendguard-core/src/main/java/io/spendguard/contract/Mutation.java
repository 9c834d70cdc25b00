package io.spendguard.contract;

import org.jspecify.annotations.Nullable;

/**
 * What a degrade rule asks for. Each part applies to model calls and only where it tightens the request.
 *
 * @param modelAlias the model to call instead, or null when the model stays
 * @param maxOutputTokens the highest cap on output tokens, 1 or more, or null when the cap stays
 */
public record Mutation(
        @Nullable ModelAlias modelAlias, @Nullable Long maxOutputTokens) {
    /** Changes nothing: the mutation of every rule that does not degrade. */
    public static final Mutation NONE = new Mutation(null, null);

    /** Refuses a cap below one token with {@link IllegalArgumentException}. */
    public Mutation {
        if (maxOutputTokens != null && maxOutputTokens < 1) {
            throw new IllegalArgumentException("Cap of " + maxOutputTokens
                    + " output tokens leaves no answer: at least 1 is needed. Use effect skip or stop instead.");
        }
    }
}
