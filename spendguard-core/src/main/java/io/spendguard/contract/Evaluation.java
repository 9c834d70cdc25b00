package io.spendguard.contract;

import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.Reason;
import java.util.List;
import java.util.Objects;

/**
 * What a contract says about one action.
 *
 * @param effect the strictest effect of all rules that matched, or the contract's default
 * @param reasons why: the deciding reason first, then those of every other match, strictest first; empty when nothing
 *     matched and the default is to continue
 * @param matchedRules the ids of the rules whose condition held, in order of priority
 * @param patch what a degrade changes; empty for every other effect
 */
public record Evaluation(Effect effect, List<Reason> reasons, List<String> matchedRules, Patch patch) {
    /** Copies the lists. */
    public Evaluation {
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(patch, "patch");
        reasons = List.copyOf(reasons);
        matchedRules = List.copyOf(matchedRules);
    }
}
