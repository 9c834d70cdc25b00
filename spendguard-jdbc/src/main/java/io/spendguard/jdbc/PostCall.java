package io.spendguard.jdbc;

import static io.spendguard.jdbc.Columns.Type.BYTES;
import static io.spendguard.jdbc.Columns.Type.INTS;
import static io.spendguard.jdbc.Columns.Type.LONGS;
import static io.spendguard.jdbc.Columns.Type.TEXT;
import static io.spendguard.jdbc.Columns.Type.TIMES;
import static io.spendguard.jdbc.Columns.Type.UUIDS;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * One call of {@code spendguard.post}: everything some postings and their sealed events write, in one round trip. On a
 * connection in autocommit it is a transaction of its own; otherwise it belongs to the caller's.
 */
final class PostCall {
    private static final String SQL =
            sql(new PostCall().columns.stream().mapToInt(Columns::width).sum() + 4);

    private final Columns keys = new Columns(TEXT, TEXT, TEXT, BYTES, BYTES);
    private final Columns settled = new Columns(TEXT, UUIDS, TEXT);
    private final Columns runs = new Columns(TEXT, TEXT, TEXT, LONGS, UUIDS, TEXT, BYTES);
    private final Columns events =
            new Columns(TEXT, UUIDS, LONGS, UUIDS, TEXT, BYTES, BYTES, BYTES, INTS, INTS, BYTES, BYTES, TEXT);
    private final Columns personal = new Columns(TEXT, UUIDS, BYTES, TEXT, BYTES);
    private final Columns holds = new Columns(TEXT, UUIDS, TEXT, TEXT, TIMES, BYTES);
    private final Columns claims = new Columns(TEXT, UUIDS, UUIDS, LONGS);
    private final Columns transactions = new Columns(TEXT, UUIDS, TEXT, TEXT, UUIDS);
    private final Columns entries = new Columns(TEXT, UUIDS, INTS, UUIDS, TEXT, LONGS);
    /** In the order of the function's parameters. */
    private final List<Columns> columns =
            List.of(keys, settled, runs, events, personal, holds, claims, transactions, entries);

    /** A row is changed once, however many operations of the batch change it. */
    private final Map<RunKey, Posting.RunChange> changedRuns = new LinkedHashMap<>();

    private final Columns extended = new Columns(TEXT, UUIDS, TIMES);
    private final Columns extendedClaims = new Columns(TEXT, UUIDS, UUIDS, LONGS);
    /** One row for each reservation, however many operations of the batch extend it. */
    private final Map<ReservationKey, Posting.Extended> extensions = new LinkedHashMap<>();

    private Period validIn = Period.ALWAYS;

    /** Adds an operation with its posting, whose key is taken and answered. */
    PostCall operation(LedgerOperation operation, Posting posting) {
        String tenant = operation.tenant();
        keys.add(
                tenant,
                operation.kind().name(),
                operation.key(),
                operation.requestDigest().bytes(),
                posting.answer());
        Posting.Settled settles = posting.settles();
        if (settles != null) {
            settled.add(tenant, settles.reservationId(), settles.state().name());
        }
        Posting.Extended extension = posting.extend();
        if (extension != null) {
            extensions.merge(
                    new ReservationKey(tenant, extension.reservationId()),
                    extension,
                    (first, second) -> new Posting.Extended(
                            first.reservationId(),
                            second.expiresAt(),
                            Stream.concat(first.more().stream(), second.more().stream())
                                    .toList()));
        }
        Posting.RunChange run = posting.run();
        if (run != null) {
            changedRuns.merge(RunKey.of(operation, run.run()), run, Posting.RunChange::then);
        }
        Posting.Hold hold = posting.hold();
        if (hold != null) {
            holds.add(
                    tenant,
                    hold.reservationId(),
                    operation.namespace().name(),
                    operation.run().orElse(null),
                    hold.expiresAt(),
                    hold.terms());
            for (Claim claim : hold.claims()) {
                claims.add(tenant, hold.reservationId(), claim.account().id().value(), claim.atomic());
            }
        }
        return entries(operation, posting);
    }

    /** Adds a posting that opens accounts for an operation, or gives them their limits: entries only. */
    PostCall before(LedgerOperation operation, Posting first) {
        return entries(operation, first);
    }

    /** Adds events in the order they were sealed. */
    PostCall events(List<SealedEvent> sealed) {
        for (SealedEvent event : sealed) {
            EventDraft draft = event.draft();
            events.add(
                    draft.tenant(),
                    event.stream(),
                    event.seq(),
                    draft.id(),
                    draft.type(),
                    draft.payload(),
                    draft.digest().bytes(),
                    event.chain().bytes(),
                    event.batchSize(),
                    event.leafIndex(),
                    joined(event.path()),
                    event.signature(),
                    event.keyId());
            Set<Digest> known = new HashSet<>();
            for (EventDraft.PersonalValue value : draft.personal()) {
                if (known.add(value.commitment())) {
                    personal.add(draft.tenant(), draft.id(), value.commitment().bytes(), value.value(), value.salt());
                }
            }
        }
        return this;
    }

    /**
     * Writes it all or nothing.
     *
     * @param keysAreTaken whether this transaction has inserted the keys already
     * @param lockTimeoutMillis how long to wait for any one lock, at least 1
     */
    void execute(Connection connection, boolean keysAreTaken, int lockTimeoutMillis) throws SQLException {
        changedRuns.forEach((key, run) -> runs.add(
                key.tenant(),
                key.namespace().name(),
                key.run(),
                (long) run.steps(),
                run.stoppedBy(),
                run.stopCode(),
                run.allowed().toBytes()));
        if (!extensions.isEmpty()) {
            extend(connection);
        }
        try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            statement.setInt(1, lockTimeoutMillis);
            statement.setObject(2, validIn.from().atOffset(ZoneOffset.UTC));
            statement.setObject(3, validIn.until().atOffset(ZoneOffset.UTC));
            statement.setBoolean(4, keysAreTaken);
            int parameter = 5;
            for (Columns group : columns) {
                parameter = group.bind(statement, parameter);
            }
            statement.execute();
        }
    }

    /** Before anything else, so that what is extended and settled in one batch is settled as extended. Ordered path only. */
    private void extend(Connection connection) throws SQLException {
        extensions.forEach((key, extension) -> {
            extended.add(key.tenant(), key.id(), extension.expiresAt());
            for (Claim change : extension.more()) {
                UUID account = change.account().id().value();
                extendedClaims.add(key.tenant(), key.id(), account, change.atomic());
                if (change.committed() > 0) {
                    extendedClaims.add(key.tenant(), key.id(), account, -change.committed());
                }
            }
        });
        try (PreparedStatement statement =
                connection.prepareStatement("select spendguard.extend_holds(?, ?, ?, ?, ?, ?, ?)")) {
            extendedClaims.bind(statement, extended.bind(statement, 1));
            statement.execute();
        }
    }

    private PostCall entries(LedgerOperation operation, Posting posting) {
        validIn = validIn.intersect(posting.validIn());
        String tenant = operation.tenant();
        transactions.add(
                tenant,
                posting.transactionId(),
                operation.kind().name(),
                operation.key(),
                posting.event().id());
        int line = 0;
        for (Entry entry : posting.entries()) {
            entries.add(
                    tenant,
                    posting.transactionId(),
                    ++line,
                    entry.account().value(),
                    entry.kind().name(),
                    entry.atomic());
        }
        return this;
    }

    private static String sql(int parameters) {
        return "select spendguard.post(" + String.join(",", Collections.nCopies(parameters, "?")) + ")";
    }

    private static byte[] joined(List<Digest> path) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(32 * path.size());
        path.forEach(digest -> joined.writeBytes(digest.bytes()));
        return joined.toByteArray();
    }
}
