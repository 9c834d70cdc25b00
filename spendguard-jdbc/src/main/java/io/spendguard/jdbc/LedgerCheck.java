package io.spendguard.jdbc;

import io.spendguard.model.LedgerUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Recomputes a ledger from its entries and events and names the rows that do not follow from them: every
 * {@link LedgerLaw}, in one snapshot. Reads everything once for each law; takes no locks, so that decisions go on meanwhile.
 */
public final class LedgerCheck {
    /** How many broken rows of each law are named; all are counted. */
    static final int SHOWN = 20;

    /** Longer than any of its queries takes. */
    private static final Duration SILENCE = Duration.ofHours(2);

    private LedgerCheck() {}

    /**
     * Checks a ledger.
     *
     * @param dataSource connects as a role that may read the schema {@code spendguard}
     * @param tenant whose rows, or null for all
     * @throws LedgerUnavailableException when the database cannot be reached or read
     */
    public static Report run(DataSource dataSource, @Nullable String tenant) {
        Objects.requireNonNull(dataSource, "dataSource");
        List<Finding> findings = new ArrayList<>();
        long count = 0;
        try (Connection connection = dataSource.getConnection()) {
            PostgresLedger.limitSilence(connection, SILENCE);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            try {
                DSLContext sql = Jooq.on(connection);
                // Laws compare whole tables: hashed, that is quick whatever statistics say of how many rows there are.
                sql.fetch(
                        "select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),"
                                + " set_config('jit', 'off', true)");
                long transactions = count(sql, "ledger_tx", tenant);
                long accounts = count(sql, "account", tenant);
                long events = count(sql, "outbox", tenant);
                IllegibleRows illegible = new IllegibleRows(sql, tenant);
                for (LedgerLaw law : LedgerLaw.values()) {
                    Result<Record> broken = broken(connection, sql, law, tenant, illegible);
                    for (Record row : broken) {
                        findings.add(new Finding(
                                law,
                                row.get("tenant", String.class),
                                row.get("subject", String.class),
                                row.get("message", String.class)));
                    }
                    count += broken.isEmpty() ? 0 : broken.get(0).get("total", Long.class);
                }
                findings.addAll(0, illegible.findings().stream().limit(SHOWN).toList()); // they explain others of a law
                count += illegible.findings().size();
                findings.sort(Comparator.comparing(Finding::law));
                return new Report(accounts, transactions, events, findings, count);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
                connection.setReadOnly(false);
            }
        } catch (SQLException | DataAccessException e) {
            throw new LedgerUnavailableException(
                    "Ledger cannot be checked: " + SqlFailure.firstLine(e)
                            + " Connect as a role that may read the schema 'spendguard'.",
                    e);
        }
    }

    /** One row that is no JSON stops a query over all of them: it is named, and the law checked without it. */
    private static Result<Record> broken(
            Connection connection, DSLContext sql, LedgerLaw law, @Nullable String tenant, IllegibleRows illegible)
            throws SQLException {
        if (!illegible.areKnown()) {
            Savepoint before = connection.setSavepoint();
            try {
                return tenant == null ? sql.fetch(law.query(false)) : sql.fetch(law.query(true), tenant);
            } catch (DataAccessException failed) {
                connection.rollback(before);
                if (!isIllegible(failed)) {
                    throw failed;
                }
                illegible.look();
            }
        }
        return illegible.without(law, tenant);
    }

    /** Class 22 of SQLState: what is stored has another form than the law reads. */
    private static boolean isIllegible(DataAccessException failed) {
        String state = Jooq.driverFailure(failed).getSQLState();
        return state != null && state.startsWith("22");
    }

    private static long count(DSLContext sql, String table, @Nullable String tenant) {
        String all = "select count(*) from spendguard." + table;
        return Objects.requireNonNull(
                tenant == null
                        ? sql.fetchSingle(all).get(0, Long.class)
                        : sql.fetchSingle(all + " where tenant = ?", tenant).get(0, Long.class));
    }

    /**
     * What was checked and found.
     *
     * @param accounts how many accounts there are
     * @param transactions how many postings
     * @param events how many audit events
     * @param findings what is wrong, in the order of the laws; of each law the first twenty
     * @param findingCount how many findings there are in all
     */
    public record Report(long accounts, long transactions, long events, List<Finding> findings, long findingCount) {
        /** Copies the list. */
        public Report {
            findings = List.copyOf(findings);
        }

        /** The verdict in one line: {@code ledger: checked, 2 accounts, 12 transactions, 15 events, 0 findings}. */
        public String summary() {
            return "ledger: checked, " + accounts + " accounts, " + transactions + " transactions, " + events
                    + " events, " + findingCount + " findings";
        }
    }

    /**
     * A row that breaks a law.
     *
     * @param law which
     * @param tenant whose row
     * @param subject which row
     * @param message what is wrong with it
     */
    public record Finding(LedgerLaw law, String tenant, String subject, String message) {
        /** Law, tenant, row and message in one line. */
        @Override
        public String toString() {
            return law + " tenant '" + tenant + "' " + subject + ": " + message;
        }
    }
}
