package io.spendguard.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The corrections of one decision: one after the other from its final outcome on, each naming the one before. What names another
 * event, or one that was corrected already, corrects nothing, whatever it says.
 */
final class CorrectionTrail {
    /** Stands for an expiry: what comes after one names it by its kind, and not by its id. */
    private static final UUID EXPIRY = new UUID(0, 0);

    private final List<Correction> corrections = new ArrayList<>(1);

    /**
     * Takes a correction; of different streams in any order.
     *
     * @param id its event
     * @param corrected the event it names; null where it names an expiry by its kind
     */
    void add(Place place, UUID id, @Nullable UUID corrected) {
        corrections.add(new Correction(place, id, corrected == null ? EXPIRY : corrected));
    }

    /**
     * Hands over the corrections that correct nothing, each with what is wrong with what it names.
     *
     * @param end the decision's final outcome; null where it is not there
     * @param isExpiry whether that is an expiry
     * @param elsewhere how many outcomes that are not there they may name
     */
    void conclude(@Nullable Place end, boolean isExpiry, int elsewhere, BiConsumer<Place, String> fault) {
        Map<UUID, Place> there = new HashMap<>();
        corrections.forEach(correction -> there.put(correction.id, correction.place));
        // From these on corrections follow each other.
        Set<UUID> beginnings = new HashSet<>();
        UUID last = end == null ? EXPIRY : Objects.requireNonNull(end.event());
        if (end != null) {
            there.put(last, end);
            beginnings.add(last);
        }
        Set<UUID> missing = new HashSet<>();
        Map<UUID, UUID> next = new HashMap<>();
        for (Correction correction : corrections) {
            UUID corrected = isExpiry && correction.corrected.equals(EXPIRY) ? last : correction.corrected;
            Place named = there.get(corrected);
            if (named == null && (end == null || !corrected.equals(EXPIRY))) {
                missing.add(corrected);
            }
            if (named == null && (missing.size() > elsewhere || !missing.contains(corrected))) {
                missing.remove(corrected);
                fault.accept(correction.place, "which is no outcome of that decision");
            } else if (named != null && !correction.mayFollow(named)) {
                fault.accept(correction.place, "which does not come before it");
            } else if (next.putIfAbsent(corrected, correction.id) != null) {
                fault.accept(correction.place, "which was corrected already");
            } else {
                continue;
            }
            beginnings.add(correction.id); // what goes on from it is its fault
        }
        beginnings.addAll(missing);
        requireReached(beginnings, next, fault);
    }

    /** Corrections that name each other in a circle begin nowhere. */
    private void requireReached(Set<UUID> beginnings, Map<UUID, UUID> next, BiConsumer<Place, String> fault) {
        Set<UUID> reached = new HashSet<>(beginnings);
        for (UUID beginning : beginnings) {
            for (UUID id = next.get(beginning); id != null && reached.add(id); ) {
                id = next.get(id);
            }
        }
        corrections.stream()
                .filter(correction -> !reached.contains(correction.id))
                .forEach(correction -> fault.accept(correction.place, "which itself corrects no outcome"));
    }

    private record Correction(Place place, UUID id, UUID corrected) {
        /** Within one stream by position; between streams no order is proved. */
        private boolean mayFollow(Place named) {
            return !Objects.equals(named.stream(), place.stream()) || named.seq() < place.seq();
        }
    }
}
