package io.spendguard.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What has been told of one decision so far: what it holds, what became of that, and the first of each fault that shows on the way. Whoever takes
 * facts ({@link DecisionBook}) writes it, whoever draws conclusions ({@link DecisionConclusions}) reads it; nobody else knows it.
 */
final class DecisionState {
    boolean decided;
    boolean binds;

    @Nullable
    UUID claimed;

    @Nullable
    UUID charged;
    /** What its outcomes say that its parts came to; mostly nothing. */
    final List<Said> saidOfParts = new ArrayList<>(0);

    boolean isCarried;
    boolean holds;

    @Nullable
    Place outcome;

    @Nullable
    Place settled;
    /** The first outcome that moves money. */
    @Nullable
    Place moved;
    /** The first outcome that is neither final nor a correction. */
    @Nullable
    Place stray;
    /** The first part or extension that comes after the final outcome in its stream. */
    @Nullable
    Place lateChange;
    /** The numbers of committed parts; null while there are none. */
    @Nullable
    Set<Long> parts;
    /** What stands as held because of this decision, by account; null while there is nothing. */
    @Nullable
    Map<UUID, Long> held;
    /** On how many of these accounts something is held, or was given back too much. */
    int unsettled;

    /** The stream of its decision; null before that is told. */
    @Nullable
    UUID home;
    /** Whether a part or an extension is in another stream. */
    boolean isSpread;
    /** The first extension that states something else than follows from what comes before it in its stream. */
    @Nullable
    Place unfit;

    String unfitBy = "";
    /** What corrects its final outcome; null while there is nothing. */
    @Nullable
    CorrectionTrail corrections;
    /** When its final outcome let it expire; null for any other. */
    @Nullable
    Instant expiredAt;
    /** When the hold ends by itself, by its latest extension. */
    Instant expiresAt = Instant.MIN;
    /** What its parts spent, by account, and what its final outcome did; mostly of few accounts. */
    Map<UUID, Long> ofParts = Map.of();

    Map<UUID, Long> ofOutcome = Map.of();
    /** The contract and the price book that it was made under, or that an outcome names as long as nobody knows. */
    @Nullable
    String terms;

    @Nullable
    Place termsPlace;
    /** The first event that names others. */
    @Nullable
    Place odd;

    @Nullable
    String oddTerms;

    /** A part or an extension. */
    void changes(Place place) {
        isSpread |= !Objects.equals(home, place.stream());
        noteAfterFinal(place);
    }

    /** An extension, or a refusal of one, says what is held after it, and until when. */
    void states(Place place, boolean isGranted, @Nullable Instant until, Map<UUID, Long> claims) {
        if (unfit != null || isSpread || isRefused()) {
            return;
        }
        if (until == null || until.isBefore(expiresAt)) {
            unfitBy = "ends it at " + until + " where it lasted until " + expiresAt + " before";
        } else if (!isGranted && until.isAfter(expiresAt)) {
            unfitBy = "lets it last until " + until + " where it was refused and lasts until " + expiresAt;
        } else if (!holds(claims)) {
            unfitBy = "states other amounts than the entries up to it make";
        } else {
            return;
        }
        unfit = place;
    }

    boolean holds(Map<UUID, Long> claims) {
        Map<UUID, Long> really = held == null ? Map.of() : held;
        return claims.entrySet().stream()
                        .allMatch(claim -> claim.getValue().equals(really.getOrDefault(claim.getKey(), 0L)))
                && really.entrySet().stream()
                        .allMatch(entry -> entry.getValue() == 0 || claims.containsKey(entry.getKey()));
    }

    void lasts(@Nullable Instant until) {
        expiresAt = until != null && until.isAfter(expiresAt) ? until : expiresAt;
    }

    /** An event stands under these terms; the decision's count, whichever comes first. */
    void under(Place place, @Nullable String named, boolean isDecision) {
        if (named == null) {
            return;
        }
        if (terms == null) {
            terms = named;
            termsPlace = place;
        } else if (!terms.equals(named) && odd == null) {
            odd = isDecision ? termsPlace : place;
            oddTerms = isDecision ? terms : named;
            terms = isDecision ? named : terms;
        }
    }

    void corrects(Place place, DecisionBook.Outcome outcome, List<EntryLine> entries) {
        corrections = corrections == null ? new CorrectionTrail() : corrections;
        corrections.add(
                place,
                outcome.event(),
                outcome.corrected(),
                new Change(outcome.kind(), outcome.disputed(), outcome.actual(), spent(Map.of(), entries)));
    }

    void follow(Place place, boolean moves, List<EntryLine> entries) {
        outcome = outcome == null ? place : outcome;
        moved = moved == null && moves ? place : moved;
        move(entries);
    }

    /** With what these entries spend. */
    static Map<UUID, Long> spent(Map<UUID, Long> before, List<EntryLine> entries) {
        Map<UUID, Long> spent = before;
        for (EntryLine entry : entries) {
            if (entry.kind().equals("SPENT")) {
                spent = spent.isEmpty() ? new HashMap<>(2) : spent;
                spent.merge(entry.account(), entry.atomic(), Long::sum);
            }
        }
        return spent;
    }

    boolean isRefused() {
        return decided && !holds;
    }

    /** Only within one stream: between streams no order is proved. */
    void noteAfterFinal(Place place) {
        Place end = settled;
        if (lateChange == null
                && end != null
                && Objects.equals(end.stream(), place.stream())
                && end.seq() < place.seq()) {
            lateChange = place;
        }
    }

    /** Wraps around where a sum overflows: what cancels out is zero all the same. */
    void move(List<EntryLine> entries) {
        for (EntryLine entry : entries) {
            if (!entry.kind().equals("HELD")) {
                continue;
            }
            held = held == null ? new HashMap<>(2) : held;
            long before = held.getOrDefault(entry.account(), 0L);
            long after = before + entry.atomic();
            held.put(entry.account(), after);
            unsettled += (after == 0 ? 0 : 1) - (before == 0 ? 0 : 1);
        }
        if (isDissolved()) {
            held = null;
        }
    }

    boolean isDissolved() {
        return unsettled == 0;
    }

    /** What an outcome says that parts came to, by account. */
    record Said(Place place, Map<UUID, Long> committed) {}
}
