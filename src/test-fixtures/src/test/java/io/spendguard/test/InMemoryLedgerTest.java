package io.spendguard.test;

import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import java.time.Clock;

class InMemoryLedgerTest extends LedgerContract {
    private final InMemoryLedger store = new InMemoryLedger(Clock.systemUTC());

    /** One object is both the store and every view on it. */
    @Override
    protected Ledger openLedger() {
        return store;
    }
}
