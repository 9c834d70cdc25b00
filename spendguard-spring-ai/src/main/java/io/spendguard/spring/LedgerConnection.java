package io.spendguard.spring;

import org.jspecify.annotations.Nullable;

/**
 * The database the ledger opens connections of its own to.
 *
 * @param url its JDBC URL, null when nothing names one
 * @param username the login role, or null
 * @param password its password, or null
 */
record LedgerConnection(
        @Nullable String url,
        @Nullable String username,
        @Nullable String password) {
    /** Names no password. */
    @Override
    public String toString() {
        return "LedgerConnection[url=" + url + ", username=" + username + "]";
    }
}
