package io.spendguard.ledger;

import io.spendguard.model.LedgerUnavailableException;

/**
 * Opens ledgers of one kind of database for code that does not depend on the module that brings it. Found by {@link
 * java.util.ServiceLoader}, and therefore made by a constructor without parameters. Safe for any number of threads.
 */
public interface LedgerProvider {
    /** The kind of database, as JDBC URLs name it: {@code postgresql}. */
    String name();

    /** The group role that {@link #migrate} leaves behind: who is to {@link #open} a ledger has to be its member. */
    String applicationRole();

    /**
     * Creates or updates what a ledger needs in a database. Afterwards it is there whole; calling again does nothing.
     *
     * @param jdbcUrl the database
     * @param user a login role that may create schemas and roles
     * @param password its password
     * @throws LedgerUnavailableException when the database cannot be reached or refuses
     */
    void migrate(String jdbcUrl, String user, String password);

    /**
     * Opens the ledger of a migrated database.
     *
     * @param jdbcUrl the database
     * @param user a login role, member of {@link #applicationRole} and nothing else
     * @param password its password
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    Ledger open(String jdbcUrl, String user, String password);
}
