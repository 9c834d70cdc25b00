package io.spendguard.test;

import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ServiceLoader;
import javax.sql.DataSource;

/** A migrated database for one test, and the ledger in it. */
final class PostgresPlace implements AutoCloseable {
    private static final String KIND = "postgresql";
    private static final String LOGIN_ROLE = "spendguard_junit";

    private final Database database;
    private final Ledger ledger;

    private PostgresPlace(Database database, Ledger ledger) {
        this.database = database;
        this.ledger = ledger;
    }

    static PostgresPlace open() {
        LedgerProvider provider = provider();
        Database database =
                EmbeddedPostgres.shared().newDatabase("spendguard_junit", admin -> migrate(provider, admin));
        try {
            database.dataSourceFor(LOGIN_ROLE, provider.applicationRole());
            return new PostgresPlace(
                    database, provider.open(database.jdbcUrl(), LOGIN_ROLE, EmbeddedPostgres.PASSWORD));
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    Ledger ledger() {
        return ledger;
    }

    /** Drops the database; whoever uses the ledger closes it before. */
    @Override
    public void close() {
        database.close();
    }

    private static LedgerProvider provider() {
        return ServiceLoader.load(LedgerProvider.class, PostgresPlace.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals(KIND))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("@OnPostgres finds no ledger provider '" + KIND
                        + "' on the class path: the fixtures bring none. Add io.spendguard:spendguard-jdbc, and"
                        + " org.flywaydb:flyway-database-postgresql, in scope test."));
    }

    private static void migrate(LedgerProvider provider, DataSource admin) {
        try (Connection connection = admin.getConnection()) {
            provider.migrate(connection.getMetaData().getURL(), EmbeddedPostgres.ADMIN, EmbeddedPostgres.PASSWORD);
        } catch (SQLException e) {
            throw new IllegalStateException("Embedded PostgreSQL refused a connection.", e);
        }
    }
}
