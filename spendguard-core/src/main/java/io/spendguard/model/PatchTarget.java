package io.spendguard.model;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The parts of a model call a degrade may change. Messages, tools and response formats are never among them. */
public enum PatchTarget {
    /** The model, named by a catalogue alias. */
    MODEL_ALIAS("/modelAlias"),
    /** The cap on tokens the model may produce. */
    MAX_OUTPUT_TOKENS("/maxOutputTokens"),
    /** How much the model is asked to think. */
    REASONING_EFFORT("/reasoningEffort"),
    /** How freely the model picks its words. */
    TEMPERATURE("/temperature"),
    /** The share of likely words the model picks from. */
    TOP_P("/topP"),
    /** The texts that end an answer. */
    STOP_SEQUENCES("/stopSequences");

    private final String path;

    PatchTarget(String path) {
        this.path = path;
    }

    /** What an action has there, as a patch tests for it; null when it has nothing. */
    public @Nullable String of(Action action) {
        return switch (this) {
            case MODEL_ALIAS -> action.model().orElse(null);
            case MAX_OUTPUT_TOKENS ->
                action.maxOutputTokens().isPresent()
                        ? Long.toString(action.maxOutputTokens().getAsLong())
                        : null;
            case REASONING_EFFORT ->
                action.reasoningEffort().map(ReasoningEffort::text).orElse(null);
            case TEMPERATURE ->
                action.temperature().map(BigDecimal::toPlainString).orElse(null);
            case TOP_P -> action.topP().map(BigDecimal::toPlainString).orElse(null);
            case STOP_SEQUENCES -> action.stopSequences().isEmpty() ? null : Patch.joined(action.stopSequences());
        };
    }

    /** The JSON Pointer of this target in a patch. */
    public String path() {
        return path;
    }
}
