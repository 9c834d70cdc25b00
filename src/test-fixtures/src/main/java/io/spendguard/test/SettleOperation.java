package io.spendguard.test;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Commits or releases a hold. A cost above its hold takes what is available and leaves the rest as debt; what a cost
 * below its hold leaves pays debt first. Where its reservation expired, only the difference to what was held moves; where it is settled, the planner throws {@link IllegalStateException}.
 *
 * <p>Its answer is {@code committed [ATOMS, …]}, {@code released} or {@code corrected [ATOMS, …]}.
 */
public final class SettleOperation extends TestOperation<SettleOperation> {
    private final UUID reservationId;
    private final List<Claim> claims;
    private final List<Long> actuals;
    private final Reservation.State state;

    SettleOperation(IdSource ids, String key, HoldOperation hold, List<Long> actuals, Reservation.State state) {
        super(OperationKind.SETTLE, ids, hold.tenant(), key);
        if (actuals.size() != hold.claims().size()) {
            throw new IllegalArgumentException("Settlement '" + key + "' gives " + actuals.size() + " costs for "
                    + hold.claims().size() + " claims: give one for each, in the order they were claimed.");
        }
        this.reservationId = hold.reservationId();
        this.claims = hold.claims();
        this.actuals = actuals;
        this.state = state;
    }

    @Override
    public Optional<UUID> reservation() {
        return Optional.of(reservationId);
    }

    @Override
    String describe() {
        return state + " " + reservationId + " " + actuals;
    }

    /** Assumes that every account can give what a cost above its hold needs. */
    @Override
    Optional<Posting> assume() {
        return Optional.of(settled(Long.MAX_VALUE, null));
    }

    @Override
    Posting post(LedgerView view) {
        Reservation.State found = view.reservation().map(Reservation::state).orElse(null);
        if (found == Reservation.State.EXPIRED) {
            return corrected(view);
        }
        if (found == null || !found.isOpen()) {
            throw new IllegalStateException("Reservation " + reservationId + " is "
                    + (found == null ? "unknown" : found) + ": only a held one is settled.");
        }
        return settled(0, view);
    }

    @Override
    SettleOperation self() {
        return this;
    }

    private Posting settled(long assumedAvailable, @Nullable LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            AccountId account = claims.get(i).account().id();
            long held = view == null ? claims.get(i).atomic() : heldNow(view, account);
            long actual = actuals.get(i);
            long available =
                    view == null ? assumedAvailable : view.account(account).available();
            long debt = view == null ? 0 : view.account(account).debt();
            long given = Math.max(held - actual - Math.min(debt, Math.max(0, held - actual)), -available);
            add(entries, account, EntryKind.HELD, -held);
            add(entries, account, EntryKind.SPENT, actual);
            add(entries, account, EntryKind.AVAILABLE, given);
            add(entries, account, EntryKind.DEBT, held - actual - given);
        }
        String answer = state == Reservation.State.COMMITTED ? "committed " + actuals : "released";
        return posting(entries, null, new Posting.Settled(reservationId, state), null, answer);
    }

    /** Expiry recorded the holds as spent. */
    private Posting corrected(LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            AccountId account = claims.get(i).account().id();
            long freed = claims.get(i).atomic() - actuals.get(i);
            long debt = view.account(account).debt();
            long given = freed > 0
                    ? freed - Math.min(debt, freed)
                    : Math.max(freed, -view.account(account).available());
            add(entries, account, EntryKind.SPENT, -freed);
            add(entries, account, EntryKind.AVAILABLE, given);
            add(entries, account, EntryKind.DEBT, freed - given);
        }
        return posting(entries, null, null, null, "corrected " + actuals);
    }

    /** More than was claimed, after an extension. */
    private static long heldNow(LedgerView view, AccountId account) {
        return view.reservation().orElseThrow().claims().stream()
                .filter(claim -> claim.account().id().equals(account))
                .mapToLong(Claim::atomic)
                .sum();
    }

    private static void add(List<Entry> entries, AccountId account, EntryKind kind, long atomic) {
        if (atomic != 0) {
            entries.add(new Entry(account, kind, atomic));
        }
    }
}
