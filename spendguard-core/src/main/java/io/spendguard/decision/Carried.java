package io.spendguard.decision;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Locked rows as they stand once what is due was carried over: spend that counts no longer in a rolling window, and debt
 * that a window absorbs. The entries are posted with the hold that is decided on these rows.
 */
final class Carried implements LedgerView {
    private final LedgerView rows;
    private final Map<AccountId, AccountState> states = new TreeMap<>();
    private final List<Entry> entries = new ArrayList<>();

    Carried(LedgerView rows) {
        this.rows = rows;
        rows.accounts().forEach(state -> states.put(state.account().id(), state));
    }

    /** Carries balanced lines over. */
    void post(List<Entry> lines) {
        entries.addAll(lines);
        lines.stream()
                .map(Entry::account)
                .distinct()
                .forEach(id -> states.computeIfPresent(id, (same, state) -> state.after(lines)));
    }

    /** What was carried over so far. */
    List<Entry> entries() {
        return List.copyOf(entries);
    }

    @Override
    public Instant now() {
        return rows.now();
    }

    @Override
    public List<AccountState> accounts() {
        return List.copyOf(states.values());
    }

    @Override
    public Optional<RunState> run() {
        return rows.run();
    }

    @Override
    public Optional<Reservation> reservation() {
        return rows.reservation();
    }
}
