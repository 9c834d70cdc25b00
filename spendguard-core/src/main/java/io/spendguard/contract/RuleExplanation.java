package io.spendguard.contract;

import java.util.List;
import java.util.Objects;

/**
 * What one rule made of an action, and of which values.
 *
 * @param rule the rule's id
 * @param result what came of its condition
 * @param parts the condition and its parts with their values, each before those it is made of; empty when the condition was
 *     not evaluated
 */
public record RuleExplanation(String rule, Result result, List<Part> parts) {
    /** Copies the list. */
    public RuleExplanation {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(result, "result");
        parts = List.copyOf(parts);
    }

    /** What came of a rule. */
    public enum Result {
        /** Its condition held. */
        MATCHED,
        /** Its condition did not hold. */
        NOT_MATCHED,
        /** Its condition could not be evaluated. */
        FAILED,
        /** It is not in effect at that time. */
        NOT_EFFECTIVE,
        /** It is for other kinds of actions. */
        OTHER_TRIGGER
    }

    /**
     * A condition or a part of one.
     *
     * @param depth how many parts it stands in; 0 for the whole condition
     * @param text the part as an expression
     * @param value its value as text, amounts with their unit; or why it has none
     * @param isKnown whether it has a value
     */
    public record Part(int depth, String text, String value, boolean isKnown) {
        /** Checks that every part is present. */
        public Part {
            Objects.requireNonNull(text, "text");
            Objects.requireNonNull(value, "value");
        }
    }
}
