package io.spendguard.contract;

import java.util.Objects;

/**
 * One thing that means something else in a new contract.
 *
 * @param subject what it concerns, such as {@code budget day} or {@code rule nearly_out}
 * @param text what changed, with the old and the new value
 */
public record ContractChange(String subject, String text) {
    /** Checks that both parts are present. */
    public ContractChange {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(text, "text");
    }

    /** One line: {@code budget day: limit: 100.00 USD -> 50.00 USD}. */
    @Override
    public String toString() {
        return subject + ": " + text;
    }
}
