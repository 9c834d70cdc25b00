package io.spendguard.jdbc;

import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.model.Digest;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * Lets go of evidence that is kept elsewhere, and of persons. What is dropped must have been closed by a signed event under a signed
 * checkpoint; the database itself refuses anything else. Afterwards each event that is left proves what it proved before, and
 * balances follow from opening balances and the entries that are left.
 *
 * <p>Each call opens connections of its own and blocks. Safe for any number of threads.
 */
public final class EvidenceRetention {
    /** A transaction of a second or so, so that nothing waits long for vacuum. */
    private static final int EVENTS_PER_TRANSACTION = 5_000;

    private final LogDatabase database;

    private EvidenceRetention(DataSource dataSource) {
        this.database = new LogDatabase(dataSource, "spendguard_retention");
    }

    /**
     * The retention of a database that {@link PostgresLedger#migrate} prepared. Nothing is asked of the database yet.
     *
     * @param dataSource makes a new connection on each call, as a login role to which {@code spendguard_retention} was granted
     *     (for {@link #period} and {@link #dropped}, {@code spendguard_app} will do)
     */
    public static EvidenceRetention open(DataSource dataSource) {
        return new EvidenceRetention(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * The period of a tenant's evidence that a package with this checkpoint covers, to be closed.
     *
     * @param checkpoint the one enclosed in the package
     * @param archive the package's SHA-256
     * @throws EvidenceException when this log has no such checkpoint, or it covers no event of the tenant
     */
    public ClosedPeriod period(String tenant, Checkpoint checkpoint, Digest archive) {
        return database.transaction(sql -> {
            Digest root = LogTrees.read(sql, LogTrees.ALL).size() < checkpoint.size()
                    ? MerkleTree.emptyRoot()
                    : LogTrees.read(sql, LogTrees.ALL).root(checkpoint.size());
            if (!root.equals(checkpoint.root())) {
                throw new EvidenceException("Checkpoint " + checkpoint.size() + " of '" + checkpoint.origin()
                        + "' is not of this log: the package is another ledger's, or one of the two was changed. Export"
                        + " again, and compare.");
            }
            Record head = sql.fetchOptional("""
                    select size, root, balance_root from spendguard.tree_head
                     where tenant = ? and global_index < ? order by size desc limit 1
                    """, tenant, checkpoint.size())
                    .orElseThrow(() -> new EvidenceException("Checkpoint " + checkpoint.size()
                            + " covers no event of tenant '" + tenant + "': there is nothing to close."));
            return new ClosedPeriod(
                    tenant,
                    head.get("size", Long.class),
                    Digest.of(head.get("root", byte[].class)),
                    Digest.of(head.get("balance_root", byte[].class)),
                    checkpoint,
                    archive);
        });
    }

    /**
     * Drops the bytes, signatures, personal values and postings of every closed event of a tenant, in transactions of a few thousand
     * events. Their places, digests and chain values stay, and the events that tell of streams, keys and closes. Broken off, it
     * leaves what was dropped so far, and calling again goes on.
     *
     * @return up to which leaf of the tenant's tree events are dropped now, and how many leaves of them by this call
     * @throws EvidenceException when no period close of the tenant is under a signed checkpoint, or when the balances that are left
     *     behind are not those the period was closed with; the last step is not done then
     * @throws LedgerUnavailableException when the database cannot be reached or refuses
     */
    public Dropped drop(String tenant) {
        long before = dropped(tenant);
        long dropped = before;
        long last;
        do {
            last = dropped;
            dropped = database.transaction(sql -> dropSome(sql, tenant));
        } while (dropped > last);
        return new Dropped(dropped, dropped - before);
    }

    /** Up to which leaf of a tenant's tree events are dropped; 0 before the first. */
    public long dropped(String tenant) {
        return database.transaction(
                sql -> sql.fetchOptional("select size from spendguard.dropped_period where tenant = ?", tenant)
                        .map(row -> row.get(0, Long.class))
                        .orElse(0L));
    }

    /** The tenants of whom something was dropped, in order. */
    public List<String> droppedTenants() {
        return database.transaction(
                sql -> sql.fetch("select tenant from spendguard.dropped_period where size > 0 order by tenant")
                        .getValues(0, String.class));
    }

    /**
     * Erases a person's value wherever a tenant's events only commit to it. The events stay as they are, and so does every proof.
     *
     * @param value the clear value, such as the user's name in actions
     * @return how many commitments nobody can open any more
     * @throws LedgerUnavailableException when the database cannot be reached or refuses
     */
    public long erase(String tenant, String value) {
        return Objects.requireNonNull(database.transaction(
                sql -> sql.fetchSingle("select spendguard.erase_personal_value(?, ?)", tenant, value)
                        .get(0, Long.class)));
    }

    private static long dropSome(DSLContext sql, String tenant) {
        long closed = Objects.requireNonNull(
                sql.fetchSingle("select spendguard.closed_size(?)", tenant).get(0, Long.class));
        if (closed == 0) {
            throw new EvidenceException(
                    "Tenant '" + tenant + "' has no closed period under a signed checkpoint: nothing"
                            + " may be dropped. Run: spendguard evidence close, and then: spendguard log checkpoint");
        }
        long dropped = Objects.requireNonNull(
                sql.fetchSingle("select spendguard.drop_closed_events(?, ?)", tenant, EVENTS_PER_TRANSACTION)
                        .get(0, Long.class));
        if (dropped == closed) {
            requireBalancesAsClosed(sql, tenant, closed);
        }
        return dropped;
    }

    /** What the head of that size committed to must be what the dropped entries sum to. */
    private static void requireBalancesAsClosed(DSLContext sql, String tenant, long closed) {
        Digest root = OpeningBalance.root(
                sql.fetch(DroppedRows.OPENINGS, tenant, tenant).map(DroppedRows::opening));
        boolean isAsClosed = sql.fetchOptional(
                        "select balance_root from spendguard.tree_head where tenant = ? and size = ?", tenant, closed)
                .map(row -> Digest.of(row.get(0, byte[].class)).equals(root))
                .orElse(false);
        if (!isAsClosed) {
            throw new EvidenceException("The last events of tenant '" + tenant + "' up to " + closed
                    + " are not dropped: the balances left behind are not those the period was closed with. Run: spendguard"
                    + " ledger check");
        }
    }

    /**
     * What was dropped.
     *
     * @param size up to which leaf of the tenant's tree
     * @param leaves how many leaves this call went on by
     */
    public record Dropped(long size, long leaves) {}
}
