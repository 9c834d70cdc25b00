package io.spendguard.jdbc;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rows a batch has locked, as the postings planned so far will leave them: each operation of the batch is asked on the
 * balances its predecessors left.
 */
final class LockedRows {
    private final Instant now;
    private final Map<AccountId, AccountState> accounts = new HashMap<>();
    private final Map<RunKey, RunState> runs;
    /** Of the budgets whose limits some operation of the batch sets. */
    private final Map<BudgetKey, Long> revisions;

    private final Map<ReservationKey, Reservation> reservations;
    /** Of those that some operation of the batch needs, and of the batch's own. */
    private final Map<OperationKey, byte[]> answers;

    LockedRows(
            Instant now,
            Map<RunKey, RunState> runs,
            Map<ReservationKey, Reservation> reservations,
            Map<BudgetKey, Long> revisions,
            Map<OperationKey, byte[]> answers) {
        this.answers = new HashMap<>(answers);
        this.revisions = revisions;
        this.now = now;
        this.runs = new HashMap<>(runs);
        this.reservations = new HashMap<>(reservations);
    }

    Instant now() {
        return now;
    }

    void add(List<AccountState> locked) {
        locked.forEach(state -> accounts.put(state.account().id(), state));
    }

    /** An account that is not opened after all. */
    void remove(AccountId id) {
        accounts.remove(id);
    }

    @Nullable
    AccountState account(AccountId id) {
        return accounts.get(id);
    }

    Optional<RunState> run(LedgerOperation operation) {
        return operation.run().map(run -> runs.get(RunKey.of(operation, run)));
    }

    Optional<Reservation> reservation(LedgerOperation operation) {
        return operation.reservation().map(id -> reservations.get(new ReservationKey(operation.tenant(), id)));
    }

    /** What another operation answered, as far as this one asks for it. */
    Optional<byte[]> answer(LedgerOperation operation, AnswerKey key) {
        return operation.answersNeeded().contains(key)
                ? Optional.ofNullable(answers.get(OperationKey.of(operation, key)))
                : Optional.empty();
    }

    /** For those after it in the batch. */
    void answered(LedgerOperation operation, byte[] answer) {
        answers.put(OperationKey.of(operation), answer);
    }

    /** The budgets whose limits an operation wants to set and a higher revision keeps. */
    Map<String, Long> outranked(LedgerOperation operation) {
        Map<String, Long> outranked = new TreeMap<>();
        for (BudgetLimit limit : operation.limits()) {
            Long revision = revisions.get(BudgetKey.of(operation, limit.budgetId()));
            if (revision != null && revision > limit.revision()) {
                outranked.put(limit.budgetId(), revision);
            }
        }
        return outranked;
    }

    /** The accounts whose limit an operation changes. */
    List<AccountId> changing(LedgerOperation operation) {
        Map<String, Long> outranked = outranked(operation);
        List<BudgetLimit> limits = operation.limits().stream()
                .filter(limit -> !outranked.containsKey(limit.budgetId()))
                .toList();
        return limits.isEmpty()
                ? List.of()
                : accounts.values().stream()
                        .filter(state -> state.account().tenant().equals(operation.tenant())
                                && state.account().namespace() == operation.namespace()
                                && state.account().window().until().isAfter(now)
                                && limits.stream().anyMatch(limit -> limit.changes(state)))
                        .map(state -> state.account().id())
                        .toList();
    }

    /** The accounts that are an operation's backlog. */
    List<AccountId> left(LedgerOperation operation) {
        List<Backlog> backlog = operation.backlog(now);
        return backlog.isEmpty()
                ? List.of()
                : accounts.values().stream()
                        .filter(state -> backlog.stream().anyMatch(left -> left.holds(state)))
                        .map(state -> state.account().id())
                        .toList();
    }

    /**
     * Leaves the rows as a posting does.
     *
     * @param movements the posting's entries, by account
     */
    void apply(LedgerOperation operation, Posting posting, Map<AccountId, List<Entry>> movements) {
        movements.forEach((id, entries) -> accounts.computeIfPresent(id, (same, state) -> state.after(entries)));
        Posting.RunChange change = posting.run();
        if (change != null) {
            runs.computeIfPresent(RunKey.of(operation, change.run()), (same, run) -> run.after(change));
        }
        Posting.Settled settles = posting.settles();
        if (settles != null) {
            reservations.computeIfPresent(
                    new ReservationKey(operation.tenant(), settles.reservationId()),
                    (same, reservation) -> reservation.in(settles.state()));
        }
        Posting.Extended extended = posting.extend();
        if (extended != null) {
            reservations.computeIfPresent(
                    new ReservationKey(operation.tenant(), extended.reservationId()),
                    (same, reservation) -> reservation.extended(extended));
        }
        Posting.Hold hold = posting.hold();
        if (hold != null) {
            reservations.put(
                    new ReservationKey(operation.tenant(), hold.reservationId()), Reservation.of(operation, hold));
        }
    }
}
