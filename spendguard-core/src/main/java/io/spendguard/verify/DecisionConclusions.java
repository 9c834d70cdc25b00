package io.spendguard.verify;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What can be said of decisions once everything is told of them: each rule about a decision and what became of it, in one place. */
final class DecisionConclusions {
    private final Scope scope;
    private final Findings findings;

    private long outcomesBefore;
    private long openHolds;

    DecisionConclusions(Scope scope, Findings findings) {
        this.scope = scope;
        this.findings = findings;
    }

    /** How many holds have no outcome yet. */
    long openHolds() {
        return openHolds;
    }

    /** How many decisions have outcomes here and are not here themselves, in a package that begins after a checkpoint. */
    long outcomesBefore() {
        return outcomesBefore;
    }

    /** Judges one decision, of which nothing more comes. */
    void conclude(UUID id, DecisionState state) {
        requireTerms(id, state);
        requireCharged(id, state);
        requireNothingAfterFinal(id, state);
        requireCorrections(id, state);
        requireExtensions(id, state);
        if (scope.isExcerpt() && !state.isRefused()) {
            return; // the rest of it need not be here
        }
        if (state.isCarried) {
            return; // what it held, only the archive tells; that all that is held adds up, balances show
        }
        if (!state.decided && state.outcome != null && scope.isLater()) {
            outcomesBefore++; // whether its decision lies before, what was verified up to there tells
        } else if (!state.decided && state.outcome != null) {
            findings.add(
                    FindingCode.OUTCOME_WITHOUT_DECISION,
                    state.outcome,
                    "Outcome " + state.outcome.event() + " is of decision " + id
                            + ", which is not there: an outcome follows its decision. Export all streams.");
        } else if (state.decided && !state.holds && state.moved != null) {
            findings.add(
                    FindingCode.OUTCOME_OF_REFUSAL,
                    state.moved,
                    "Outcome " + state.moved.event() + " moves money for decision " + id
                            + ", which allowed nothing: a refusal costs nothing. Ask who settled it.");
        } else if (state.isRefused() && state.binds && state.settled != null) {
            findings.add(
                    FindingCode.OUTCOME_OF_REFUSAL,
                    state.settled,
                    "Outcome " + state.settled.event() + " settles decision " + id
                            + ", which allowed nothing: what is refused is not run. Ask who settled it.");
        } else if (state.settled != null && !state.isDissolved()) {
            findings.add(
                    FindingCode.HOLD_NOT_DISSOLVED,
                    state.settled,
                    "Outcome " + state.settled.event() + " does not dissolve what decision " + id
                            + " held: what was held must become spent or available again. Ask who settled it.");
        }
        requireParts(id, state);
        openHolds += state.decided && state.holds && state.settled == null ? 1 : 0;
        requireTime(id, state);
    }

    /** What a call claims of a budget may be nothing; that it is charged is told all the same. */
    private void requireCharged(UUID id, DecisionState state) {
        if (state.holds && state.settled != null && state.claimed != null && state.charged != null) {
            if (!state.claimed.equals(state.charged)) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        state.settled,
                        "Event " + state.settled.event() + " charges other accounts than decision " + id
                                + " claims: each budget of a call is charged, be it nothing. Ask who wrote it.");
            }
        }
    }

    /** What a session's end says of its parts, where all of them are there. */
    private void requireParts(UUID id, DecisionState state) {
        state.saidOfParts.forEach(said -> said.committed().forEach((account, atoms) -> {
            long committed = state.ofParts.getOrDefault(account, 0L);
            if (state.decided && !scope.isExcerpt() && atoms != committed) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        said.place(),
                        "Event " + said.place().event() + " says that parts of decision " + id + " came to " + atoms
                                + " atoms on account " + account + ", but they came to " + committed
                                + ": both must agree. Ask who wrote it.");
            }
        }));
    }

    /** Only where all that changes a hold is in one stream: between streams no order is proved. */
    private void requireExtensions(UUID id, DecisionState state) {
        Place unfit = state.unfit;
        if (unfit != null && !state.isSpread && !scope.isExcerpt()) {
            findings.add(
                    FindingCode.EXTENSION_UNFIT,
                    unfit,
                    "Event " + unfit.event() + " tells what decision " + id + " holds from then on and until when, and "
                            + state.unfitBy
                            + ": an extension only adds, and a refusal changes nothing. Ask who wrote it.");
        }
    }

    private void requireTime(UUID id, DecisionState state) {
        Instant expiredAt = state.expiredAt;
        if (expiredAt != null && state.settled != null && expiredAt.isBefore(state.expiresAt)) {
            findings.add(
                    FindingCode.EXPIRED_EARLY,
                    state.settled,
                    "Outcome " + state.settled.event() + " lets the hold of decision " + id + " expire at " + expiredAt
                            + ", but it lasts until " + state.expiresAt
                            + ": a hold expires when its time is over. Ask who settled it.");
        }
    }

    private void requireTerms(UUID id, DecisionState state) {
        if (state.odd != null) {
            findings.add(
                    FindingCode.TERMS_DIFFER,
                    state.odd,
                    "Event " + state.odd.event() + " stands under contract " + state.oddTerms
                            + ", other events of decision "
                            + id + " under " + state.terms
                            + ": contract and prices are frozen with the decision. Ask who wrote it.");
        }
    }

    private void requireNothingAfterFinal(UUID id, DecisionState state) {
        // Without a hold, as in shadow mode, nothing is settled that a part could come too late for.
        Place stray = state.stray != null || state.isRefused() ? state.stray : state.lateChange;
        if (stray == null) {
            return;
        }
        String what = "Event " + stray.event() + " tells what became of decision " + id;
        if (state.settled != null) {
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

    private void requireCorrections(UUID id, DecisionState state) {
        CorrectionTrail corrections = state.corrections;
        if (corrections == null || (!state.decided && isWhole(state))) {
            return; // that the decision is not there explains it
        }
        Place end = DecisionBook.DROPPED.equals(state.settled) ? null : state.settled;
        boolean isComplete = state.decided && !scope.isExcerpt();
        Map<UUID, Long> settled = new HashMap<>(state.ofParts);
        state.ofOutcome.forEach((account, atomic) -> settled.merge(account, atomic, Long::sum));
        corrections.conclude(
                end,
                state.expiredAt != null,
                settled,
                state.ofParts,
                elsewhere(state),
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
    private int elsewhere(DecisionState state) {
        if (scope.isExcerpt()) {
            return Integer.MAX_VALUE;
        }
        boolean isBegunBefore = DecisionBook.DROPPED.equals(state.settled)
                || (scope.isLater() && !state.decided && state.settled == null);
        return isBegunBefore ? 1 : 0;
    }

    private boolean isWhole(DecisionState state) {
        return !scope.isExcerpt() && !scope.isLater() && !state.isCarried;
    }
}
