package io.spendguard.jdbc;

import javax.sql.DataSource;

/** TEMP. */
public final class PostgresLedger {
    private PostgresLedger() {}

    /** TEMP. */
    public static void migrate(DataSource admin) {
        Migrations.migrate(admin);
    }
}
