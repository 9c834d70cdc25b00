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
     * @param change what it does
     */
    void add(Place place, UUID id, @Nullable UUID corrected, Change change) {
        corrections.add(new Correction(place, id, corrected == null ? EXPIRY : corrected, change));
    }

    /**
     * Hands over the corrections that correct nothing, each with what is wrong with what it names, and those that do not post what they
     * say.
     *
     * @param settled what the final outcome and the parts before it spent, by account
     * @param parts what these parts spent: who speaks after an expiry speaks of what came beyond them
     * @param end the decision's final outcome; null where it is not there
     * @param isExpiry whether that is an expiry
     * @param elsewhere how many outcomes that are not there they may name
     */
    void conclude(
            @Nullable Place end,
            boolean isExpiry,
            Map<UUID, Long> settled,
            Map<UUID, Long> parts,
            int elsewhere,
            BiConsumer<Place, String> fault,
            BiConsumer<Place, String> unfit) {
        Map<UUID, Place> there = new HashMap<>();
        Map<UUID, Correction> known = new HashMap<>();
        for (Correction correction : corrections) {
            there.put(correction.id, correction.place);
            known.put(correction.id, correction);
        }
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
                requireFit(correction, known.get(corrected), end, last, settled, parts, unfit);
                continue;
            }
            beginnings.add(correction.id); // what goes on from it is its fault
        }
        beginnings.addAll(missing);
        requireReached(beginnings, next, fault);
    }

    /** Of what is not there nobody knows what was recorded. */
    private static void requireFit(
            Correction correction,
            @Nullable Correction before,
            @Nullable Place end,
            UUID last,
            Map<UUID, Long> settled,
            Map<UUID, Long> parts,
            BiConsumer<Place, String> unfit) {
        Map<UUID, Long> recorded = before == null ? settled : before.recorded(parts);
        boolean isKnown = before != null
                || (end != null && (correction.corrected.equals(last) || correction.corrected.equals(EXPIRY)));
        if (!isKnown) {
            return;
        }
        Change change = correction.change;
        String wrong = new Change(change.kind(), change.disputed(), correction.recorded(parts), change.spent())
                .fault(recorded, before == null ? 0 : before.change.disputed());
        if (wrong != null) {
            unfit.accept(correction.place, wrong);
        }
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

    private record Correction(Place place, UUID id, UUID corrected, Change change) {
        /** What is recorded after it, with what was committed in parts. */
        private Map<UUID, Long> recorded(Map<UUID, Long> parts) {
            if (!corrected.equals(EXPIRY) || parts.isEmpty()) {
                return change.actual();
            }
            Map<UUID, Long> whole = new HashMap<>(change.actual());
            whole.replaceAll((account, atomic) -> atomic + parts.getOrDefault(account, 0L));
            return whole;
        }

        /** Within one stream by position; between streams no order is proved. */
        private boolean mayFollow(Place named) {
            return !Objects.equals(named.stream(), place.stream()) || named.seq() < place.seq();
        }
    }
}
