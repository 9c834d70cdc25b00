package io.spendguard.contract;

import io.spendguard.model.Money;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model an alias may stand for, and what its author vouches for. What is null is unknown, not nothing.
 *
 * @param model the model
 * @param capabilities what it can do beside text
 * @param maxInputTokens the most input it takes, or null
 * @param maxOutputTokens the most output it gives, or null
 * @param quality how good its answers are, higher is better, or null
 * @param inputPrice per million tokens sent, or null
 * @param outputPrice per million tokens produced, or null
 */
public record ModelProfile(
        ModelRef model,
        Set<Capability> capabilities,
        @Nullable Long maxInputTokens,
        @Nullable Long maxOutputTokens,
        @Nullable Long quality,
        @Nullable Money inputPrice,
        @Nullable Money outputPrice) {
    /** What a model can do beside text. */
    public enum Capability {
        /** Calls tools. */
        TOOLS,
        /** Reads images. */
        VISION,
        /** Thinks before it answers. */
        REASONING
    }

    /** Copies the set. */
    public ModelProfile {
        Objects.requireNonNull(model, "model");
        Set<Capability> copy = EnumSet.noneOf(Capability.class);
        copy.addAll(capabilities);
        capabilities = Collections.unmodifiableSet(copy);
    }

    /** A model of which nothing is known but its name. */
    public static ModelProfile of(ModelRef model) {
        return new ModelProfile(model, Set.of(), null, null, null, null, null);
    }
}
