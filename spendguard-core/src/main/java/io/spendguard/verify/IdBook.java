package io.spendguard.verify;

import java.util.UUID;

/** Which ids events have, of a part of them at a time: an id is given once. */
final class IdBook {
    private final Findings findings;
    private UuidMap<Boolean> ids = new UuidMap<>();

    IdBook(Findings findings) {
        this.findings = findings;
    }

    void event(Place place, UUID id) {
        if (ids.put(id, true) != null) {
            findings.add(
                    FindingCode.EVENT_DUPLICATED,
                    place,
                    "Event " + id + " is there already: an id is given once. Ask who wrote it twice.");
        }
    }

    /** Forgets the ids: all events that have one of them were told. */
    void conclude() {
        ids = new UuidMap<>();
    }
}
