package io.spendguard.model;

/** The root of what this library throws beside {@link IllegalArgumentException} and {@link IllegalStateException}. */
public class SpendGuardException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a message that names subject, value, rule and remedy. */
    public SpendGuardException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public SpendGuardException(String message, Throwable cause) {
        super(message, cause);
    }
}
