package io.spendguard.model;

import java.util.Objects;

/** A grant or a transfer that cannot be made. Nothing was written. */
public final class BudgetOperationException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    /** With a message that names the budget, the value, the rule and the remedy. */
    public BudgetOperationException(Fault fault, String message) {
        super(message);
        this.fault = Objects.requireNonNull(fault, "fault");
    }

    /** What stands against it. */
    public Fault fault() {
        return fault;
    }

    /** What can stand against a grant or a transfer. */
    public enum Fault {
        /** No account of that budget and key was ever opened. */
        UNKNOWN_ACCOUNT,
        /** Source and destination are one account. */
        SAME_ACCOUNT,
        /** The account is kept in another unit; units never convert. */
        UNIT_MISMATCH,
        /** The account's window is over, or has not begun. */
        WINDOW_CLOSED,
        /** The amount is zero or less. */
        NOT_POSITIVE,
        /** The source has less available. */
        INSUFFICIENT,
        /** The window rolls: it has no end with which a grant would end, and takes no more than what is owed. */
        ROLLING_WINDOW,
        /** The balance would be more than can be counted. */
        OVERFLOW
    }
}
