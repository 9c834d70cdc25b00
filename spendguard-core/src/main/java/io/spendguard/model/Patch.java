package io.spendguard.model;

import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a degrade changes: a restricted JSON Patch in which every change is guarded by a test of the old value, so that
 * it applies to the request it was made for or not at all.
 *
 * @param changes the changes in order of target, at most one for each
 */
public record Patch(List<Change> changes) {
    /** Between stop sequences in a change's text: a character no contract can hold. */
    private static final String SEPARATOR = "\u001f";

    /** Changes nothing. */
    public static final Patch NONE = new Patch(List.of());

    /** Copies the list; refuses two changes of one target with {@link IllegalArgumentException}. */
    public Patch {
        changes = List.copyOf(changes);
        if (changes.stream().map(Change::target).distinct().count() != changes.size()) {
            throw new IllegalArgumentException(
                    "Patch changes one target twice: " + changes + ". Merge the changes first.");
        }
    }

    /** Tells whether nothing changes. */
    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /** The alias to call instead, empty when the model stays. */
    public Optional<String> modelAlias() {
        return value(PatchTarget.MODEL_ALIAS);
    }

    /** The new cap on output tokens, empty when it stays. */
    public OptionalLong maxOutputTokens() {
        return value(PatchTarget.MAX_OUTPUT_TOKENS)
                .map(Long::parseLong)
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    /** How much the model is asked to think now, empty when it stays. */
    public Optional<ReasoningEffort> reasoningEffort() {
        return value(PatchTarget.REASONING_EFFORT).flatMap(ReasoningEffort::of);
    }

    /** The new temperature, empty when it stays. */
    public Optional<BigDecimal> temperature() {
        return value(PatchTarget.TEMPERATURE).map(BigDecimal::new);
    }

    /** The new share of likely words, empty when it stays. */
    public Optional<BigDecimal> topP() {
        return value(PatchTarget.TOP_P).map(BigDecimal::new);
    }

    /** All texts that end an answer now, empty when they stay. */
    public Optional<List<String>> stopSequences() {
        return value(PatchTarget.STOP_SEQUENCES).map(Patch::split);
    }

    /** Stop sequences as one text, the way a change carries them. */
    public static String joined(List<String> stopSequences) {
        return String.join(SEPARATOR, stopSequences);
    }

    /** The stop sequences in a change's text. */
    public static List<String> split(String joined) {
        return List.of(joined.split(SEPARATOR, -1));
    }

    /**
     * What the action becomes, except for its model: that needs a catalogue.
     *
     * @throws IllegalArgumentException when the action does not have the value a change tests for
     */
    public Action.Builder applyTo(Action action) {
        for (Change change : changes) {
            String now = change.target().of(action);
            if (!Objects.equals(now, change.from())) {
                throw new IllegalArgumentException(
                        "Patch of " + change.target().path() + " was made for "
                                + (change.from() == null ? "no value" : "'" + change.from() + "'")
                                + ", but the action has another one: a patch applies to the request it was made for. Decide again.");
            }
        }
        Action.Builder patched = action.toBuilder();
        maxOutputTokens().ifPresent(patched::maxOutputTokens);
        reasoningEffort().ifPresent(patched::reasoningEffort);
        temperature().ifPresent(patched::temperature);
        topP().ifPresent(patched::topP);
        stopSequences().ifPresent(patched::stopSequences);
        return patched;
    }

    private Optional<String> value(PatchTarget target) {
        return changes.stream()
                .filter(c -> c.target() == target)
                .map(Change::to)
                .findFirst();
    }

    /**
     * One guarded change.
     *
     * @param target what changes
     * @param from the value tested for, or null when the request had none (JSON Patch {@code add})
     * @param to the new value in text form
     */
    public record Change(PatchTarget target, @Nullable String from, String to) {}
}
