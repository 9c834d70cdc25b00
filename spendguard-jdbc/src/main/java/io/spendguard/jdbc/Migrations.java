package io.spendguard.jdbc;

import io.spendguard.model.LedgerUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Creates and updates the schema, with a Flyway and a history table of our own, away from any the application has. */
final class Migrations {
    /** The last migration in the jar: what an opened ledger expects to find. */
    static final String VERSION = "22";

    /** All of them; a test compares this with the folder. */
    static final List<String> SCRIPTS = List.of(
            "V1__tables.sql",
            "V2__guards.sql",
            "V3__posting.sql",
            "V4__roles.sql",
            "V5__operations.sql",
            "V7__log.sql",
            "V9__budgets.sql",
            "V10__retention.sql",
            "V11__parts.sql",
            "V12__writers.sql",
            "V13__batches.sql",
            "V14__plans.sql",
            "V15__balances.sql",
            "V16__lookups.sql",
            "V17__overdue.sql",
            "V18__rows.sql",
            "V19__limits.sql",
            "V20__tenants.sql",
            "V21__keys.sql",
            "V22__asking.sql");

    static final String SCHEMA = "spendguard";
    static final String HISTORY_TABLE = "schema_history";

    /** Any number, as long as it is always this one: who creates the schema makes others wait. */
    private static final long SCHEMA_LOCK = 0x5350_454E_4447_5244L;

    private Migrations() {}

    /** The scripts by file name, in the order they run in. */
    static Map<String, String> scripts() {
        Map<String, String> scripts = new LinkedHashMap<>();
        for (String name : SCRIPTS) {
            try (InputStream script = Migrations.class.getResourceAsStream("migrations/" + name)) {
                if (script == null) {
                    throw new IllegalStateException("Migration " + name + " is not in this jar. Use an unchanged jar.");
                }
                scripts.put(name, new String(script.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        return scripts;
    }

    static void migrate(DataSource admin) {
        Runnable migration;
        try {
            migration = FlywayRun.prepare(admin);
        } catch (NoClassDefFoundError absent) {
            throw new IllegalStateException(
                    "PostgresLedger.migrate needs Flyway, which is optional and not on the class path. Add"
                            + " org.flywaydb:flyway-core and org.flywaydb:flyway-database-postgresql.",
                    absent);
        }
        try {
            createSchema(admin);
            migration.run();
        } catch (SQLException e) {
            throw new LedgerUnavailableException(
                    "Ledger cannot be migrated: " + SqlFailure.firstLine(e)
                            + " Pass a data source of a role that may create the schema 'spendguard'.",
                    e);
        }
    }

    /** Flyway would race another process for it: {@code create schema if not exists} alone is no protection. */
    private static void createSchema(DataSource admin) throws SQLException {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try {
                statement.execute("select pg_advisory_xact_lock(" + SCHEMA_LOCK + ")");
                statement.execute("create schema if not exists " + SCHEMA);
                connection.commit();
            } finally {
                // For data sources that hand a connection out again; after the commit there is nothing to roll back.
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    /** Keeps Flyway's types out of the outer class, so that their absence can be told before anything is changed. */
    private static final class FlywayRun {
        static Runnable prepare(DataSource admin) {
            Flyway flyway = Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(admin)
                    .locations("classpath:io/spendguard/jdbc/migrations")
                    .failOnMissingLocations(true)
                    .defaultSchema(SCHEMA)
                    .createSchemas(false)
                    .table(HISTORY_TABLE)
                    .placeholderReplacement(false)
                    .cleanDisabled(true)
                    .loggers("slf4j")
                    .load();
            return () -> {
                try {
                    flyway.migrate();
                } catch (FlywayException e) {
                    throw new LedgerUnavailableException(
                            "Ledger cannot be migrated: "
                                    + String.valueOf(e.getMessage()).strip()
                                    + "\nCorrect what the database refused, then migrate again.",
                            e);
                }
            };
        }
    }
}
