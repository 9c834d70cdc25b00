package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Pairs decisions with outcomes, and what was held with what was dissolved, across a tenant's streams: of a part of the decisions at a
 * time, whose facts come in the order in which streams were read. Entries are those of what is held, and of what is spent of it.
 */
final class DecisionBook {
    static final Place DROPPED = Place.file(PackageNames.DROPPED);

    private final Findings findings;
    private final DecisionConclusions conclusions;
    /** By tenant. */
    private final Map<String, UuidMap<DecisionState>> states = new HashMap<>();

    DecisionBook(Scope scope, Findings findings) {
        this.findings = findings;
        this.conclusions = new DecisionConclusions(scope, findings);
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
        DecisionState state = state(tenant, id);
        if (state.decided || state.isCarried) {
            findings.add(
                    FindingCode.DECISION_TWICE,
                    place,
                    "Decision " + id + " is recorded once more by event " + place.event()
                            + ": a decision is one event. Ask who wrote it twice.");
            return;
        }
        state.decided = true;
        state.home = place.stream();
        state.binds = binds;
        state.claimed = claimed;
        state.holds = expiresAt != null;
        requireNothingBefore(place, id, state);
        state.lasts(expiresAt);
        state.under(place, terms, true);
        state.move(held);
    }

    /** Only within one stream: between streams no order is proved. */
    private void requireNothingBefore(Place place, UUID id, DecisionState state) {
        Place outcome = state.outcome;
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
        UuidMap<DecisionState> ofTenant = states.get(tenant);
        DecisionState state = ofTenant == null ? null : ofTenant.get(id);
        return state != null && state.decided;
    }

    /** A decision whose event was closed and dropped: what it held is part of the opening balances. */
    void droppedDecision(String tenant, UUID id) {
        DecisionState state = state(tenant, id);
        if (state.decided) {
            findings.add(
                    FindingCode.DECISION_TWICE,
                    DROPPED,
                    "Decision " + id
                            + " is recorded, and was dropped as well: a decision is one event. Ask who wrote it"
                            + " twice.");
            return;
        }
        state.isCarried = true;
    }

    /** A final outcome whose event was closed and dropped. */
    void droppedOutcome(String tenant, UUID id) {
        DecisionState state = state(tenant, id);
        if (state.settled == null) {
            state.settled = DROPPED;
        } else if (!DROPPED.equals(state.settled)) {
            settledTwice(state.settled, id);
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
        DecisionState state = state(tenant, id);
        state.changes(place);
        if (number.isPresent()) {
            requireFreshPart(place, id, state, number.getAsLong());
        }
        state.follow(place, moves, moved);
        state.ofParts = DecisionState.spent(state.ofParts, moved);
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
        DecisionState state = state(tenant, id);
        state.changes(place);
        state.follow(place, moves, moved);
        state.states(place, isGranted, until, claims);
        state.lasts(isGranted ? until : null);
    }

    void outcome(Place place, String tenant, UUID id, Outcome outcome, boolean moves, List<EntryLine> moved) {
        DecisionState state = state(tenant, id);
        state.under(place, outcome.terms(), false);
        state.follow(place, moves, moved);
        if (!outcome.committed().isEmpty()) {
            state.saidOfParts.add(new DecisionState.Said(place, outcome.committed()));
        }
        if (outcome.isCorrection()) {
            state.corrects(place, outcome, moved);
        } else if (!outcome.isFinal()) {
            state.stray = state.stray == null ? place : state.stray;
        } else {
            if (state.settled != null) {
                settledTwice(place, id);
            }
            state.ofOutcome = DecisionState.spent(state.ofOutcome, moved);
            state.settled = place;
            state.charged = outcome.charged();
            state.expiredAt = outcome.expiredAt();
        }
    }

    /** Draws the conclusions that need every stream, and forgets the decisions. */
    void conclude() {
        states.values().forEach(ofTenant -> ofTenant.forEach(conclusions::conclude));
        states.clear();
    }

    /** How many holds have no outcome yet. */
    long openHolds() {
        return conclusions.openHolds();
    }

    /** How many decisions have outcomes here and are not here themselves, in a package that begins after a checkpoint. */
    long outcomesBefore() {
        return conclusions.outcomesBefore();
    }

    /** By number: across streams no order is proved, and a part that was refused may be tried again. */
    private void requireFreshPart(Place place, UUID decision, DecisionState state, long number) {
        state.parts = state.parts == null ? new HashSet<>() : state.parts;
        if (!state.parts.add(number)) {
            findings.add(
                    FindingCode.PART_TWICE,
                    place,
                    "Part " + number + " of decision " + decision + " is committed once more by event " + place.event()
                            + ": a part has a number of its own. Ask who wrote it twice.");
        }
    }

    private DecisionState state(String tenant, UUID decision) {
        UuidMap<DecisionState> ofTenant = states.computeIfAbsent(tenant, name -> new UuidMap<>());
        DecisionState known = ofTenant.get(decision);
        if (known != null) {
            return known;
        }
        DecisionState state = new DecisionState();
        ofTenant.put(decision, state);
        return state;
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
