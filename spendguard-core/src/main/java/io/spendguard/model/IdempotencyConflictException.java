package io.spendguard.model;

/** A key was used again for another request. Nothing was written. */
public final class IdempotencyConflictException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** Names the operation and the key used twice. */
    public IdempotencyConflictException(String operation, String key) {
        super("Key '" + key + "' of " + operation + " was used before for another request: one key names one request."
                + " Use a fresh key for a new request.");
    }

    private IdempotencyConflictException(String message) {
        super(message);
    }

    /** For an action that has another content than the one somebody was asked to approve. */
    public static IdempotencyConflictException otherContent(String decisionKey) {
        return new IdempotencyConflictException("Action '" + decisionKey
                + "' has another content than when an approval was asked for: what was approved is that very action. Have this one"
                + " decided under another key.");
    }

    /** For a decision that was approved or denied before, by somebody else, for another reason or the other way. */
    public static IdempotencyConflictException resolvedBefore(String decisionKey) {
        return new IdempotencyConflictException("Decision of action '" + decisionKey
                + "' was approved or denied before, in other words or the other way: a decision is resolved once. Look at its"
                + " audit event, or have the action decided under another key.");
    }
}
