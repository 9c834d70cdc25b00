package io.spendguard.contract;

import java.util.Objects;

/**
 * One way in which an alias stands for something else than before.
 *
 * @param alias the alias
 * @param verdict what its channel says to such a change
 * @param text what changed, for people
 */
public record CatalogueChange(ModelAlias alias, Verdict verdict, String text) {
    /** What becomes of a change, mildest first. */
    public enum Verdict {
        /** Equal or better: goes into force by itself. */
        ACCEPTED,
        /** A person looks at it first. */
        REVIEW,
        /** Does not go into force: the alias is pinned. */
        BLOCKED
    }

    /** Checks that every part is present. */
    public CatalogueChange {
        Objects.requireNonNull(alias, "alias");
        Objects.requireNonNull(verdict, "verdict");
        Objects.requireNonNull(text, "text");
    }

    /** One line: {@code cheap: REVIEW: …}. */
    @Override
    public String toString() {
        return alias + ": " + verdict + ": " + text;
    }
}
