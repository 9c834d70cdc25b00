package io.spendguard.contract;

import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import io.spendguard.model.ReasonCode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

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
 */
public record Rule(
        String id,
        int priority,
        Set<ActionKind> triggers,
        String condition,
        Effect effect,
        Mutation mutation,
        ReasonCode reasonCode) {
    /** Copies the triggers. */
    public Rule {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(condition, "condition");
        Objects.requireNonNull(effect, "effect");
        Objects.requireNonNull(mutation, "mutation");
        Objects.requireNonNull(reasonCode, "reasonCode");
        triggers = Collections.unmodifiableSet(EnumSet.copyOf(triggers));
    }
}
