package io.spendguard.contract;

import java.util.Locale;

/** How well a ledger keeps a limit, weakest first. */
public enum LedgerStrength {
    /** One process keeps each budget, and it ends with the process: a ledger in memory. */
    SINGLE_WRITER_PER_BUDGET,
    /** Any number of processes keep each limit together, and it outlives them: a ledger in PostgreSQL. */
    STRONG_GLOBAL;

    /** The name in a contract. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
