package io.spendguard.decision;

import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import io.spendguard.model.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Commits one part of an open hold. What the hold does not cover is held first, all of it or nothing; a refusal is audited
 * and is the answer for good under the part's number, so that a session that reconnects is told the same again.
 */
final class CommitPartOperation implements HeldOperation {
    private final HeldTerms held;
    private final Part part;
    private final UUID eventId;
    private final UUID transactionId;

    CommitPartOperation(HeldTerms held, Part part, IdSource ids) {
        this.held = held;
        this.part = part;
        this.eventId = ids.next();
        this.transactionId = ids.next();
    }

    @Override
    public HeldTerms held() {
        return held;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.COMMIT_PART;
    }

    @Override
    public String key() {
        return held.decisionId() + "/" + part.number();
    }

    @Override
    public Digest requestDigest() {
        return part.digest();
    }

    @Override
    public Optional<String> run() {
        return held.terms().effective().run();
    }

    @Override
    public Optional<UUID> reservation() {
        return held.isReserved() ? Optional.of(held.decisionId()) : Optional.empty();
    }

    @Override
    public Posting plan(LedgerView view) {
        if (!held.isReserved()) {
            StoredPart answer = new StoredPart(List.of(), List.of(), List.of(), eventId);
            return posting(List.of(), List.of(), answer, null, view.now());
        }
        Reservation reservation = open(
                view,
                " and part " + part.number() + " cannot be committed: its session has ended. Decide a new action.");
        List<Claim> changes = new ArrayList<>();
        List<Reason> reasons = new ArrayList<>();
        for (Claim claim : reservation.claims()) {
            long quantity = part.quantity(claim);
            long missing = Math.max(0, quantity - claim.atomic());
            changes.add(new Claim(claim.account(), missing, quantity));
            AccountState state = view.account(claim.account().id());
            if (missing > 0 && state.available() < missing) {
                reasons.add(HeldOperation.shortOf(new Claim(claim.account(), missing), state));
            }
        }
        if (changes.stream().anyMatch(change -> change.atomic() > 0)) {
            view.run().filter(RunState::isStopped).ifPresent(run -> reasons.add(0, HeldOperation.stopped(run)));
        }
        return reasons.isEmpty()
                ? committed(reservation, changes, view.now())
                : posting(
                        List.of(),
                        List.of(),
                        new StoredPart(reasons, List.of(), amounts(reservation), eventId),
                        null,
                        view.now());
    }

    private Posting committed(Reservation reservation, List<Claim> changes, Instant now) {
        List<Claim> moved =
                changes.stream().filter(change -> change.committed() > 0).toList();
        Posting.Extended change = new Posting.Extended(held.decisionId(), reservation.expiresAt(), moved);
        List<Terms.Charge> charges = reservation.claims().stream()
                .map(claim -> new Terms.Charge(claim, part.quantity(claim), false))
                .toList();
        List<Amount> actual = charges.stream()
                .map(charge ->
                        new Amount(charge.actual(), charge.claim().account().unit()))
                .toList();
        StoredPart answer = new StoredPart(List.of(), actual, amounts(reservation.extended(change)), eventId);
        return posting(Movements.part(moved), charges, answer, change, now);
    }

    private Posting posting(
            List<Entry> entries,
            List<Terms.Charge> charges,
            StoredPart answer,
            Posting.@Nullable Extended change,
            Instant now) {
        return new Posting(
                transactionId,
                entries,
                AuditEvents.part(held, part, answer, charges, entries, transactionId, now),
                Period.ALWAYS,
                null,
                null,
                null,
                answer.toBytes(),
                change);
    }

    private static List<Amount> amounts(Reservation held) {
        return held.claims().stream().map(Claim::amount).toList();
    }
}
