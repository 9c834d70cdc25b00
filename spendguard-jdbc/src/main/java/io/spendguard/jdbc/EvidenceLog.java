package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.SealFormat;
import io.spendguard.model.Digest;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * The transparency log of a ledger: a Merkle tree of each tenant's events, and one tree of their heads, whose root is
 * signed as a checkpoint. Once a checkpoint is out of the database owner's hands, he cannot drop, change, reorder or add
 * events before it without contradicting it.
 *
 * <p>Several processes may keep one log: a tree's row is locked while it grows, and what was appended, where forwarding
 * stands and the balances commit together, so that no leaf is there twice and none is missing. Trees commit first and are
 * signed after; a crash in between leaves a root that the next checkpoint signs. Decisions never wait for the log.
 *
 * <p>Each call opens connections of its own and blocks. Safe for any number of threads.
 */
public final class EvidenceLog {
    private final LogDatabase database;
    private final LogForwarder forwarder;
    private final LogCheckpoints checkpoints;

    private EvidenceLog(DataSource dataSource) {
        this.database = new LogDatabase(dataSource, "spendguard_log");
        this.forwarder = new LogForwarder(database);
        this.checkpoints = new LogCheckpoints(database);
    }

    /**
     * The log of a database that {@link PostgresLedger#migrate} prepared. Nothing is asked of the database yet.
     *
     * @param dataSource makes a new connection on each call, as a login role to which {@code spendguard_log} was granted
     *     (for reading, {@code spendguard_app} will do)
     */
    public static EvidenceLog open(DataSource dataSource) {
        return new EvidenceLog(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * Takes up every event there is, and signs a checkpoint over all of them. Without new events the last checkpoint comes
     * back as it is.
     *
     * @param origin the log's name, the same for good, such as {@code example.com/spendguard}
     * @param signer signs; it need not be the key that signs events, and should not be where the application can use it
     * @throws EvidenceException when a stream has a gap, an event does not follow from the one before, balances do not follow
     *     from the events, or the last checkpoint is not a beginning of the tree: nothing is signed
     * @throws IllegalArgumentException when the origin is no name, or not that of the checkpoints before
     * @throws LedgerUnavailableException when the database cannot be reached or refuses
     */
    public SignedNote checkpoint(String origin, Signer signer) {
        checkpoints.requireOrigin(origin);
        forwarder.tenants().forEach(forwarder::forward);
        return checkpoints.sign(origin, signer);
    }

    /** The last checkpoint with the cosignatures it has; empty before the first. */
    public Optional<SignedNote> latest() {
        return checkpoints.latest();
    }

    /**
     * Adds a witness's line to a checkpoint.
     *
     * @param size which checkpoint
     * @param witness whose line; it must verify
     * @throws EvidenceException when there is no such checkpoint, or the line is not the witness's over it
     */
    public SignedNote cosign(long size, NoteKey witness, SignedNote.Signature line) {
        return checkpoints.cosign(size, witness, line);
    }

    /**
     * Shows that an event is under the last checkpoint; empty when it is not yet.
     *
     * @throws EvidenceException when the tenant has no such event
     */
    public Optional<InclusionProof> prove(String tenant, UUID event) {
        return database.transaction(sql -> prove(sql, tenant, event));
    }

    /**
     * Shows that the tree of all tenants with {@code to} heads continues the one with {@code from}.
     *
     * @throws IllegalArgumentException when the log never had these sizes
     */
    public List<Digest> consistency(long from, long to) {
        return database.transaction(sql -> LogTrees.read(sql, LogTrees.ALL).consistency(from, to));
    }

    /**
     * Shows that a later checkpoint continues an earlier one, both as they were signed.
     *
     * @param from the earlier checkpoint's size
     * @param to the later one's; null for the last there is
     * @throws EvidenceException when the log signed no such checkpoint, the first is not the earlier one, or the tree does not
     *     continue them
     */
    public ConsistencyProof proveConsistency(long from, @Nullable Long to) {
        SignedNote last = latest().orElseThrow(
                        () -> new EvidenceException("The log has no checkpoint yet. Run: spendguard log checkpoint"));
        long until = to == null ? Checkpoint.parse(last.text()).size() : to;
        if (from > until) {
            throw new EvidenceException("Checkpoint " + from + " is later than checkpoint " + until
                    + ": a log continues what came before. Name the earlier one first.");
        }
        ConsistencyProof proof =
                new ConsistencyProof(signed(from, last), signed(until, last), consistency(from, until));
        if (!proof.isValid()) {
            throw new EvidenceException("Tree of the log does not continue checkpoint " + from + " up to checkpoint "
                    + until + ": it was changed since they were signed. Compare it with a backup.");
        }
        return proof;
    }

    private SignedNote signed(long size, SignedNote last) {
        return checkpoints
                .signed(size)
                .orElseThrow(() -> new EvidenceException("The log signed no checkpoint of size " + size
                        + ": its last one is " + Checkpoint.parse(last.text()).size()
                        + ". Name one as its note or your anchors tell: spendguard anchors show"));
    }

    /**
     * The log as of the last checkpoint, to be enclosed in an export. What it hands over is read anew each time; all of it
     * only grows, so that it stays as of that checkpoint.
     *
     * @param tenant whose runs, or null for all
     * @throws EvidenceException when there is no checkpoint yet
     */
    public LogExport export(@Nullable String tenant) {
        SignedNote note = latest().orElseThrow(
                        () -> new EvidenceException("The log has no checkpoint yet. Run: spendguard log checkpoint"));
        long size = Checkpoint.parse(note.text()).size();
        return new LogSnapshot(database, note, size, tenant == null ? "" : tenant);
    }

    /**
     * What the log came to between an earlier checkpoint and the last one, to be enclosed in an export that holds the events between
     * them only. Its reader compares the earlier one with a checkpoint he kept.
     *
     * @param tenant whose, or null for all
     * @param from the earlier checkpoint's size
     * @throws EvidenceException when the log never signed a checkpoint of that size, none came after it, or events after it were
     *     closed and dropped
     */
    public LogExport exportFrom(@Nullable String tenant, long from) {
        SignedNote note = latest().orElseThrow(
                        () -> new EvidenceException("The log has no checkpoint yet. Run: spendguard log checkpoint"));
        long size = Checkpoint.parse(note.text()).size();
        if (!checkpoints.isSigned(from)) {
            throw new EvidenceException("The log signed no checkpoint of size " + from + ": its last one is " + size
                    + ". Name one that you verified, as its note or your anchors tell: spendguard anchors show");
        }
        if (from == size) {
            throw new EvidenceException("Checkpoint " + from
                    + " is the log's last: nothing comes after it yet. Run: spendguard log checkpoint");
        }
        return new LogSince(database, note, from, size, tenant == null ? "" : tenant);
    }

    private static Optional<InclusionProof> prove(DSLContext sql, String tenant, UUID event) {
        Record row = sql.fetchOptional("""
                select event.stream, event.seq, event.chain, leaf.log_index
                  from spendguard.outbox event
                  left join spendguard.canonical_event leaf
                    on leaf.tenant = event.tenant and leaf.stream = event.stream and leaf.seq = event.seq
                 where event.tenant = ? and event.event_id = ?
                """, tenant, event)
                .orElseThrow(() -> new EvidenceException("Event " + event + " of tenant '" + tenant
                        + "' is not in the ledger. Name its id and tenant."));
        Optional<SignedNote> note = LogCheckpoints.latest(sql);
        Long index = row.get("log_index", Long.class);
        if (note.isEmpty() || index == null) {
            return Optional.empty();
        }
        Checkpoint checkpoint = Checkpoint.parse(note.get().text());
        UUID stream = row.get("stream", UUID.class);
        long seq = row.get("seq", Long.class);
        return sql.fetchOptional("""
                select tenant, size, root, balance_root, global_index from spendguard.tree_head
                 where tenant = ? and size > ? and global_index < ? order by size limit 1
                """, tenant, index, checkpoint.size())
                .map(head -> new InclusionProof(
                        tenant,
                        stream,
                        seq,
                        SealFormat.leaf(tenant, stream, seq, Digest.of(row.get("chain", byte[].class))),
                        index,
                        head.get("size", Long.class),
                        Digest.of(head.get("root", byte[].class)),
                        LogTrees.read(sql, tenant).inclusion(index, head.get("size", Long.class)),
                        Digest.of(head.get("balance_root", byte[].class)),
                        head.get("global_index", Long.class),
                        LogTrees.read(sql, LogTrees.ALL)
                                .inclusion(head.get("global_index", Long.class), checkpoint.size()),
                        note.get()));
    }
}
