package io.spendguard.verify;

import java.util.UUID;

/** Under which keys actions were decided, of a part of them at a time, each by a digest of it: an action is decided once. */
final class KeyBook {
    private final Findings findings;
    private UuidMap<Boolean> keys = new UuidMap<>();

    KeyBook(Findings findings) {
        this.findings = findings;
    }

    void decided(Place place, UUID key) {
        if (keys.put(key, true) != null) {
            findings.add(
                    FindingCode.DECISION_TWICE,
                    place,
                    "Event " + place.event() + " decides an action under a key that was decided before, and names no"
                            + " approval that it was asked for: under one key an action is decided once. Ask who wrote it"
                            + " twice.");
        }
    }

    /** Forgets the keys: all decisions under one of them were told. */
    void conclude() {
        keys = new UuidMap<>();
    }
}
