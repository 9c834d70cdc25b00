package io.spendguard.model;

import java.util.Objects;

/** An approval or a denial that cannot be recorded. Nothing was written. */
public final class ApprovalException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    /** With a message that names the decision, the value, the rule and the remedy. */
    public ApprovalException(Fault fault, String message) {
        super(message);
        this.fault = Objects.requireNonNull(fault, "fault");
    }

    /** What stands against it. */
    public Fault fault() {
        return fault;
    }

    /** What can stand against an approval or a denial. */
    public enum Fault {
        /** Nothing was decided under this key for this tenant. */
        UNKNOWN_DECISION,
        /** The decision asked for no approval. */
        NOT_ASKED,
        /** The decision asked for somebody with a stricter role. */
        ROLE_TOO_LOW,
        /** The time in which an approval could be given is over. */
        TOO_LATE,
        /** The decision was made in shadow mode, which lets every call pass. */
        SHADOW,
        /** Who approves, or why, is blank or too long. */
        NOT_STATED
    }
}
