package io.spendguard.jdbc;

import io.spendguard.evidence.DroppedEvent;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogInclusion;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.model.Digest;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.TileTree;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jooq.DSLContext;
import org.jooq.Record;

/** The log as of one checkpoint, read anew each time; all of it only grows, so that it stays as of that checkpoint. */
final class LogSnapshot implements LogExport {
    private final LogDatabase database;
    private final SignedNote note;
    private final long size;
    /** Or empty for all. */
    private final String tenant;

    LogSnapshot(LogDatabase database, SignedNote note, long size, String tenant) {
        this.database = database;
        this.note = note;
        this.size = size;
        this.tenant = tenant;
    }

    @Override
    public SignedNote checkpoint() {
        return note;
    }

    @Override
    public void heads(Consumer<LogHead> sink) {
        database.stream("""
                select tenant, size, root, balance_root from spendguard.tree_head
                 where global_index < ? order by global_index
                """, row -> sink.accept(head(row)), size);
    }

    @Override
    public void runs(Consumer<LogRun> sink) {
        // Where a stream's positions and the leaves advance together, the difference stays the same.
        database.stream(
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
                tenant,
                tenant);
    }

    @Override
    public List<Optional<LogInclusion>> inclusions(List<SealedAuditEvent> events) {
        return database.transaction(sql -> {
            Map<String, TileTree> trees = new HashMap<>();
            return sql.fetch(
                            """
                            select asked.tenant, leaf.log_index, head.size
                              from unnest(?::text[], ?::uuid[], ?::bigint[])
                                   with ordinality as asked(tenant, stream, seq, nr)
                              left join spendguard.canonical_event leaf
                                on leaf.tenant = asked.tenant and leaf.stream = asked.stream and leaf.seq = asked.seq
                              left join (select tenant, max(size) as size from spendguard.tree_head
                                          where global_index < ? group by tenant) head
                                on head.tenant = asked.tenant and leaf.log_index < head.size
                             order by asked.nr
                            """,
                            events.stream().map(event -> event.event().tenant()).toArray(String[]::new),
                            events.stream().map(SealedAuditEvent::stream).toArray(UUID[]::new),
                            events.stream().map(SealedAuditEvent::seq).toArray(Long[]::new),
                            size)
                    .map(row -> Optional.ofNullable(row.get("size", Long.class))
                            .map(leaves -> inclusion(sql, trees, row, leaves)));
        });
    }

    private static LogInclusion inclusion(DSLContext sql, Map<String, TileTree> trees, Record row, long leaves) {
        String of = row.get("tenant", String.class);
        long index = row.get("log_index", Long.class);
        TileTree tree =
                trees.computeIfAbsent(of, name -> TileTree.of(new RememberedTiles(new LogTiles(sql, name)), leaves));
        return new LogInclusion(index, leaves, tree.inclusion(index, leaves));
    }

    @Override
    public Optional<Digest> chain(String of, UUID stream, long seq) {
        return database.transaction(sql -> sql.fetchOptional(
                        "select chain from spendguard.outbox where tenant = ? and stream = ? and seq = ?",
                        of,
                        stream,
                        seq)
                .map(row -> Digest.of(row.get(0, byte[].class))));
    }

    @Override
    public void dropped(Consumer<DroppedEvent> sink) {
        database.stream(DroppedRows.EVENTS, row -> sink.accept(DroppedRows.event(row)), tenant, tenant);
    }

    @Override
    public void openings(Consumer<OpeningBalance> sink) {
        database.stream(DroppedRows.OPENINGS, row -> sink.accept(DroppedRows.opening(row)), tenant, tenant);
    }

    static LogHead head(Record row) {
        return LogHead.of(
                row.get("tenant", String.class),
                row.get("size", Long.class),
                Digest.of(row.get("root", byte[].class)),
                Digest.of(row.get("balance_root", byte[].class)));
    }
}
