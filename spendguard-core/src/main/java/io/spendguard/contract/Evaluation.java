package io.spendguard.contract;

import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.Reason;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a contract says about one action.
 *
 * @param effect the strictest effect of all rules that matched, or the contract's default
 * @param reasons why: the deciding reason first, then those of every other match, strictest first; empty when nothing
 *     matched and the default is to continue
 * @param matchedRules the ids of the rules whose condition held, in order of priority
 * @param patch what a degrade changes; empty for every other effect
 * @param approval what the required approval needs, satisfying every rule that asked; null for every other effect
 * @param asking how many reasons, from the first on, ask for that approval; 0 for every other effect
 * @param skips the optional steps to leave out, of all rules that skip; empty for every other effect, and when the
 *     action itself is meant
 */
public record Evaluation(
        Effect effect,
        List<Reason> reasons,
        List<String> matchedRules,
        Patch patch,
        @Nullable ApprovalTerms approval,
        int asking,
        SortedSet<String> skips) {
    /** No optional steps. */
    static final SortedSet<String> NO_SKIPS = Collections.emptySortedSet();

    /** Copies the lists. */
    public Evaluation {
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(patch, "patch");
        reasons = List.copyOf(reasons);
        matchedRules = List.copyOf(matchedRules);
        skips = skips.isEmpty() ? NO_SKIPS : Collections.unmodifiableSortedSet(new TreeSet<>(skips));
    }
}
