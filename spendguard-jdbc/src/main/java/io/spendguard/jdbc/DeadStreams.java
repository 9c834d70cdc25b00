package io.spendguard.jdbc;

import io.spendguard.evidence.EventTypes;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.model.Digest;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes streams whose writers died. Each is closed by one statement in autocommit, with a sealer of its own, so that decisions do not
 * wait for it: it writes the event behind the stream's last one and, around it, a stream of its own that is opened and closed. All of it is
 * durable or nothing, and the next look finds out which. Whether the writer was dead is decided by the position alone.
 */
final class DeadStreams {
    private static final Logger LOG = LoggerFactory.getLogger(DeadStreams.class);
    private static final int PAGE = 64;
    private static final int MOST_PAGES = 16;

    /**
     * Streams that are not known to be closed, and nobody's or of a writer that was silent; each with its last event. A stream that was
     * opened without telling whose it is was the work of an older version, or is being closed at once: it has as much time.
     */
    private static final String SILENT = """
            select known.tenant, known.stream, opened.key_id, last.seq, last.chain, last.type
              from spendguard.stream_writer known
              join spendguard.stream opened on opened.tenant = known.tenant and opened.stream = known.stream
              left join spendguard.writer on writer.tenant = '' and writer.writer = known.writer
              cross join lateral (
                select event.seq, event.chain, event.type from spendguard.outbox event
                 where event.tenant = known.tenant and event.stream = known.stream
                 order by event.seq desc limit 1) last
             where not known.is_closed
               and coalesce(writer.heard_at, opened.opened_at) <= clock_timestamp() - ? * interval '1 millisecond'
               and (known.tenant, known.stream) > (?::text, ?::uuid)
               and exists (
                select from spendguard.writer asker
                 where asker.tenant = '' and asker.writer = ?
                   and asker.heard_since <= clock_timestamp() - ? * interval '1 millisecond')
             order by known.tenant, known.stream
             limit ?
            """;

    private static final String KEEP_CLOSED = """
            update spendguard.stream_writer known set is_closed = true
              from unnest(?::text[], ?::uuid[]) as closed(tenant, stream)
             where known.tenant = closed.tenant and known.stream = closed.stream
            """;

    private final DataSource connections;
    private final PostgresLedger.Options options;
    private final LedgerHost host;
    private final UUID asker;
    private final int pageSize;
    private final int mostPages;
    /** The last stream the look before saw when it was cut off; null when it saw all. */
    private volatile @Nullable Record last;

    /**
     * Takes where connections come from, who signs, and the writer of the session that asks.
     */
    DeadStreams(DataSource connections, PostgresLedger.Options options, LedgerHost host, UUID asker) {
        this(connections, options, host, asker, PAGE, MOST_PAGES);
    }

    /** As above, for so many streams in a page and so many pages at a time. */
    DeadStreams(
            DataSource connections,
            PostgresLedger.Options options,
            LedgerHost host,
            UUID asker,
            int pageSize,
            int mostPages) {
        this.pageSize = pageSize;
        this.mostPages = mostPages;
        this.connections = connections;
        this.options = options;
        this.host = host;
        this.asker = asker;
    }

    /**
     * Closes what is dead by now, at most about a thousand streams. The next call goes on with those behind, so that streams that cannot
     * be closed keep nobody waiting.
     *
     * @return how many were closed
     * @throws LedgerUnavailableException when the database cannot be reached or nothing can be signed
     */
    int close(Duration silence) {
        try (Connection connection = connections.getConnection()) {
            PostgresLedger.limitSilence(connection, PostgresLedger.LONG_SILENCE);
            return close(connection, silence);
        } catch (SQLException | DataAccessException e) {
            throw new LedgerUnavailableException(
                    "Streams of dead writers cannot be closed now: " + SqlFailure.firstLine(e)
                            + " The next sweep tries again.",
                    e);
        }
    }

    private int close(Connection connection, Duration silence) throws SQLException {
        DSLContext sql = Jooq.on(connection);
        EventSealer sealer = null;
        int closedNow = 0;
        Record after = last;
        for (int page = 0; page < mostPages; page++) {
            List<Record> silent = silent(sql, silence, after);
            List<Record> closed = new ArrayList<>();
            for (Record stream : silent) {
                if (EventTypes.closesItsStream(stream.get("type", String.class))) {
                    closed.add(stream);
                    continue;
                }
                if (sealer == null) {
                    sealer = host.newSealer();
                }
                if (isClosedNow(connection, sealer, stream)) {
                    closed.add(stream);
                    closedNow++;
                }
            }
            keepClosed(sql, closed);
            if (silent.size() < pageSize) {
                last = null;
                return closedNow;
            }
            after = silent.get(silent.size() - 1);
        }
        last = after;
        return closedNow;
    }

    private List<Record> silent(DSLContext sql, Duration silence, @Nullable Record after) {
        return sql.fetch(
                SILENT,
                silence.toMillis(),
                after == null ? "" : after.get("tenant", String.class),
                after == null ? new UUID(0, 0) : after.get("stream", UUID.class),
                asker,
                silence.toMillis(),
                pageSize);
    }

    /** One bad stream stops nobody; only what would stop each of them is thrown. */
    private boolean isClosedNow(Connection connection, EventSealer sealer, Record stream) throws SQLException {
        EventSealer.Tail tail = new EventSealer.Tail(
                stream.get("tenant", String.class),
                stream.get("stream", UUID.class),
                stream.get("seq", Long.class),
                Digest.of(stream.get("chain", byte[].class)));
        PostCall call = new PostCall().events(sealer.sealClosingOf(tail, stream.get("key_id", String.class)));
        try {
            call.execute(connection, true, (int) options.lockTimeout().toMillis());
            sealer.committed();
            LOG.warn(
                    "Stream {} of tenant '{}' was closed after position {} by a fence: its writer was silent",
                    tail.stream(),
                    tail.tenant(),
                    tail.seq());
            return true;
        } catch (SQLException e) {
            sealer.abandoned();
            switch (SqlFailure.of(e)) {
                case CONNECTION_LOST, UNAVAILABLE -> throw e;
                case POSITION_TAKEN, LOCKED, RETRY ->
                    LOG.debug("Stream {} is not dead, or not yet: its position is being taken", tail.stream(), e);
                case OBJECTION, REFUSED ->
                    LOG.warn(
                            "Stream {} of tenant '{}' cannot be closed in place of its dead writer; the next sweep tries"
                                    + " again",
                            tail.stream(),
                            tail.tenant(),
                            e);
            }
            return false;
        }
    }

    private static void keepClosed(DSLContext sql, List<Record> closed) {
        if (!closed.isEmpty()) {
            sql.execute(
                    KEEP_CLOSED,
                    closed.stream()
                            .map(stream -> stream.get("tenant", String.class))
                            .toArray(String[]::new),
                    closed.stream()
                            .map(stream -> stream.get("stream", UUID.class))
                            .toArray(UUID[]::new));
        }
    }
}
