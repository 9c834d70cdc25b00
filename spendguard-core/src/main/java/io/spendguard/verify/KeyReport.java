package io.spendguard.verify;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A key that signed events of the package.
 *
 * @param id its id
 * @param events how many lines name it
 * @param isAnchored whether the auditor's anchors hold it
 * @param certifiedBy the root among the anchors that certified it, or null
 */
public record KeyReport(
        String id,
        long events,
        boolean isAnchored,
        @Nullable String certifiedBy) {
    /** Checks that the id is present. */
    public KeyReport {
        Objects.requireNonNull(id, "id");
    }
}
