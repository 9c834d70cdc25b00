package io.spendguard.proof;

import io.spendguard.model.SpendGuardException;

/** A trust file that is missing, unreadable, malformed, or cannot be written. What stood there before still stands. */
public final class AnchorsException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names file, fault and remedy. */
    public AnchorsException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public AnchorsException(String message, Throwable cause) {
        super(message, cause);
    }
}
