package io.spendguard.jdbc;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.SealFormat;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import io.spendguard.proof.TileTree;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
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
    /** The tenant under which the tree of all tenants is kept; nobody's name is empty. */
    private static final String ALL = "";

    private static final int EVENTS_PER_TRANSACTION = 10_000;
    private static final int ATTEMPTS = 20;

    private final DataSource dataSource;

    private EvidenceLog(DataSource dataSource) {
        this.dataSource = dataSource;
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
        Checkpoint next = grow(origin);
        Optional<SignedNote> last = latest();
        if (last.isPresent() && Checkpoint.parse(last.get().text()).size() >= next.size()) {
            return last.get();
        }
        SignedNote note = SignedNote.of(next.text()).signedBy(origin, signer);
        transaction(sql -> sql.execute(
                "insert into spendguard.checkpoint (size, note) values (?, ?) on conflict do nothing",
                next.size(),
                new String(note.toBytes(), StandardCharsets.UTF_8)));
        return latest().orElseThrow();
    }

    /** The last checkpoint with the cosignatures it has; empty before the first. */
    public Optional<SignedNote> latest() {
        return transaction(EvidenceLog::latest);
    }

    /**
     * Adds a witness's line to a checkpoint.
     *
     * @param size which checkpoint
     * @param witness whose line; it must verify
     * @throws EvidenceException when there is no such checkpoint, or the line is not the witness's over it
     */
    public SignedNote cosign(long size, NoteKey witness, SignedNote.Signature line) {
        return transaction(sql -> {
            SignedNote note = note(sql, size)
                    .orElseThrow(() -> new EvidenceException(
                            "Checkpoint " + size + " is not in the log. Name one that was signed here."));
            if (SignedNote.of(note.text()).with(line).cosignedAt(witness).isEmpty()) {
                throw new EvidenceException("The line of witness '" + witness.name()
                        + "' does not verify over checkpoint " + size + " of this log. Ask the witness again.");
            }
            sql.execute(
                    "insert into spendguard.cosignature (size, line) values (?, ?) on conflict do nothing",
                    size,
                    line.toString());
            return note.with(line);
        });
    }

    /**
     * Shows that an event is under the last checkpoint; empty when it is not yet.
     *
     * @throws EvidenceException when the tenant has no such event
     */
    public Optional<InclusionProof> prove(String tenant, UUID event) {
        return transaction(sql -> prove(sql, tenant, event));
    }

    /**
     * Shows that the tree of all tenants with {@code to} heads continues the one with {@code from}.
     *
     * @throws IllegalArgumentException when the log never had these sizes
     */
    public List<Digest> consistency(long from, long to) {
        return transaction(sql -> tree(sql, ALL).consistency(from, to));
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
        return new LogExport() {
            @Override
            public SignedNote checkpoint() {
                return note;
            }

            @Override
            public void heads(Consumer<LogHead> sink) {
                stream("""
                        select tenant, size, root, balance_root from spendguard.tree_head
                         where global_index < ? order by global_index
                        """, row -> sink.accept(head(row)), size);
            }

            @Override
            public void runs(Consumer<LogRun> sink) {
                // Where a stream's positions and the leaves advance together, the difference stays the same.
                stream(
                        """
                        select event.tenant, min(event.log_index) as first, event.stream,
                               min(event.seq) as from_seq, max(event.seq) as to_seq
                          from spendguard.canonical_event event
                          join (select tenant, max(size) as size from spendguard.tree_head
                                 where global_index < ? group by tenant) head on head.tenant = event.tenant
                         where event.log_index < head.size and (? = '' or event.tenant = ?)
                         group by event.tenant, event.stream, event.log_index - event.seq
                         order by event.tenant, first
                        """,
                        row -> sink.accept(new LogRun(
                                row.get(0, String.class),
                                row.get(1, Long.class),
                                row.get(2, UUID.class),
                                row.get(3, Long.class),
                                row.get(4, Long.class))),
                        size,
                        tenant == null ? "" : tenant,
                        tenant == null ? "" : tenant);
            }
        };
    }

    private Checkpoint grow(String origin) {
        Checkpoint none = new Checkpoint(origin, 0, MerkleTree.emptyRoot());
        latest().map(note -> Checkpoint.parse(note.text())).ifPresent(last -> {
            if (!last.origin().equals(origin)) {
                throw new IllegalArgumentException("Log origin '" + origin + "' is another than '" + last.origin()
                        + "', under which checkpoint " + last.size() + " was signed: a log keeps its name. Use that.");
            }
        });
        List<String> tenants =
                transaction(sql -> sql.fetch("select distinct tenant from spendguard.stream order by tenant")
                        .getValues(0, String.class));
        for (String tenant : tenants) {
            while (transaction(sql -> forward(sql, tenant)) == EVENTS_PER_TRANSACTION) {
                // the next piece
            }
        }
        return transaction(sql -> appendHeads(sql, none));
    }

    /** Appends a tenant's next events, in order of stream and position; returns how many. */
    private static int forward(DSLContext sql, String tenant) {
        long before = lock(sql, tenant);
        List<Digest> leaves = new ArrayList<>();
        Map<UUID, Cursor> cursors = new LinkedHashMap<>();
        Balances balances = new Balances(sql, tenant);
        List<UUID> streams = new ArrayList<>();
        List<Long> seqs = new ArrayList<>();
        for (Record row : sql.fetch("""
                with cursor as (
                    select stream.stream, coalesce(cursor.seq, 0) as seq, cursor.chain
                      from spendguard.stream
                      left join spendguard.log_cursor cursor
                        on cursor.tenant = stream.tenant and cursor.stream = stream.stream
                     where stream.tenant = ?)
                select event.stream, event.seq, event.event_id, event.type, event.payload, event.chain,
                       cursor.seq as forwarded, cursor.chain as last_chain
                  from cursor
                  join spendguard.outbox event
                    on event.tenant = ? and event.stream = cursor.stream and event.seq > cursor.seq
                 order by event.stream, event.seq
                 limit ?
                """, tenant, tenant, EVENTS_PER_TRANSACTION)) {
            UUID stream = row.get("stream", UUID.class);
            long seq = row.get("seq", Long.class);
            Digest chain = Digest.of(row.get("chain", byte[].class));
            byte[] payload = row.get("payload", byte[].class);
            Cursor cursor = cursors.computeIfAbsent(stream, key -> Cursor.of(tenant, stream, row));
            cursor.advance(tenant, stream, seq, Digest.sha256(payload), chain, row.get("event_id", UUID.class));
            balances.apply(row.get("event_id", UUID.class), row.get("type", String.class), payload);
            leaves.add(SealFormat.leaf(tenant, stream, seq, chain));
            streams.add(stream);
            seqs.add(seq);
        }
        LogTiles tiles = new LogTiles(sql, tenant);
        if (!leaves.isEmpty()) {
            TileTree.of(tiles, before).append(leaves);
            tiles.flush();
            sql.execute("""
                    insert into spendguard.canonical_event (tenant, log_index, stream, seq)
                    select ?, ? + event.place - 1, event.stream, event.seq
                      from unnest(?::uuid[], ?::bigint[]) with ordinality as event(stream, seq, place)
                    """, tenant, before, streams.toArray(UUID[]::new), seqs.toArray(Long[]::new));
            cursors.forEach((stream, cursor) -> sql.execute("""
                    insert into spendguard.log_cursor (tenant, stream, seq, chain) values (?, ?, ?, ?)
                    on conflict (tenant, stream) do update set seq = excluded.seq, chain = excluded.chain
                    """, tenant, stream, cursor.seq, cursor.chain.bytes()));
            balances.write();
        }
        long size = before + leaves.size();
        boolean isAll = leaves.size() < EVENTS_PER_TRANSACTION;
        if (isAll) {
            requireBalances(sql, tenant); // this snapshot holds every event that its account rows follow from
        }
        sql.execute(
                "update spendguard.log_tree set size = ?, checked_size = case when ? then ? else checked_size end"
                        + " where tenant = ?",
                size,
                isAll,
                size,
                tenant);
        return leaves.size();
    }

    private static void requireBalances(DSLContext sql, String tenant) {
        sql.fetchOptional("""
                select coalesce(account.account_id, known.account_id) as account_id
                  from (select * from spendguard.account where tenant = ?) account
                  full join (select * from spendguard.log_balance where tenant = ?) known
                    on known.account_id = account.account_id
                 where coalesce(account.limit_atoms, 0) <> coalesce(known.limit_atoms, 0)
                    or coalesce(account.spent_atoms, 0) <> coalesce(known.spent_atoms, 0)
                    or coalesce(account.held_atoms, 0) <> coalesce(known.held_atoms, 0)
                    or coalesce(account.debt_atoms, 0) <> coalesce(known.debt_atoms, 0)
                 order by account_id
                 limit 1
                """, tenant, tenant).ifPresent(row -> {
            throw new EvidenceException("Checkpoint is blocked: account " + row.get(0, UUID.class) + " of tenant '"
                    + tenant + "' has a balance that does not follow from its events. Run: spendguard ledger check");
        });
    }

    /** Appends the heads of the trees that grew; returns what is to be signed. */
    private static Checkpoint appendHeads(DSLContext sql, Checkpoint none) {
        long before = lock(sql, ALL);
        LogTiles tiles = new LogTiles(sql, ALL);
        TileTree all = TileTree.of(tiles, before);
        Optional<SignedNote> last = latest(sql);
        if (last.isPresent()) {
            Checkpoint signed = Checkpoint.parse(last.get().text());
            if (signed.size() > before || !all.root(signed.size()).equals(signed.root())) {
                throw new EvidenceException("Checkpoint is blocked: the tree of " + before
                        + " heads does not continue checkpoint " + signed.size()
                        + ", which was signed. Restore the log from its backup.");
            }
        }
        List<Digest> leaves = new ArrayList<>();
        for (Record row : sql.fetch("""
                select tree.tenant, tree.size
                  from spendguard.log_tree tree
                 where tree.tenant <> '' and tree.size > 0 and tree.checked_size = tree.size
                   and not exists (
                    select from spendguard.tree_head head where head.tenant = tree.tenant and head.size >= tree.size)
                 order by tree.tenant
                """)) {
            String tenant = row.get(0, String.class);
            long size = row.get(1, Long.class);
            Digest root = TileTree.of(new LogTiles(sql, tenant), size).root();
            Digest balances = balanceRoot(sql, tenant);
            sql.execute(
                    "insert into spendguard.tree_head (tenant, size, root, balance_root, global_index)"
                            + " values (?, ?, ?, ?, ?)",
                    tenant,
                    size,
                    root.bytes(),
                    balances.bytes(),
                    before + leaves.size());
            leaves.add(LogHead.of(tenant, size, root, balances).leaf());
        }
        all.append(leaves);
        tiles.flush();
        sql.execute("update spendguard.log_tree set size = ? where tenant = ''", all.size());
        if (all.size() == 0) {
            throw new EvidenceException(
                    "The ledger has no event yet: there is nothing to sign. Decide something first.");
        }
        return new Checkpoint(none.origin(), all.size(), all.root());
    }

    private static Digest balanceRoot(DSLContext sql, String tenant) {
        List<Digest> leaves = sql.fetch("""
                        select account_id, limit_atoms, spent_atoms, held_atoms, debt_atoms from spendguard.log_balance
                         where tenant = ?
                           and (limit_atoms <> 0 or spent_atoms <> 0 or held_atoms <> 0 or debt_atoms <> 0)
                         order by account_id
                        """, tenant)
                .map(row -> LogHead.balanceLeaf(
                        row.get(0, UUID.class),
                        row.get(1, Long.class),
                        row.get(2, Long.class),
                        row.get(3, Long.class),
                        row.get(4, Long.class)));
        return leaves.isEmpty() ? MerkleTree.emptyRoot() : MerkleTree.of(leaves).root();
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
        Optional<SignedNote> note = latest(sql);
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
                        tree(sql, tenant).inclusion(index, head.get("size", Long.class)),
                        Digest.of(head.get("balance_root", byte[].class)),
                        head.get("global_index", Long.class),
                        tree(sql, ALL).inclusion(head.get("global_index", Long.class), checkpoint.size()),
                        note.get()));
    }

    /** Makes others wait who want to append to the tree; returns its size. */
    private static long lock(DSLContext sql, String tenant) {
        sql.execute("insert into spendguard.log_tree (tenant) values (?) on conflict do nothing", tenant);
        return size(sql, "select size from spendguard.log_tree where tenant = ? for update", tenant);
    }

    private static TileTree tree(DSLContext sql, String tenant) {
        return TileTree.of(
                new LogTiles(sql, tenant), size(sql, "select size from spendguard.log_tree where tenant = ?", tenant));
    }

    private static long size(DSLContext sql, String query, String tenant) {
        return sql.fetchOptional(query, tenant)
                .map(row -> row.get(0, Long.class))
                .orElse(0L);
    }

    private static LogHead head(Record row) {
        return LogHead.of(
                row.get("tenant", String.class),
                row.get("size", Long.class),
                Digest.of(row.get("root", byte[].class)),
                Digest.of(row.get("balance_root", byte[].class)));
    }

    private static Optional<SignedNote> latest(DSLContext sql) {
        return sql.fetchOptional("select max(size) from spendguard.checkpoint")
                .map(row -> row.get(0, Long.class))
                .flatMap(size -> note(sql, size));
    }

    private static Optional<SignedNote> note(DSLContext sql, long size) {
        return sql.fetchOptional("select note from spendguard.checkpoint where size = ?", size)
                .map(row -> {
                    SignedNote note = SignedNote.parse(row.get(0, String.class).getBytes(StandardCharsets.UTF_8));
                    for (Record line :
                            sql.fetch("select line from spendguard.cosignature where size = ? order by line", size)) {
                        note = note.with(SignedNote.Signature.parse(line.get(0, String.class)));
                    }
                    return note;
                });
    }

    private void stream(String query, Consumer<Record> sink, Object... values) {
        transaction(sql -> {
            try (Stream<Record> rows =
                    sql.resultQuery(query, values).fetchSize(1_000).fetchStream()) {
                rows.forEach(sink);
            }
            return true;
        });
    }

    /** One snapshot; what another process changed meanwhile is tried again. */
    private <T> T transaction(Function<DSLContext, T> work) {
        for (int attempt = 1; ; attempt++) {
            try (Connection connection = dataSource.getConnection()) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                connection.setAutoCommit(false);
                try {
                    T result = work.apply(Jooq.on(connection));
                    connection.commit();
                    return result;
                } catch (RuntimeException | SQLException failed) {
                    connection.rollback();
                    throw failed;
                }
            } catch (SQLException | DataAccessException failed) {
                SQLException driver =
                        failed instanceof DataAccessException jooq ? Jooq.driverFailure(jooq) : (SQLException) failed;
                if (attempt < ATTEMPTS && SqlFailure.of(driver) == SqlFailure.RETRY) {
                    continue;
                }
                throw new LedgerUnavailableException(
                        "Log cannot be kept: " + SqlFailure.firstLine(driver)
                                + " Connect as a role to which spendguard_log was granted, and check the database.",
                        failed);
            }
        }
    }

    /** How far a stream was forwarded. */
    private static final class Cursor {
        private long seq;
        private Digest chain;

        private Cursor(long seq, Digest chain) {
            this.seq = seq;
            this.chain = chain;
        }

        private static Cursor of(String tenant, UUID stream, Record row) {
            byte[] last = row.get("last_chain", byte[].class);
            return new Cursor(
                    row.get("forwarded", Long.class),
                    last == null ? SealFormat.start(tenant, stream) : Digest.of(last));
        }

        private void advance(String tenant, UUID stream, long next, Digest digest, Digest claimed, UUID event) {
            if (next != seq + 1) {
                throw new EvidenceException("Checkpoint is blocked: position " + (seq + 1) + " of stream " + stream
                        + " of tenant '" + tenant + "' is missing before " + next
                        + ", and positions have no gaps. Look for it in a backup.");
            }
            if (!SealFormat.next(chain, digest).equals(claimed)) {
                throw new EvidenceException(
                        "Checkpoint is blocked: event " + event + " (position " + next + " of stream "
                                + stream + ", tenant '" + tenant
                                + "') is not what was signed there. Compare it with a backup.");
            }
            seq = next;
            chain = claimed;
        }
    }

    /** What events make of a tenant's accounts. */
    private static final class Balances {
        private static final List<String> KINDS = List.of("ADJUSTMENT", "SPENT", "HELD", "DEBT");
        /** Part of the limit, as what contracts give. */
        private static final String GRANT = "GRANT";

        private static final int ADJUSTMENT = 0;
        private static final int DEBT = 3;

        private final DSLContext sql;
        private final String tenant;
        private final Map<UUID, long[]> balances = new LinkedHashMap<>();
        private final Set<UUID> changed = new LinkedHashSet<>();

        private Balances(DSLContext sql, String tenant) {
            this.sql = sql;
            this.tenant = tenant;
            sql.fetch("select * from spendguard.log_balance where tenant = ?", tenant)
                    .forEach(row -> balances.put(row.get("account_id", UUID.class), new long[] {
                        row.get("limit_atoms", Long.class),
                        row.get("spent_atoms", Long.class),
                        row.get("held_atoms", Long.class),
                        row.get("debt_atoms", Long.class)
                    }));
        }

        private void apply(UUID event, String type, byte[] payload) {
            if (type.equals(EventTypes.STREAM_OPENED) || type.equals(EventTypes.STREAM_CLOSED)) {
                return;
            }
            try {
                JsonObject data = JsonObject.parse(payload).object("data");
                if (!data.has("entries")) {
                    return;
                }
                for (JsonObject entry : data.objects("entries")) {
                    int kind = entry.string("kind").equals(GRANT) ? ADJUSTMENT : KINDS.indexOf(entry.string("kind"));
                    if (kind < 0) {
                        continue; // what is available follows from the others
                    }
                    UUID account = UUID.fromString(entry.string("account"));
                    long atoms = Long.parseLong(entry.string("atomic"));
                    long[] balance = balances.computeIfAbsent(account, key -> new long[KINDS.size()]);
                    balance[kind] = kind == ADJUSTMENT || kind == DEBT
                            ? Math.subtractExact(balance[kind], atoms)
                            : Math.addExact(balance[kind], atoms);
                    changed.add(account);
                }
            } catch (IllegalArgumentException | ArithmeticException malformed) {
                throw new EvidenceException(
                        "Checkpoint is blocked: event " + event + " of tenant '" + tenant + "' has no legible entries ("
                                + malformed.getMessage() + "). Ask who wrote it.",
                        malformed);
            }
        }

        private void write() {
            for (UUID account : changed) {
                long[] balance = Objects.requireNonNull(balances.get(account));
                sql.execute("""
                        insert into spendguard.log_balance (tenant, account_id, limit_atoms, spent_atoms, held_atoms, debt_atoms)
                        values (?, ?, ?, ?, ?, ?)
                        on conflict (tenant, account_id) do update
                           set limit_atoms = excluded.limit_atoms, spent_atoms = excluded.spent_atoms,
                               held_atoms = excluded.held_atoms, debt_atoms = excluded.debt_atoms
                        """, tenant, account, balance[0], balance[1], balance[2], balance[3]);
            }
        }
    }
}
