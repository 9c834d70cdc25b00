package io.spendguard.examples;

import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The demos' PostgreSQL, with two roles as in production: the owner migrates; the application logs in as a role that has
 * nothing but {@code spendguard_app} and can neither change nor delete what the ledger wrote.
 */
final class DemoDatabase {
    private static final String APPLICATION = "spendguard_demo";
    private static final String GROUP = "spendguard_app";

    private final DataSource owner;
    private final DataSource application;

    private DemoDatabase(DataSource owner, DataSource application) {
        this.owner = owner;
        this.application = application;
    }

    /** A real server from the binaries on the class path; it ends with this JVM. */
    static DemoDatabase embedded() {
        Database database = EmbeddedPostgres.shared().newDatabase();
        PostgresLedger.migrate(database.adminDataSource());
        return new DemoDatabase(database.adminDataSource(), database.dataSourceFor(APPLICATION, GROUP));
    }

    /**
     * A database that is there already. What it holds stays: every demo is a tenant of its own.
     *
     * @param url with the user and password of the owner, who may create roles
     */
    static DemoDatabase at(String url) {
        PGSimpleDataSource owner = dataSource(url);
        PostgresLedger.migrate(owner);
        String password = HexFormat.of().formatHex(new SecureRandom().generateSeed(16));
        createApplicationRole(owner, password);
        PGSimpleDataSource application = dataSource(url);
        application.setUser(APPLICATION);
        application.setPassword(password);
        return new DemoDatabase(owner, application);
    }

    /** Logs in as the application, which is all the guard and the export of evidence ever need. */
    Ledger openLedger() {
        return PostgresLedger.open(application);
    }

    /** Which server this is, and who writes to it. */
    @Override
    public String toString() {
        try (Connection connection = owner.getConnection()) {
            return "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion() + ", written by role "
                    + APPLICATION;
        } catch (SQLException e) {
            throw new DemoFailedException("Database does not answer: " + e.getMessage() + ". Check demo.url.");
        }
    }

    /** The URL is never shown: it holds a password. */
    private static PGSimpleDataSource dataSource(String url) {
        try {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setUrl(url);
            return dataSource;
        } catch (IllegalArgumentException malformed) {
            throw new DemoFailedException("The demos' URL is none of a PostgreSQL database."
                    + " Write jdbc:postgresql://HOST/DATABASE?user=OWNER&password=PASSWORD.");
        }
    }

    private static void createApplicationRole(DataSource owner, String password) {
        try (Connection connection = owner.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    do $$ begin
                      create role %1$s login;
                    exception when duplicate_object then null;
                    end $$;
                    alter role %1$s password '%2$s';
                    grant %3$s to %1$s;
                    """.formatted(APPLICATION, password, GROUP));
        } catch (SQLException e) {
            throw new DemoFailedException("Role " + APPLICATION + " cannot be made: " + e.getMessage()
                    + ". Let demo.url log in as an owner who may create roles.");
        }
    }
}
