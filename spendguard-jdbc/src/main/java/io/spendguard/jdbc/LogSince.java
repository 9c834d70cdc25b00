package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.model.Digest;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.TileTree;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * What a log came to between two of its checkpoints. Only tenants with a head between them have anything there; how they stood at
 * the earlier one, and how far it covers their streams, is read once and kept.
 */
final class LogSince implements LogExport {
    /** The last head before the first checkpoint (first value) of each tenant that has one between it and the second. */
    private static final String BASES = """
            select distinct on (head.tenant) head.tenant, head.size, head.balance_root, head.global_index,
                   coalesce(dropped.size, 0) as dropped
              from spendguard.tree_head head
              left join spendguard.dropped_period dropped on dropped.tenant = head.tenant
             where head.global_index < ?
               and exists (
                select from spendguard.tree_head later
                 where later.tenant = head.tenant and later.global_index >= ? and later.global_index < ?)
               and (? = '' or head.tenant = ?)
             order by head.tenant, head.size desc
            """;

    /** Tenants that have a head only after the first checkpoint, and of whom something was dropped. */
    private static final String DROPPED_SINCE = """
            select dropped.tenant, 0::bigint as size, dropped.size as dropped
              from spendguard.dropped_period dropped
             where dropped.size > 0
               and (? = '' or dropped.tenant = ?)
               and not exists (
                select from spendguard.tree_head head where head.tenant = dropped.tenant and head.global_index < ?)
               and exists (
                select from spendguard.tree_head head where head.tenant = dropped.tenant and head.global_index < ?)
            """;

    private final LogDatabase database;
    private final SignedNote note;
    private final long from;
    private final long size;
    /** Or empty for all. */
    private final String tenant;

    private final Map<String, Base> bases = new LinkedHashMap<>();
    private final Map<StreamName, Last> lasts = new HashMap<>();

    /** The log between the checkpoints with {@code from} and with {@code size} heads; the latter's note. */
    LogSince(LogDatabase database, SignedNote note, long from, long size, String tenant) {
        this.database = database;
        this.note = note;
        this.from = from;
        this.size = size;
        this.tenant = tenant;
        database.stream(
                BASES,
                row -> {
                    bases.put(row.get("tenant", String.class), new Base(row));
                    requireNotDropped(row);
                },
                from,
                from,
                size,
                tenant,
                tenant);
        database.stream(DROPPED_SINCE, this::requireNotDropped, tenant, tenant, from, size);
        bases.forEach((of, base) -> database.stream(
                """
                select stream, max(seq), max(log_index) from spendguard.canonical_event
                 where tenant = ? and log_index < ? group by stream
                """,
                row -> lasts.put(
                        new StreamName(of, row.get(0, UUID.class)),
                        new Last(row.get(1, Long.class), row.get(2, Long.class))),
                of,
                base.size));
    }

    private void requireNotDropped(Record row) {
        if (row.get("dropped", Long.class) > row.get("size", Long.class)) {
            throw new EvidenceException("Events of tenant '" + row.get("tenant", String.class) + "' after checkpoint "
                    + from + " were closed and dropped. Export from a later checkpoint, or from the first event on.");
        }
    }

    @Override
    public SignedNote checkpoint() {
        return note;
    }

    @Override
    public void heads(Consumer<LogHead> sink) {
        database.stream("""
                select tenant, size, root, balance_root from spendguard.tree_head
                 where global_index >= ? and global_index < ? order by global_index
                """, row -> sink.accept(LogSnapshot.head(row)), from, size);
    }

    @Override
    public void runs(Consumer<LogRun> sink) {
        database.stream(
                """
                select event.tenant, min(event.log_index) as first, event.stream,
                       min(event.seq) as from_seq, max(event.seq) as to_seq
                  from spendguard.canonical_event event
                  join (select tenant, max(size) as size, coalesce(max(size) filter (where global_index < ?), 0) as base
                          from spendguard.tree_head
                         where global_index < ? group by tenant) head on head.tenant = event.tenant
                 where event.log_index >= head.base and event.log_index < head.size and (? = '' or event.tenant = ?)
                 group by event.tenant, event.stream, event.log_index - event.seq
                 order by event.tenant, first
                """,
                row -> sink.accept(new LogRun(
                        row.get(0, String.class),
                        row.get(1, Long.class),
                        row.get(2, UUID.class),
                        row.get(3, Long.class),
                        row.get(4, Long.class))),
                from,
                size,
                tenant,
                tenant);
    }

    @Override
    public void openings(Consumer<OpeningBalance> sink) {
        database.stream(
                DroppedRows.OPENINGS,
                row -> {
                    OpeningBalance opening = DroppedRows.opening(row);
                    if (bases.containsKey(opening.tenant())) {
                        sink.accept(opening);
                    }
                },
                tenant,
                tenant);
    }

    @Override
    public void start(Consumer<LogStart> sink) {
        database.transaction(sql -> {
            TileTree all = TileTree.of(new RememberedTiles(new LogTiles(sql, LogTrees.ALL)), from);
            sink.accept(new LogStart.OfLog(from, all.frontier(from)));
            bases.forEach((of, base) -> sink.accept(new LogStart.OfTenant(
                    of,
                    base.size,
                    base.balanceRoot,
                    base.globalIndex,
                    all.inclusion(base.globalIndex, from),
                    TileTree.of(new LogTiles(sql, of), base.size).frontier(base.size))));
            bases.forEach((of, base) -> streams(sql, of, base, sink));
            return true;
        });
    }

    /** Those that go on between the checkpoints. */
    private void streams(DSLContext sql, String of, Base base, Consumer<LogStart> sink) {
        TileTree tree = TileTree.of(new RememberedTiles(new LogTiles(sql, of)), base.size);
        for (Record row : sql.fetch("""
                select event.stream, event.seq, event.chain
                  from spendguard.outbox event
                  join unnest(?::uuid[], ?::bigint[]) as last(stream, seq)
                    on last.stream = event.stream and last.seq = event.seq
                 where event.tenant = ?
                   and exists (
                    select from spendguard.canonical_event next
                     where next.tenant = event.tenant and next.stream = event.stream and next.seq = event.seq + 1
                       and next.log_index < (
                        select max(head.size) from spendguard.tree_head head
                         where head.tenant = event.tenant and head.global_index < ?))
                 order by event.stream
                """, lastStreams(of), lastPositions(of), of, size)) {
            UUID stream = row.get("stream", UUID.class);
            Last last = Objects.requireNonNull(lasts.get(new StreamName(of, stream)));
            sink.accept(new LogStart.OfStream(
                    of,
                    stream,
                    last.seq,
                    Digest.of(row.get("chain", byte[].class)),
                    last.index,
                    tree.inclusion(last.index, base.size)));
        }
    }

    private UUID[] lastStreams(String of) {
        return lasts.keySet().stream()
                .filter(name -> name.tenant.equals(of))
                .map(StreamName::stream)
                .toArray(UUID[]::new);
    }

    private Long[] lastPositions(String of) {
        return lasts.entrySet().stream()
                .filter(last -> last.getKey().tenant.equals(of))
                .map(last -> last.getValue().seq)
                .toArray(Long[]::new);
    }

    @Override
    public long lastBefore(String of, UUID stream) {
        return Optional.ofNullable(lasts.get(new StreamName(of, stream)))
                .map(Last::seq)
                .orElse(0L);
    }

    /** How a tenant stood at the earlier checkpoint. */
    private static final class Base {
        private final long size;
        private final long globalIndex;
        private final Digest balanceRoot;

        private Base(Record row) {
            this.size = row.get("size", Long.class);
            this.globalIndex = row.get("global_index", Long.class);
            this.balanceRoot = Digest.of(row.get("balance_root", byte[].class));
        }
    }

    private record StreamName(String tenant, UUID stream) {}

    /** A stream's last event under the earlier checkpoint, and its leaf. */
    private record Last(long seq, long index) {}
}
