package io.spendguard.jdbc;

import io.spendguard.model.LedgerUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;

/** Reads and writes the log's tables, one snapshot and one connection for each piece of work. */
final class LogDatabase {
    private static final int ATTEMPTS = 20;
    private static final int ROWS_PER_FETCH = 1_000;
    /** Longer than any statement over a tenant's whole log takes. */
    private static final Duration SILENCE = Duration.ofMinutes(30);

    private final DataSource dataSource;
    private final String role;

    /** Works as a login role to which that group role was granted. */
    LogDatabase(DataSource dataSource, String role) {
        this.dataSource = dataSource;
        this.role = role;
    }

    /** One snapshot; what another process changed meanwhile is tried again. */
    <T> T transaction(Function<DSLContext, T> work) {
        for (int attempt = 1; ; attempt++) {
            try (Connection connection = dataSource.getConnection()) {
                PostgresLedger.limitSilence(connection, SILENCE);
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                connection.setAutoCommit(false);
                try {
                    T result = work.apply(Jooq.on(connection));
                    connection.commit();
                    return result;
                } catch (RuntimeException | SQLException failed) {
                    connection.rollback();
                    throw failed;
                }
            } catch (SQLException | DataAccessException failed) {
                SQLException driver =
                        failed instanceof DataAccessException jooq ? Jooq.driverFailure(jooq) : (SQLException) failed;
                if (attempt < ATTEMPTS && SqlFailure.of(driver) == SqlFailure.RETRY) {
                    continue;
                }
                throw new LedgerUnavailableException(
                        "Log cannot be kept: " + SqlFailure.firstLine(driver) + " Connect as a role to which " + role
                                + " was granted, and check the database.",
                        failed);
            }
        }
    }

    /** Hands over a query's rows as they come, whatever their number. */
    void stream(String query, Consumer<Record> sink, Object... values) {
        transaction(sql -> {
            try (Stream<Record> rows =
                    sql.resultQuery(query, values).fetchSize(ROWS_PER_FETCH).fetchStream()) {
                rows.forEach(sink);
            }
            return true;
        });
    }
}
