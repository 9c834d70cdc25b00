package io.spendguard.verify;

import java.util.Objects;

/**
 * Something that is wrong with an evidence package.
 *
 * @param code what
 * @param place where
 * @param message subject, value, rule and remedy in one line
 */
public record Finding(FindingCode code, Place place, String message) {
    /** Checks that every part is present. */
    public Finding {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(place, "place");
        Objects.requireNonNull(message, "message");
    }

    /** Code, place and message in one line. */
    @Override
    public String toString() {
        return code + " " + place + " " + message;
    }
}
