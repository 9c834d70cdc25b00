package io.spendguard.decision;

/** A hold that was to expire lasts longer than the sweeper saw: it was extended meanwhile. Nothing was written. */
final class NotOverdueException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NotOverdueException(String message) {
        super(message);
    }
}
