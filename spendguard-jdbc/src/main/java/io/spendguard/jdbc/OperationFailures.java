package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What callers are told whose operation was not written. */
final class OperationFailures {
    private OperationFailures() {}

    /** The operation itself is at fault. */
    static IllegalStateException refused(Waiting waiting, SQLException reason) {
        return new IllegalStateException(
                "Ledger refused operation " + waiting.name() + ": " + SqlFailure.firstLine(reason)
                        + " Nothing was written. Correct the operation.",
                reason);
    }

    /** Time ran out; {@code reason} is what the last attempt failed of, null when there was none. */
    static LedgerUnavailableException notExecuted(Waiting waiting, @Nullable Exception reason) {
        if (reason == null) {
            return new LedgerUnavailableException(
                    "Operation " + waiting.name() + " was not executed: nobody waits for it any more. Try again.");
        }
        SqlFailure failure = reason instanceof SQLException sql ? SqlFailure.of(sql) : SqlFailure.CONNECTION_LOST;
        if (failure == SqlFailure.LOCKED || failure == SqlFailure.RETRY) {
            return locked(waiting);
        }
        return new LedgerUnavailableException(
                "Operation " + waiting.name() + " was not executed: " + SqlFailure.firstLine(reason)
                        + " Check the database, then try again.",
                reason);
    }

    /** Time ran out while others held its rows. */
    static LedgerUnavailableException locked(Waiting waiting) {
        return new LedgerUnavailableException("Operation " + waiting.name()
                + " was not executed: other transactions held the rows it needs for as long as anybody waited. Try again;"
                + " look for transactions left open on the ledger's tables.");
    }
}
