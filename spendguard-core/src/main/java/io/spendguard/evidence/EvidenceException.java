package io.spendguard.evidence;

import io.spendguard.model.SpendGuardException;

/** An evidence package that cannot be written or read at all. No file appeared under its name. */
public final class EvidenceException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names file, fault and remedy. */
    public EvidenceException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public EvidenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
