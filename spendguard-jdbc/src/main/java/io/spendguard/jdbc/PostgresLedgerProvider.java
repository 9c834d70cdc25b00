package io.spendguard.jdbc;

import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerProvider;
import org.postgresql.ds.PGSimpleDataSource;

/** Gives {@link PostgresLedger} to code that knows the name {@code postgresql} only. */
public final class PostgresLedgerProvider implements LedgerProvider {
    /** For {@link java.util.ServiceLoader}. */
    public PostgresLedgerProvider() {}

    @Override
    public String name() {
        return "postgresql";
    }

    @Override
    public String applicationRole() {
        return "spendguard_app";
    }

    /** {@inheritDoc} Needs Flyway, as {@link PostgresLedger#migrate} does. */
    @Override
    public void migrate(String jdbcUrl, String user, String password) {
        PGSimpleDataSource admin = new PGSimpleDataSource();
        admin.setUrl(jdbcUrl);
        admin.setUser(user);
        admin.setPassword(password);
        PostgresLedger.migrate(admin);
    }

    @Override
    public Ledger open(String jdbcUrl, String user, String password) {
        return PostgresLedger.open(jdbcUrl, user, password);
    }
}
