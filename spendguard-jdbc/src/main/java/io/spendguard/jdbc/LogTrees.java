package io.spendguard.jdbc;

import io.spendguard.proof.TileTree;
import org.jooq.DSLContext;

/** The rows of the log's trees: one for each tenant, and one for the tree of all tenants. */
final class LogTrees {
    /** The tenant under which the tree of all tenants is kept; nobody's name is empty. */
    static final String ALL = "";

    private LogTrees() {}

    /** Makes others wait who want to append to the tree; returns its size. */
    static long lock(DSLContext sql, String tenant) {
        sql.execute("insert into spendguard.log_tree (tenant) values (?) on conflict do nothing", tenant);
        return size(sql, "select size from spendguard.log_tree where tenant = ? for update", tenant);
    }

    /**
     * Records how many leaves a tree has now.
     *
     * @param isChecked whether its balances were found to be those of the accounts
     */
    static void grown(DSLContext sql, String tenant, long size, boolean isChecked) {
        sql.execute(
                "update spendguard.log_tree set size = ?, checked_size = case when ? then ? else checked_size end"
                        + " where tenant = ?",
                size,
                isChecked,
                size,
                tenant);
    }

    static TileTree read(DSLContext sql, String tenant) {
        return TileTree.of(
                new LogTiles(sql, tenant), size(sql, "select size from spendguard.log_tree where tenant = ?", tenant));
    }

    private static long size(DSLContext sql, String query, String tenant) {
        return sql.fetchOptional(query, tenant)
                .map(row -> row.get(0, Long.class))
                .orElse(0L);
    }
}
