package io.spendguard.jdbc;

import io.spendguard.ledger.Ledger;
import io.spendguard.test.Database;
import io.spendguard.test.LedgerContract;

/** Through the rights an application has, in session time zones that are not the JVM's. */
class PostgresLedgerContractTest extends LedgerContract {
    private final Database database = TestLedgers.newDatabase();

    @Override
    protected Ledger openLedger() {
        return PostgresLedger.open(TestLedgers.application(database));
    }
}
