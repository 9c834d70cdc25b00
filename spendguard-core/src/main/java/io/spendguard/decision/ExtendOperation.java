package io.spendguard.decision;

import io.spendguard.ledger.AccountId;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Raises one open hold to what its call may cost by now, and makes it last longer: all of it, or nothing and a refusal that
 * is audited. It says how much is to be held and until when rather than how much more, so that asking twice is harmless.
 * The hold stays on the accounts that took it, whatever window it is by then.
 */
final class ExtendOperation implements HeldOperation {
    private final HeldTerms held;
    private final Duration atLeast;
    private final Map<AccountId, Long> wanted = new HashMap<>();
    private final UUID key;
    private final UUID eventId;
    private final UUID transactionId;

    ExtendOperation(HeldTerms held, Duration atLeast, List<Claim> wanted, IdSource ids) {
        this.held = held;
        this.atLeast = atLeast;
        wanted.forEach(claim -> this.wanted.put(claim.account().id(), claim.atomic()));
        this.key = ids.next();
        this.eventId = ids.next();
        this.transactionId = ids.next();
    }

    @Override
    public HeldTerms held() {
        return held;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.EXTEND;
    }

    @Override
    public String key() {
        return held.decisionId() + "/" + key;
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(key().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> run() {
        return held.terms().effective().run();
    }

    @Override
    public Posting plan(LedgerView view) {
        Reservation reservation = open(view, " and cannot be extended: its call has ended. Decide a new action.");
        List<Claim> more = new ArrayList<>();
        for (Claim claim : reservation.claims()) {
            long quantity =
                    Math.subtractExact(wanted.getOrDefault(claim.account().id(), claim.atomic()), claim.atomic());
            if (quantity > 0) {
                more.add(new Claim(claim.account(), quantity));
            }
        }
        List<Reason> reasons = new ArrayList<>();
        view.run().filter(RunState::isStopped).ifPresent(run -> reasons.add(HeldOperation.stopped(run)));
        for (Claim claim : more) {
            AccountState state = view.account(claim.account().id());
            if (state.available() < claim.atomic()) {
                reasons.add(HeldOperation.shortOf(claim, state));
            }
        }
        return reasons.isEmpty() ? granted(reservation, more, view.now()) : refused(reservation, reasons, view.now());
    }

    private Posting granted(Reservation reservation, List<Claim> more, Instant now) {
        Instant end = now.plus(atLeast).truncatedTo(ChronoUnit.MICROS);
        Instant expiresAt = end.isAfter(reservation.expiresAt()) ? end : reservation.expiresAt();
        Posting.Extended change = new Posting.Extended(held.decisionId(), expiresAt, more);
        Reservation extended = reservation.extended(change);
        return posting(extended, Movements.hold(more), List.of(), change, now);
    }

    private Posting refused(Reservation reservation, List<Reason> reasons, Instant now) {
        return posting(reservation, List.of(), reasons, null, now);
    }

    private Posting posting(
            Reservation after,
            List<Entry> entries,
            List<Reason> reasons,
            Posting.@Nullable Extended change,
            Instant now) {
        List<Amount> amounts = after.claims().stream().map(Claim::amount).toList();
        return new Posting(
                transactionId,
                entries,
                AuditEvents.extension(held, after, entries, reasons, transactionId, eventId, now),
                Period.ALWAYS,
                null,
                null,
                null,
                new StoredExtension(change != null, reasons, amounts, after.expiresAt(), eventId).toBytes(),
                change);
    }
}
