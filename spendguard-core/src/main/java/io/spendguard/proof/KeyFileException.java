package io.spendguard.proof;

import io.spendguard.model.SpendGuardException;

/** A private key file that is missing, unreadable, readable by others, or no key of ours. Nothing was loaded or made. */
public final class KeyFileException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names file, fault and remedy. */
    public KeyFileException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public KeyFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
