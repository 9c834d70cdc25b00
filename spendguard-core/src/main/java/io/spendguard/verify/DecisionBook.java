package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Pairs decisions with outcomes, and what was held with what was dissolved, across a tenant's streams: of a part of the decisions at a
 * time, whose facts come in the order in which streams were read. Entries are those of what is held, and of what is spent of it.
 */
final class DecisionBook {
    private static final Place DROPPED = Place.file(PackageNames.DROPPED);

    private final Scope scope;
    private final Findings findings;
    /** By tenant. */
    private final Map<String, UuidMap<Pair>> pairs = new HashMap<>();

    private long outcomesBefore;
    private long openHolds;

    DecisionBook(Scope scope, Findings findings) {
        this.scope = scope;
        this.findings = findings;
    }

    /**
     * A decision.
     *
     * @param expiresAt when its hold ends by itself; null where it holds nothing
     * @param terms the contract and price book it was made under; null where it does not say
     * @param binds whether it was made in earnest: what only watches lets every call pass
     * @param claimed what stands for the accounts that it claims; null where it does not say
     */
    void decision(
            Place place,
            String tenant,
            UUID id,
            @Nullable Instant expiresAt,
            @Nullable String terms,
            boolean binds,
            @Nullable UUID claimed,
            List<EntryLine> held) {
        Pair pair = pair(tenant, id);
        if (pair.decided || pair.isCarried) {
            findings.add(
                    FindingCode.DECISION_TWICE,
                    place,
                    "Decision " + id + " is recorded once more by event " + place.event()
                            + ": a decision is one event. Ask who wrote it twice.");
            return;
        }
        pair.decided = true;
        pair.home = place.stream();
        pair.binds = binds;
        pair.claimed = claimed;
        pair.holds = expiresAt != null;
        requireNothingBefore(place, id, pair);
        pair.lasts(expiresAt);
        pair.under(place, terms, true);
        pair.move(held);
    }

    /** Only within one stream: between streams no order is proved. */
    private void requireNothingBefore(Place place, UUID id, Pair pair) {
        Place outcome = pair.outcome;
        if (outcome != null && place.isBehind(outcome)) {
            findings.add(
                    FindingCode.OUTCOME_WITHOUT_DECISION,
                    outcome,
                    "Outcome " + outcome.event() + " is of decision " + id + ", which event " + place.event()
                            + " makes only afterwards: an outcome follows its decision. Ask who wrote it.");
        }
    }

    /** Tells whether a decision's event is among those told of so far and not concluded yet. */
    boolean isDecided(String tenant, UUID id) {
        UuidMap<Pair> ofTenant = pairs.get(tenant);
        Pair pair = ofTenant == null ? null : ofTenant.get(id);
        return pair != null && pair.decided;
    }

    /** A decision whose event was closed and dropped: what it held is part of the opening balances. */
    void droppedDecision(String tenant, UUID id) {
        Pair pair = pair(tenant, id);
        if (pair.decided) {
            findings.add(
                    FindingCode.DECISION_TWICE,
                    DROPPED,
                    "Decision " + id
                            + " is recorded, and was dropped as well: a decision is one event. Ask who wrote it"
                            + " twice.");
            return;
        }
        pair.isCarried = true;
    }

    /** A final outcome whose event was closed and dropped. */
    void droppedOutcome(String tenant, UUID id) {
        Pair pair = pair(tenant, id);
        if (pair.settled == null) {
            pair.settled = DROPPED;
        } else if (!DROPPED.equals(pair.settled)) {
            settledTwice(pair.settled, id);
        }
    }

    private void settledTwice(Place place, UUID id) {
        findings.add(
                FindingCode.OUTCOME_TWICE,
                place,
                "Decision " + id + " gets another final outcome by event " + place.event()
                        + ": it has one. Ask who settled it twice.");
    }

    /**
     * A part of an open hold is committed, or that is refused.
     *
     * @param number the part's; empty where it was refused
     */
    void part(Place place, String tenant, UUID id, OptionalLong number, boolean moves, List<EntryLine> moved) {
        Pair pair = pair(tenant, id);
        pair.changes(place);
        if (number.isPresent()) {
            requireFreshPart(place, id, pair, number.getAsLong());
        }
        pair.follow(place, moves, moved);
        pair.ofParts = Pair.spent(pair.ofParts, moved);
    }

    /**
     * An open hold is extended, or that is refused.
     *
     * @param until when it says that the hold ends by itself from now on; null where it does not say
     * @param claims what it says is held from now on, by account
     */
    void extension(
            Place place,
            String tenant,
            UUID id,
            boolean isGranted,
            @Nullable Instant until,
            Map<UUID, Long> claims,
            boolean moves,
            List<EntryLine> moved) {
        Pair pair = pair(tenant, id);
        pair.changes(place);
        pair.follow(place, moves, moved);
        pair.states(place, isGranted, until, claims);
        pair.lasts(isGranted ? until : null);
    }

    void outcome(Place place, String tenant, UUID id, Outcome outcome, boolean moves, List<EntryLine> moved) {
        Pair pair = pair(tenant, id);
        pair.under(place, outcome.terms(), false);
        pair.follow(place, moves, moved);
        if (!outcome.committed().isEmpty()) {
            pair.saidOfParts.add(new Said(place, outcome.committed()));
        }
        if (outcome.isCorrection()) {
            pair.corrects(place, outcome, moved);
        } else if (!outcome.isFinal()) {
            pair.stray = pair.stray == null ? place : pair.stray;
        } else {
            if (pair.settled != null) {
                settledTwice(place, id);
            }
            pair.ofOutcome = Pair.spent(pair.ofOutcome, moved);
            pair.settled = place;
            pair.charged = outcome.charged();
            pair.expiredAt = outcome.expiredAt();
        }
    }

    /** Draws the conclusions that need every stream, and forgets the decisions. */
    void conclude() {
        pairs.values().forEach(ofTenant -> ofTenant.forEach(this::conclude));
        pairs.clear();
    }

    /** How many holds have no outcome yet. */
    long openHolds() {
        return openHolds;
    }

    private void conclude(UUID id, Pair pair) {
        requireTerms(id, pair);
        requireCharged(id, pair);
        requireNothingAfterFinal(id, pair);
        requireCorrections(id, pair);
        requireExtensions(id, pair);
        if (scope.isExcerpt() && !pair.isRefused()) {
            return; // the rest of it need not be here
        }
        if (pair.isCarried) {
            return; // what it held, only the archive tells; that all that is held adds up, balances show
        }
        if (!pair.decided && pair.outcome != null && scope.isLater()) {
            outcomesBefore++; // whether its decision lies before, what was verified up to there tells
        } else if (!pair.decided && pair.outcome != null) {
            findings.add(
                    FindingCode.OUTCOME_WITHOUT_DECISION,
                    pair.outcome,
                    "Outcome " + pair.outcome.event() + " is of decision " + id
                            + ", which is not there: an outcome follows its decision. Export all streams.");
        } else if (pair.decided && !pair.holds && pair.moved != null) {
            findings.add(
                    FindingCode.OUTCOME_OF_REFUSAL,
                    pair.moved,
                    "Outcome " + pair.moved.event() + " moves money for decision " + id
                            + ", which allowed nothing: a refusal costs nothing. Ask who settled it.");
        } else if (pair.isRefused() && pair.binds && pair.settled != null) {
            findings.add(
                    FindingCode.OUTCOME_OF_REFUSAL,
                    pair.settled,
                    "Outcome " + pair.settled.event() + " settles decision " + id
                            + ", which allowed nothing: what is refused is not run. Ask who settled it.");
        } else if (pair.settled != null && !pair.isDissolved()) {
            findings.add(
                    FindingCode.HOLD_NOT_DISSOLVED,
                    pair.settled,
                    "Outcome " + pair.settled.event() + " does not dissolve what decision " + id
                            + " held: what was held must become spent or available again. Ask who settled it.");
        }
        requireParts(id, pair);
        openHolds += pair.decided && pair.holds && pair.settled == null ? 1 : 0;
        requireTime(id, pair);
    }

    /** What a call claims of a budget may be nothing; that it is charged is told all the same. */
    private void requireCharged(UUID id, Pair pair) {
        if (pair.holds && pair.settled != null && pair.claimed != null && pair.charged != null) {
            if (!pair.claimed.equals(pair.charged)) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        pair.settled,
                        "Event " + pair.settled.event() + " charges other accounts than decision " + id
                                + " claims: each budget of a call is charged, be it nothing. Ask who wrote it.");
            }
        }
    }

    /** What a session's end says of its parts, where all of them are there. */
    private void requireParts(UUID id, Pair pair) {
        pair.saidOfParts.forEach(said -> said.committed.forEach((account, atoms) -> {
            long committed = pair.ofParts.getOrDefault(account, 0L);
            if (pair.decided && !scope.isExcerpt() && atoms != committed) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        said.place,
                        "Event " + said.place.event() + " says that parts of decision " + id + " came to " + atoms
                                + " atoms on account " + account + ", but they came to " + committed
                                + ": both must agree. Ask who wrote it.");
            }
        }));
    }

    /** Only where all that changes a hold is in one stream: between streams no order is proved. */
    private void requireExtensions(UUID id, Pair pair) {
        Place unfit = pair.unfit;
        if (unfit != null && !pair.isSpread && !scope.isExcerpt()) {
            findings.add(
                    FindingCode.EXTENSION_UNFIT,
                    unfit,
                    "Event " + unfit.event() + " tells what decision " + id + " holds from then on and until when, and "
                            + pair.unfitBy
                            + ": an extension only adds, and a refusal changes nothing. Ask who wrote it.");
        }
    }

    private void requireTime(UUID id, Pair pair) {
        Instant expiredAt = pair.expiredAt;
        if (expiredAt != null && pair.settled != null && expiredAt.isBefore(pair.expiresAt)) {
            findings.add(
                    FindingCode.EXPIRED_EARLY,
                    pair.settled,
                    "Outcome " + pair.settled.event() + " lets the hold of decision " + id + " expire at " + expiredAt
                            + ", but it lasts until " + pair.expiresAt
                            + ": a hold expires when its time is over. Ask who settled it.");
        }
    }

    private void requireTerms(UUID id, Pair pair) {
        if (pair.odd != null) {
            findings.add(
                    FindingCode.TERMS_DIFFER,
                    pair.odd,
                    "Event " + pair.odd.event() + " stands under contract " + pair.oddTerms
                            + ", other events of decision "
                            + id + " under " + pair.terms
                            + ": contract and prices are frozen with the decision. Ask who wrote it.");
        }
    }

    /** How many decisions have outcomes here and are not here themselves, in a package that begins after a checkpoint. */
    long outcomesBefore() {
        return outcomesBefore;
    }

    private void requireNothingAfterFinal(UUID id, Pair pair) {
        // Without a hold, as in shadow mode, nothing is settled that a part could come too late for.
        Place stray = pair.stray != null || pair.isRefused() ? pair.stray : pair.lateChange;
        if (stray == null) {
            return;
        }
        String what = "Event " + stray.event() + " tells what became of decision " + id;
        if (pair.settled != null) {
            findings.add(
                    FindingCode.OUTCOME_AFTER_FINAL,
                    stray,
                    what + ", which has a final outcome, and corrects nothing: after it only corrections come. Ask who"
                            + " wrote it.");
        } else {
            findings.add(
                    FindingCode.CORRECTION_WITHOUT_OUTCOME,
                    stray,
                    what
                            + ", is not final, and names no outcome that it corrects: it is one or the other. Ask who wrote"
                            + " it.");
        }
    }

    private void requireCorrections(UUID id, Pair pair) {
        CorrectionTrail corrections = pair.corrections;
        if (corrections == null || (!pair.decided && isWhole(pair))) {
            return; // that the decision is not there explains it
        }
        Place end = DROPPED.equals(pair.settled) ? null : pair.settled;
        boolean isComplete = pair.decided && !scope.isExcerpt();
        Map<UUID, Long> settled = new HashMap<>(pair.ofParts);
        pair.ofOutcome.forEach((account, atomic) -> settled.merge(account, atomic, Long::sum));
        corrections.conclude(
                end,
                pair.expiredAt != null,
                settled,
                pair.ofParts,
                elsewhere(pair),
                (place, fault) -> findings.add(
                        FindingCode.CORRECTION_WITHOUT_OUTCOME,
                        place,
                        "Event " + place.event() + " corrects what became of decision " + id + " and names an event "
                                + fault + ": a correction names the outcome before it. Ask who wrote it."),
                (place, fault) -> {
                    if (isComplete) {
                        findings.add(
                                FindingCode.CORRECTION_UNFIT,
                                place,
                                "Event " + place.event() + " corrects what became of decision " + id + " and " + fault
                                        + ". Ask who wrote it.");
                    }
                });
    }

    /** How many outcomes of a decision its corrections may name that are not there: the last one before the rest begins. */
    private int elsewhere(Pair pair) {
        if (scope.isExcerpt()) {
            return Integer.MAX_VALUE;
        }
        boolean isBegunBefore =
                DROPPED.equals(pair.settled) || (scope.isLater() && !pair.decided && pair.settled == null);
        return isBegunBefore ? 1 : 0;
    }

    private boolean isWhole(Pair pair) {
        return !scope.isExcerpt() && !scope.isLater() && !pair.isCarried;
    }

    /** By number: across streams no order is proved, and a part that was refused may be tried again. */
    private void requireFreshPart(Place place, UUID decision, Pair pair, long number) {
        pair.parts = pair.parts == null ? new HashSet<>() : pair.parts;
        if (!pair.parts.add(number)) {
            findings.add(
                    FindingCode.PART_TWICE,
                    place,
                    "Part " + number + " of decision " + decision + " is committed once more by event " + place.event()
                            + ": a part has a number of its own. Ask who wrote it twice.");
        }
    }

    private Pair pair(String tenant, UUID decision) {
        UuidMap<Pair> ofTenant = pairs.computeIfAbsent(tenant, name -> new UuidMap<>());
        Pair known = ofTenant.get(decision);
        if (known != null) {
            return known;
        }
        Pair pair = new Pair();
        ofTenant.put(decision, pair);
        return pair;
    }

    /** What an outcome says that parts came to, by account. */
    private record Said(Place place, Map<UUID, Long> committed) {}

    private static final class Pair {
        private boolean decided;
        private boolean binds;
        private @Nullable UUID claimed;
        private @Nullable UUID charged;
        /** What its outcomes say that its parts came to; mostly nothing. */
        private final List<Said> saidOfParts = new ArrayList<>(0);

        private boolean isCarried;
        private boolean holds;
        private @Nullable Place outcome;
        private @Nullable Place settled;
        /** The first outcome that moves money. */
        private @Nullable Place moved;
        /** The first outcome that is neither final nor a correction. */
        private @Nullable Place stray;
        /** The first part or extension that comes after the final outcome in its stream. */
        private @Nullable Place lateChange;
        /** The numbers of committed parts; null while there are none. */
        private @Nullable Set<Long> parts;
        /** What stands as held because of this decision, by account; null while there is nothing. */
        private @Nullable Map<UUID, Long> held;

        /** The stream of its decision; null before that is told. */
        private @Nullable UUID home;
        /** Whether a part or an extension is in another stream. */
        private boolean isSpread;
        /** The first extension that states something else than follows from what comes before it in its stream. */
        private @Nullable Place unfit;

        private String unfitBy = "";
        /** What corrects its final outcome; null while there is nothing. */
        private @Nullable CorrectionTrail corrections;
        /** When its final outcome let it expire; null for any other. */
        private @Nullable Instant expiredAt;
        /** When the hold ends by itself, by its latest extension. */
        private Instant expiresAt = Instant.MIN;
        /** What its parts spent, by account, and what its final outcome did; mostly of few accounts. */
        private Map<UUID, Long> ofParts = Map.of();

        private Map<UUID, Long> ofOutcome = Map.of();
        /** The contract and the price book that it was made under, or that an outcome names as long as nobody knows. */
        private @Nullable String terms;

        private @Nullable Place termsPlace;
        /** The first event that names others. */
        private @Nullable Place odd;

        private @Nullable String oddTerms;

        /** A part or an extension. */
        private void changes(Place place) {
            isSpread |= !Objects.equals(home, place.stream());
            noteAfterFinal(place);
        }

        /** An extension, or a refusal of one, says what is held after it, and until when. */
        private void states(Place place, boolean isGranted, @Nullable Instant until, Map<UUID, Long> claims) {
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

        private boolean holds(Map<UUID, Long> claims) {
            Map<UUID, Long> really = held == null ? Map.of() : held;
            return claims.entrySet().stream()
                            .allMatch(claim -> claim.getValue().equals(really.getOrDefault(claim.getKey(), 0L)))
                    && really.entrySet().stream()
                            .allMatch(entry -> entry.getValue() == 0 || claims.containsKey(entry.getKey()));
        }

        private void lasts(@Nullable Instant until) {
            expiresAt = until != null && until.isAfter(expiresAt) ? until : expiresAt;
        }

        /** An event stands under these terms; the decision's count, whichever comes first. */
        private void under(Place place, @Nullable String named, boolean isDecision) {
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

        private void corrects(Place place, Outcome outcome, List<EntryLine> entries) {
            corrections = corrections == null ? new CorrectionTrail() : corrections;
            corrections.add(
                    place,
                    outcome.event(),
                    outcome.corrected(),
                    new Change(outcome.kind(), outcome.disputed(), outcome.actual(), spent(Map.of(), entries)));
        }

        private void follow(Place place, boolean moves, List<EntryLine> entries) {
            outcome = outcome == null ? place : outcome;
            moved = moved == null && moves ? place : moved;
            move(entries);
        }

        /** With what these entries spend. */
        private static Map<UUID, Long> spent(Map<UUID, Long> before, List<EntryLine> entries) {
            Map<UUID, Long> spent = before;
            for (EntryLine entry : entries) {
                if (entry.kind().equals("SPENT")) {
                    spent = spent.isEmpty() ? new HashMap<>(2) : spent;
                    spent.merge(entry.account(), entry.atomic(), Long::sum);
                }
            }
            return spent;
        }

        private boolean isRefused() {
            return decided && !holds;
        }

        /** Only within one stream: between streams no order is proved. */
        private void noteAfterFinal(Place place) {
            Place end = settled;
            if (lateChange == null
                    && end != null
                    && Objects.equals(end.stream(), place.stream())
                    && end.seq() < place.seq()) {
                lateChange = place;
            }
        }

        /** Wraps around where a sum overflows: what cancels out is zero all the same. */
        private void move(List<EntryLine> entries) {
            for (EntryLine entry : entries) {
                if (!entry.kind().equals("HELD")) {
                    continue;
                }
                held = held == null ? new HashMap<>(2) : held;
                held.merge(entry.account(), entry.atomic(), Long::sum);
            }
            if (isDissolved()) {
                held = null;
            }
        }

        private boolean isDissolved() {
            return held == null || held.values().stream().allMatch(atomic -> atomic == 0);
        }
    }

    /**
     * What became of a decision, as an event tells.
     *
     * @param event its id, by its payload
     * @param expiredAt when it let the hold expire; null where it is no expiry
     * @param isCorrection whether it corrects an outcome instead of being the final one
     * @param corrected the event that it corrects; null where it names an expiry by its kind, or corrects nothing
     * @param terms the contract and price book it names; null where it does not say
     * @param kind what a correction calls itself
     * @param disputed how many atoms a correction leaves contested; 0 where nothing is
     * @param actual what is recorded as spent after a correction, by account; empty for anything else
     * @param committed what it says that parts had come to before, by account
     * @param charged what stands for the accounts that a final one charges; null where it does not say
     */
    record Outcome(
            UUID event,
            boolean isFinal,
            @Nullable Instant expiredAt,
            boolean isCorrection,
            @Nullable UUID corrected,
            @Nullable String terms,
            Change.Kind kind,
            long disputed,
            Map<UUID, Long> actual,
            Map<UUID, Long> committed,
            @Nullable UUID charged) {
        /** A final one that is no expiry, and does not say under which terms. */
        static Outcome settled(UUID event) {
            return new Outcome(event, true, null, false, null, null, Change.Kind.WORD, 0, Map.of(), Map.of(), null);
        }
    }
}
