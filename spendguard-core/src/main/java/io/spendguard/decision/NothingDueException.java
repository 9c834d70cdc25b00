package io.spendguard.decision;

/** Somebody else carried the limits first. */
final class NothingDueException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NothingDueException(String message) {
        super(message);
    }
}
