package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.SealFormat;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.VerificationKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * Looks at single audit events of a ledger, and follows new ones. What it hands over is what is stored, without the clear values
 * of persons; whether it is genuine is for who asks to check.
 *
 * <p>Each call opens a connection of its own and blocks. Safe for any number of threads; a {@link Follower} is not.
 *
 * @see PostgresLedger#events
 */
public final class EvidenceReader {
    private static final String EVENT =
            "select event.*, null::bytea[] as commitments, null::text[] as personal_values, null::bytea[] as salts";

    /** So many tenants are named to somebody who named none of them. */
    private static final int NAMED_TENANTS = 10;

    private final LogDatabase database;

    private EvidenceReader(DataSource dataSource) {
        this.database = new LogDatabase(dataSource, "spendguard_app");
    }

    /**
     * The events of a database that {@link PostgresLedger#migrate} prepared. Nothing is asked of the database yet.
     *
     * @param dataSource makes a new connection on each call, as a login role to which {@code spendguard_app} was granted
     */
    public static EvidenceReader open(DataSource dataSource) {
        return new EvidenceReader(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * One event by its id; empty when the tenant has none of that id.
     *
     * @throws EvidenceException when it was closed and dropped
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public Optional<SealedEvent> event(String tenant, UUID id) {
        return database.transaction(sql -> {
            Optional<Record> row = sql.fetchOptional(
                    EVENT + " from spendguard.outbox event where event.tenant = ? and event.event_id = ?", tenant, id);
            if (row.isPresent() && row.get().get("payload") == null) {
                throw new EvidenceException("Event " + id + " of tenant '" + tenant
                        + "' was closed and dropped: only its archive holds what it said. Look for it there; it is still"
                        + " proved by: spendguard log prove");
            }
            return row.map(Rows::event);
        });
    }

    /** Everything recorded of a decision that was not dropped: itself first, then in order of stream and position. Reads all events. */
    public List<SealedEvent> ofDecision(String tenant, UUID decision) {
        // Looking for the id's bytes is much cheaper than taking each payload apart.
        return database.transaction(sql -> sql.fetch(EVENT + """
                 from spendguard.outbox event
                where event.tenant = ?
                  and position(convert_to(?, 'UTF8') in event.payload) > 0
                  and convert_from(event.payload, 'UTF8')::jsonb ->> 'decisionid' = ?
                order by event.type <> 'io.spendguard.decision.v1', event.stream, event.seq
                """, tenant, decision.toString(), decision.toString())
                .map(Rows::event));
    }

    /** The chain value before an event's position; empty when the position before it is missing. */
    public Optional<Digest> chainBefore(SealedEvent event) {
        String tenant = event.draft().tenant();
        if (event.seq() == 1) {
            return Optional.of(SealFormat.start(tenant, event.stream()));
        }
        return database.transaction(sql -> sql.fetchOptional(
                        "select chain from spendguard.outbox where tenant = ? and stream = ? and seq = ?",
                        tenant,
                        event.stream(),
                        event.seq() - 1)
                .map(row -> Digest.of(row.get(0, byte[].class))));
    }

    /** The certificates of its key that an event's stream states up to it, legible ones; whether a root signed them is to be checked. */
    public List<KeyCertificate> certificates(SealedEvent event) {
        List<KeyCertificate> certificates = new ArrayList<>();
        database.stream(
                """
                select payload from spendguard.outbox
                 where tenant = ? and stream = ? and seq <= ?
                   and type in ('io.spendguard.stream.opened.v1', 'io.spendguard.key.certified.v1')
                 order by seq
                """,
                row -> certificate(row.get(0, byte[].class)).ifPresent(certificates::add),
                event.draft().tenant(),
                event.stream(),
                event.seq());
        return certificates;
    }

    private static Optional<KeyCertificate> certificate(byte[] payload) {
        try {
            JsonObject data = JsonObject.parse(payload).object("data");
            return data.has("certificate")
                    ? Optional.of(KeyCertificate.parse(data.object("certificate")))
                    : Optional.empty();
        } catch (JsonException illegible) {
            return Optional.empty(); // it vouches for nobody
        }
    }

    /** A public key as it is stored beside the streams, which makes it no trusted one. */
    public Optional<VerificationKey> key(String id) {
        return database.transaction(sql -> sql.fetchOptional(
                        "select key_id, algorithm, encoded from spendguard.signing_key where key_id = ?", id)
                .map(row -> new VerificationKey(
                        row.get(0, String.class), row.get(1, String.class), row.get(2, byte[].class))));
    }

    /** How many events were recorded of a tenant, or of all (null), also those that were dropped since. Looks at each stream's last one. */
    public long count(@Nullable String tenant) {
        return database.transaction(sql -> sql.fetchSingle("""
                select coalesce(sum(last.seq), 0)
                  from spendguard.stream
                 cross join lateral (
                    select seq from spendguard.outbox event
                     where event.tenant = stream.tenant and event.stream = stream.stream
                     order by seq desc limit 1) last
                 where ?::text is null or stream.tenant = ?
                """, tenant, tenant).get(0, Long.class));
    }

    /**
     * Refuses a tenant for whom nothing was ever recorded: mostly the name is misspelt.
     *
     * @throws EvidenceException naming the first tenants there are
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public void requireTenant(String tenant) {
        List<String> known = database.transaction(sql -> sql.fetchOptional(
                                "select from spendguard.stream where tenant = ? limit 1", tenant)
                        .isPresent()
                ? List.of(tenant)
                : sql.fetch("select distinct tenant from spendguard.stream order by tenant limit ?", NAMED_TENANTS + 1)
                        .getValues(0, String.class));
        if (!known.contains(tenant)) {
            String names = known.stream()
                    .limit(NAMED_TENANTS)
                    .map(name -> "'" + name + "'")
                    .collect(Collectors.joining(", "));
            throw new EvidenceException("Tenant '" + tenant + "' is not known here: "
                    + (known.isEmpty()
                            ? "nothing was recorded yet for anybody. Decide something first."
                            : "there are " + names + (known.size() > NAMED_TENANTS ? " and more" : "")
                                    + ". Name one of these."));
        }
    }

    /**
     * Follows the streams of a tenant or of all (null), from the last events of each on.
     *
     * @param last how many events of each stream, at most, come first
     */
    public Follower follow(@Nullable String tenant, int last) {
        return new Follower(database, tenant, last);
    }

    /** Remembers up to where each stream was read. */
    public static final class Follower {
        private final LogDatabase database;
        private final String tenant;
        private final Map<StreamName, Long> read = new LinkedHashMap<>();

        private Follower(LogDatabase database, @Nullable String tenant, int last) {
            this.database = database;
            this.tenant = tenant == null ? "" : tenant;
            database.stream(
                    """
                    select stream.tenant, stream.stream, tail.seq
                      from spendguard.stream
                      join lateral (
                        select event.seq from spendguard.outbox event
                         where event.tenant = stream.tenant and event.stream = stream.stream
                         order by event.seq desc limit 1) tail on true
                     where ? = '' or stream.tenant = ?
                    """,
                    row -> read.put(
                            new StreamName(row.get(0, String.class), row.get(1, UUID.class)),
                            Math.max(0, row.get(2, Long.class) - last)),
                    this.tenant,
                    this.tenant);
        }

        /**
         * The events that came since, in order of their ids, which for ids that are ordered by time is the order they were made in.
         * Within a stream always in order of position.
         *
         * @param atMost how many; what is left comes with the next call
         */
        public List<SealedEvent> next(int atMost) {
            List<SealedEvent> events = database.transaction(sql -> since(sql, atMost));
            events.forEach(event ->
                    read.merge(new StreamName(event.draft().tenant(), event.stream()), event.seq(), Math::max));
            return events;
        }

        private List<SealedEvent> since(DSLContext sql, int atMost) {
            return sql.fetch(
                            EVENT + """
                             , max(event.event_id::text) over (
                                   partition by event.tenant, event.stream order by event.seq) as made
                              from spendguard.stream
                              left join unnest(?::text[], ?::uuid[], ?::bigint[]) as known(tenant, stream, seq)
                                on known.tenant = stream.tenant and known.stream = stream.stream
                              join spendguard.outbox event
                                on event.tenant = stream.tenant and event.stream = stream.stream
                               and event.seq > coalesce(known.seq, 0) and event.payload is not null
                             where ? = '' or stream.tenant = ?
                             order by made, event.tenant, event.stream, event.seq
                             limit ?
                            """,
                            read.keySet().stream().map(StreamName::tenant).toArray(String[]::new),
                            read.keySet().stream().map(StreamName::stream).toArray(UUID[]::new),
                            read.values().toArray(Long[]::new),
                            tenant,
                            tenant,
                            atMost)
                    .map(Rows::event);
        }

        private record StreamName(String tenant, UUID stream) {}
    }
}
