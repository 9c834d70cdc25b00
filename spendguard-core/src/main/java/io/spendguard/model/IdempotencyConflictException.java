package io.spendguard.model;

/** A key was used again for another request. Nothing was written. */
public final class IdempotencyConflictException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** Names the operation and the key used twice. */
    public IdempotencyConflictException(String operation, String key) {
        super("Key '" + key + "' of " + operation + " was used before for another request: one key names one request."
                + " Use a fresh key for a new request.");
    }
}
