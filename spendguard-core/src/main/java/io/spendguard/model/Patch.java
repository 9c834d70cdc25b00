package io.spendguard.model;

import java.util.List;
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
