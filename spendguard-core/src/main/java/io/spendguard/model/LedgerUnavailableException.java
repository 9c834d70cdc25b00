package io.spendguard.model;

/**
 * The ledger could not be reached, or did not answer in time, so that nothing is known to be written. Holds stand; the
 * same call may be made again and is carried out once.
 */
public final class LedgerUnavailableException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names subject, value, rule and remedy. */
    public LedgerUnavailableException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public LedgerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
