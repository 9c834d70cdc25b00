package io.spendguard.bundle;

import io.spendguard.model.SpendGuardException;

/** A bundle that cannot be read, is not signed by a trusted key, or does not hold what its signature says. */
public final class BundleException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** With a message that names file, fault and remedy. */
    public BundleException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public BundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
