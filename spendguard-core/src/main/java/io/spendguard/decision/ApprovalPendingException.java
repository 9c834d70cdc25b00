package io.spendguard.decision;

/** Thrown inside the ledger's transaction when an approval may still be given, or was given too lately to be seen; nothing is written. */
final class ApprovalPendingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ApprovalPendingException(String key) {
        super("Action '" + key + "' waits for an approval.", null, false, false);
    }
}
