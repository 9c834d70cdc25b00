package io.spendguard.model;

import java.util.Objects;

/** A refund, dispute or compensation that cannot be recorded. Nothing was written. */
public final class CostChangeException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    /** With a message that names the call, the value, the rule and the remedy. */
    public CostChangeException(Fault fault, String message) {
        super(message);
        this.fault = Objects.requireNonNull(fault, "fault");
    }

    /** What stands against it. */
    public Fault fault() {
        return fault;
    }

    /** What can stand against a change of what is recorded. */
    public enum Fault {
        /** No call of that key was ever allowed. */
        UNKNOWN_CALL,
        /** Nobody has settled the call yet. */
        NOT_SETTLED,
        /** The call claimed no budget of that unit. */
        UNIT_MISMATCH,
        /** The amount is zero or less. */
        NOT_POSITIVE,
        /** Less is recorded than is to be given back. */
        MORE_THAN_RECORDED,
        /** Another dispute is open. */
        DISPUTE_OPEN,
        /** No dispute is open. */
        NO_DISPUTE
    }
}
