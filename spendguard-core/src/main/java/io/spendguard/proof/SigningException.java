package io.spendguard.proof;

import io.spendguard.model.SpendGuardException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key that could not sign. Nothing was signed that anybody could use. */
public final class SigningException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /**
     * A failure of one kind.
     *
     * @param kind what to do about it
     * @param message names key, fault and remedy
     * @param cause the failure behind it, or null
     */
    public SigningException(Kind kind, String message, @Nullable Throwable cause) {
        super(message);
        this.kind = Objects.requireNonNull(kind, "kind");
        if (cause != null) {
            initCause(cause);
        }
    }

    /** What kind of failure it is. */
    public Kind kind() {
        return kind;
    }

    /** Why a key did not sign, as far as it tells the caller what to do. */
    public enum Kind {
        /** The service is away, too busy, or silent, after all attempts: later it may sign. */
        UNAVAILABLE,
        /** The service refuses: the key is unknown or disabled, or the caller may not use it. */
        REFUSED,
        /** The key exists but is of another kind than is needed. */
        UNSUITABLE,
        /** The answer does not verify under the key, or is another key's. */
        UNVERIFIABLE
    }
}
