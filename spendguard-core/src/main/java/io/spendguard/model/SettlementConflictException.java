package io.spendguard.model;

/** A permit that was settled one way was to be settled another way. The first settlement stands; nothing was written. */
public final class SettlementConflictException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names the decision, both ways and the remedy. */
    public SettlementConflictException(String message) {
        super(message);
    }
}
