package io.spendguard.contract;

import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a degrade rule asks for. Each part applies to model calls and only where it changes the request; caps and effort
 * only where they tighten it.
 *
 * @param modelAlias the model to call instead, or null when the model stays
 * @param maxOutputTokens the highest cap on output tokens, 1 or more, or null when the cap stays
 * @param reasoningEffort the most the model may think, or null when that stays
 * @param temperature the temperature, or null when it stays
 * @param topP the share of likely words, or null when it stays
 * @param stopSequences texts that end an answer beside the request's own; empty when none are added
 */
public record Mutation(
        @Nullable ModelAlias modelAlias,
        @Nullable Long maxOutputTokens,
        @Nullable ReasoningEffort reasoningEffort,
        @Nullable BigDecimal temperature,
        @Nullable BigDecimal topP,
        List<String> stopSequences) {
    /** Changes nothing: the mutation of every rule that does not degrade. */
    public static final Mutation NONE = new Mutation(null, null, null, null, null, List.of());

    /** Copies the list; refuses a cap below one token with {@link IllegalArgumentException}. */
    public Mutation {
        if (maxOutputTokens != null && maxOutputTokens < 1) {
            throw new IllegalArgumentException("Cap of " + maxOutputTokens
                    + " output tokens leaves no answer: at least 1 is needed. Use effect skip or stop instead.");
        }
        stopSequences = List.copyOf(stopSequences);
    }
}
