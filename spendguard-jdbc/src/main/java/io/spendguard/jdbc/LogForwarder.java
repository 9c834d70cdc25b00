package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.SealFormat;
import io.spendguard.model.Digest;
import io.spendguard.proof.TileTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * Takes events from the outbox into the tenants' trees: leaves, where forwarding stands and balances commit together, so that
 * no leaf is there twice and none is missing. A tree's row is locked while it grows.
 */
final class LogForwarder {
    private static final int EVENTS_PER_TRANSACTION = 10_000;

    private final LogDatabase database;

    LogForwarder(LogDatabase database) {
        this.database = database;
    }

    /** Every tenant that has a stream, in order. */
    List<String> tenants() {
        return database.transaction(sql -> sql.fetch("select distinct tenant from spendguard.stream order by tenant")
                .getValues(0, String.class));
    }

    /**
     * The tenants that have an event which was not taken up yet, in order. Looks at streams that are not closed: what somebody wrote
     * behind a closing event is taken up with the tenant's next one, for verification to find.
     */
    List<String> waiting() {
        return database.transaction(sql -> sql.fetch("""
                select distinct stream.tenant
                  from spendguard.stream
                  left join spendguard.log_cursor cursor
                    on cursor.tenant = stream.tenant and cursor.stream = stream.stream
                 where not coalesce(cursor.is_closed, false)
                   and exists (
                    select from spendguard.outbox event
                     where event.tenant = stream.tenant and event.stream = stream.stream
                       and event.seq > coalesce(cursor.seq, 0))
                 order by stream.tenant
                """).getValues(0, String.class));
    }

    /**
     * Takes up all of a tenant's new events and compares its balances with its accounts.
     *
     * @return how many events were taken up
     * @throws EvidenceException when a stream has a gap, an event does not follow from the one before, or balances do not
     *     follow from the events; what was taken up before stays
     */
    long forward(String tenant) {
        long all = 0;
        int piece;
        do {
            piece = database.transaction(sql -> forwardPiece(sql, tenant));
            all += piece;
        } while (piece == EVENTS_PER_TRANSACTION);
        return all;
    }

    /** Appends a tenant's next events, in order of stream and position; returns how many. */
    private static int forwardPiece(DSLContext sql, String tenant) {
        long before = LogTrees.lock(sql, tenant);
        List<Digest> leaves = new ArrayList<>();
        Map<UUID, StreamCursor> cursors = new LinkedHashMap<>();
        LogBalances balances = new LogBalances(tenant);
        List<UUID> streams = new ArrayList<>();
        List<Long> seqs = new ArrayList<>();
        for (Record row : next(sql, tenant)) {
            UUID stream = row.get("stream", UUID.class);
            UUID event = row.get("event_id", UUID.class);
            long seq = row.get("seq", Long.class);
            Digest chain = Digest.of(row.get("chain", byte[].class));
            byte[] payload = row.get("payload", byte[].class);
            cursors.computeIfAbsent(
                            stream,
                            key -> new StreamCursor(
                                    tenant,
                                    stream,
                                    row.get("forwarded", Long.class),
                                    row.get("last_chain", byte[].class)))
                    .advance(seq, Digest.sha256(payload), chain, event, row.get("type", String.class));
            balances.apply(event, row.get("type", String.class), payload);
            leaves.add(SealFormat.leaf(tenant, stream, seq, chain));
            streams.add(stream);
            seqs.add(seq);
        }
        if (!leaves.isEmpty()) {
            LogTiles tiles = new LogTiles(sql, tenant);
            TileTree.of(tiles, before).append(leaves);
            tiles.flush();
            sql.execute("""
                    insert into spendguard.canonical_event (tenant, log_index, stream, seq)
                    select ?, ? + event.place - 1, event.stream, event.seq
                      from unnest(?::uuid[], ?::bigint[]) with ordinality as event(stream, seq, place)
                    """, tenant, before, streams.toArray(UUID[]::new), seqs.toArray(Long[]::new));
            cursors.forEach((stream, cursor) -> sql.execute(
                    """
                    insert into spendguard.log_cursor (tenant, stream, seq, chain, is_closed) values (?, ?, ?, ?, ?)
                    on conflict (tenant, stream) do update
                       set seq = excluded.seq, chain = excluded.chain, is_closed = excluded.is_closed
                    """, tenant, stream, cursor.seq(), cursor.chain().bytes(), cursor.isClosed()));
            balances.write(sql);
        }
        boolean isAll = leaves.size() < EVENTS_PER_TRANSACTION;
        if (isAll) {
            // this snapshot holds every event that its account rows follow from
            LogBalances.requireThoseOfTheAccounts(sql, tenant);
        }
        LogTrees.grown(sql, tenant, before + leaves.size(), isAll);
        return leaves.size();
    }

    private static Iterable<Record> next(DSLContext sql, String tenant) {
        return sql.fetch("""
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
                """, tenant, tenant, EVENTS_PER_TRANSACTION);
    }
}
