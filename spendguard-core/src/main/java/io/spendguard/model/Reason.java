package io.spendguard.model;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One reason of a decision: the code, the rule that gave it where one did, and a sentence for people.
 *
 * @param code the reason's code
 * @param ruleId the id of the contract's rule, or null when the guard itself gave the reason
 * @param text subject, value, rule and remedy in one sentence; holds no personal value and no prompt text
 */
public record Reason(ReasonCode code, @Nullable String ruleId, String text) {
    /** Checks that code and text are present. */
    public Reason {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(text, "text");
    }

    /** A reason given by the guard itself rather than by a rule. */
    public static Reason of(ReasonCode code, String text) {
        return new Reason(code, null, text);
    }

    /** The id of the rule that gave this reason, empty when the guard itself did. */
    public Optional<String> rule() {
        return Optional.ofNullable(ruleId);
    }

    @Override
    public String toString() {
        return ruleId == null ? code + ": " + text : code + " (" + ruleId + "): " + text;
    }
}
