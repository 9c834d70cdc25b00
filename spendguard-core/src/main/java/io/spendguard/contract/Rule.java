package io.spendguard.contract;

import io.spendguard.model.ActionKind;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Effect;
import io.spendguard.model.Period;
import io.spendguard.model.ReasonCode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One rule: when its condition holds for an action at one of its triggers, its effect counts.
 *
 * @param id names the rule in reasons, evidence and approvals
 * @param priority orders the reasons of equally strict effects, highest first
 * @param triggers the kinds of action it is evaluated for
 * @param condition the condition's text, as written
 * @param effect what it answers
 * @param mutation what a degrade changes; {@link Mutation#NONE} for every other effect
 * @param reasonCode why, for programs
 * @param effective when the rule is evaluated at all
 * @param onError what it answers when its condition cannot be evaluated: REQUIRE_APPROVAL or STOP
 * @param approval what a required approval needs; null for every other effect
 * @param skips the optional steps a skip leaves out; empty when it means the action itself
 * @param projection how the rule acts on a projection of the run; null for a rule about anything else
 */
public record Rule(
        String id,
        int priority,
        Set<ActionKind> triggers,
        String condition,
        Effect effect,
        Mutation mutation,
        ReasonCode reasonCode,
        Period effective,
        Effect onError,
        @Nullable ApprovalTerms approval,
        SortedSet<String> skips,
        @Nullable RunProjectionAction projection) {
    /** Copies the sets; refuses an {@code onError} that could let an action run with {@link IllegalArgumentException}. */
    public Rule {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(condition, "condition");
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(mutation, "mutation");
        Objects.requireNonNull(reasonCode, "reasonCode");
        Objects.requireNonNull(effective, "effective");
        if (onError != Effect.REQUIRE_APPROVAL && onError != Effect.STOP) {
            throw new IllegalArgumentException("Rule '" + id + "' answers " + onError
                    + " when it fails: a failure never lets an action run. Choose require_approval or stop.");
        }
        triggers = Collections.unmodifiableSet(EnumSet.copyOf(triggers));
        skips = Collections.unmodifiableSortedSet(new TreeSet<>(skips));
    }
}
