package io.spendguard.ledger;

import java.util.List;

/**
 * Some of the holds that nobody settled in time, for the one sweeper that leads.
 *
 * @param leads whether the asker is the one who sweeps this ledger; who does not is shown nothing
 * @param holds open reservations whose time is over by the ledger's clock, the longest overdue first
 */
public record ExpiredHolds(boolean leads, List<Reservation> holds) {
    /** Copies the list. */
    public ExpiredHolds {
        holds = List.copyOf(holds);
    }
}
