package io.spendguard.contract;

import java.util.Objects;

/**
 * A model as its provider names it.
 *
 * @param provider such as {@code openai}
 * @param model such as {@code gpt-4o-mini}
 */
public record ModelRef(String provider, String model) {
    /** Refuses blank names with {@link IllegalArgumentException}. */
    public ModelRef {
        Objects.requireNonNull(provider, "provider");
        Objects.requireNonNull(model, "model");
        if (provider.isBlank() || model.isBlank()) {
            throw new IllegalArgumentException("Model '" + provider + "/" + model
                    + "' lacks a name: a catalogue entry needs provider and model. Give both.");
        }
    }

    @Override
    public String toString() {
        return provider + "/" + model;
    }
}
