package io.spendguard.json;

/** Text that is not strict JSON, or a member that is missing or of another type. Nothing was read from it. */
public final class JsonException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** With a message that names subject, value, rule and remedy. */
    public JsonException(String message) {
        super(message);
    }

    /** With a message and the failure behind it. */
    public JsonException(String message, Throwable cause) {
        super(message, cause);
    }
}
