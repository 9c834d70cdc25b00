package io.spendguard.verify;

import java.util.Objects;

/**
 * A key that signed events of the package.
 *
 * @param id its id
 * @param events how many lines name it
 * @param isAnchored whether the auditor's anchors hold it
 */
public record KeyReport(String id, long events, boolean isAnchored) {
    /** Checks that the id is present. */
    public KeyReport {
        Objects.requireNonNull(id, "id");
    }
}
