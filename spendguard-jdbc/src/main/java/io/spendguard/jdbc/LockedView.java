package io.spendguard.jdbc;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one operation sees of the rows its batch has locked, and what a posting may do to them. */
final class LockedView implements LedgerView {
    private final LockedRows rows;
    private final LedgerOperation operation;
    private final Instant now;
    private final Map<AccountId, AccountState> accounts = new TreeMap<>();
    private final Map<String, Long> outranked;
    private final List<LimitDue> due;
    private final @Nullable RunState run;
    private final @Nullable Reservation reservation;

    /** Shows the accounts an operation named, every one of which is locked, with its run, its reservation and what it is to carry. */
    LockedView(LockedRows rows, LedgerOperation operation, Set<AccountId> named, List<LimitDue> due) {
        this.rows = rows;
        this.operation = operation;
        this.due = List.copyOf(due);
        this.now = rows.now();
        this.outranked = rows.outranked(operation);
        this.run = rows.run(operation).orElse(null);
        this.reservation = rows.reservation(operation).orElse(null);
        named.forEach(id -> accounts.put(id, Objects.requireNonNull(rows.account(id))));
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public List<AccountState> accounts() {
        return List.copyOf(accounts.values());
    }

    @Override
    public Optional<AccountState> find(AccountId id) {
        return Optional.ofNullable(accounts.get(id));
    }

    @Override
    public Map<String, Long> outranked() {
        return outranked;
    }

    @Override
    public List<LimitDue> due() {
        return due;
    }

    @Override
    public Optional<RunState> run() {
        return Optional.ofNullable(run);
    }

    @Override
    public Optional<Reservation> reservation() {
        return Optional.ofNullable(reservation);
    }

    @Override
    public Optional<byte[]> answer(AnswerKey key) {
        return rows.answer(operation, key);
    }

    /**
     * Tells whether nothing stands against a posting that was made without seeing these rows.
     *
     * @param movements its entries, by account
     */
    boolean admits(Posting posting, Map<AccountId, List<Entry>> movements) {
        boolean isHeld = reservation != null && reservation.state() == Reservation.State.HELD;
        return posting.validIn().contains(now)
                && (run == null || !run.isStopped())
                && (posting.settles() == null || isHeld)
                && movements.entrySet().stream().allMatch(moved -> {
                    AccountState state = accounts.get(moved.getKey());
                    return state != null && state.admits(moved.getValue());
                });
    }

    /**
     * Refuses what the database would refuse, but by name.
     *
     * @param movements the posting's entries, by account
     * @throws IllegalStateException when the posting changes what its operation did not name, a stopped run, a
     *     reservation that is not held, or is not right at the view's time
     * @throws IllegalArgumentException when it would overdraw an account
     */
    void require(Posting posting, Map<AccountId, List<Entry>> movements) {
        if (!posting.validIn().contains(now)) {
            throw new IllegalStateException("Posting is right from "
                    + posting.validIn().from() + " until " + posting.validIn().until() + ", but the ledger's time is "
                    + now + ". Plan for the view's time.");
        }
        movements.forEach((id, entries) -> {
            AccountState state = accounts.get(id);
            if (state == null) {
                throw new IllegalStateException(
                        "Posting touches account " + id + " which its operation did not name. Add it to accounts().");
            }
            state.after(entries);
        });
        Posting.RunChange change = posting.run();
        if (change != null) {
            if (run == null || !run.run().equals(change.run())) {
                throw new IllegalStateException("Posting changes run '" + change.run()
                        + "' which its operation did not name. Name it in run().");
            }
            run.after(change);
        }
        Posting.Settled settles = posting.settles();
        if (settles != null && (reservation == null || !reservation.state().isOpen())) {
            throw new IllegalStateException("Reservation " + settles.reservationId() + " is "
                    + (reservation == null ? "unknown" : reservation.state().toString())
                    + ": only a held one can be settled.");
        }
        Posting.Extended extended = posting.extend();
        if (extended != null && (reservation == null || !reservation.state().isOpen())) {
            throw new IllegalStateException("Reservation " + extended.reservationId() + " is "
                    + (reservation == null ? "unknown" : reservation.state().toString())
                    + ": only a held one can be extended.");
        }
    }
}
