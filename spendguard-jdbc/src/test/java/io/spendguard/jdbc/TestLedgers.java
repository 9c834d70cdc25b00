package io.spendguard.jdbc;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import javax.sql.DataSource;

/** Migrated databases and the roles that use them. */
final class TestLedgers {
    /** A login role with nothing but {@code spendguard_app}. */
    static final String APPLICATION = "spendguard_test_app";

    private TestLedgers() {}

    static Database newDatabase() {
        return newDatabase(EmbeddedPostgres.shared());
    }

    static Database newDatabase(EmbeddedPostgres server) {
        return server.newDatabase("spendguard_ledger", PostgresLedger::migrate);
    }

    static DataSource application(Database database) {
        return database.dataSourceFor(APPLICATION, "spendguard_app");
    }
}
