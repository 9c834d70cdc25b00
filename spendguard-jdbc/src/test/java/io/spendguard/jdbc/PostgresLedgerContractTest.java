package io.spendguard.jdbc;

import io.spendguard.ledger.Ledger;
import io.spendguard.test.Database;
import io.spendguard.test.LedgerContract;
import java.time.Clock;
import java.time.ZoneOffset;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Through the rights an application has, in session time zones that are not the JVM's. Each law has a database of its own. */
@Execution(ExecutionMode.CONCURRENT)
class PostgresLedgerContractTest extends LedgerContract {
    private final Database database = TestLedgers.newDatabase();

    /** After the suite's own last look at the content. */
    @RegisterExtension
    final AfterEachCallback dropsDatabase = test -> database.close();

    @Override
    protected Ledger openLedger() {
        return PostgresLedger.open(TestLedgers.application(database));
    }

    /** No finer than the database stores time. */
    @Override
    protected Clock clock() {
        return Clock.tickMillis(ZoneOffset.UTC);
    }
}
