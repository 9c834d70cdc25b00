package io.spendguard.jdbc;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Result;
import org.jspecify.annotations.Nullable;

/**
 * Rows whose bytes should be JSON and are not. One of them stops every query that reads all of them, so that they are looked for once
 * that has happened, named, and left out of what laws read afterwards. Not safe for several threads.
 */
final class IllegibleRows {
    private static final int ROWS_PER_FETCH = 1_000;

    private final DSLContext sql;
    /** Whose are named, or null for all; those of others are left out all the same. */
    private final @Nullable String tenant;

    private final List<LedgerCheck.Finding> findings = new ArrayList<>();
    private final List<String> answerTenants = new ArrayList<>();
    private final List<String> answerOperations = new ArrayList<>();
    private final List<String> answerKeys = new ArrayList<>();
    private final List<UUID> events = new ArrayList<>();
    private boolean areKnown;

    IllegibleRows(DSLContext sql, @Nullable String tenant) {
        this.sql = sql;
        this.tenant = tenant;
    }

    /** Tells whether it was looked for them. */
    boolean areKnown() {
        return areKnown;
    }

    /** Reads every answer and every event. */
    void look() {
        areKnown = true;
        each("""
                select tenant, operation, key, answer as bytes from spendguard.idempotency
                 where operation <> 'ACTIVATE' and octet_length(answer) > 0
                 order by tenant, operation, key
                """, row -> {
            String operation = row.get("operation", String.class);
            String key = row.get("key", String.class);
            answerTenants.add(row.get("tenant", String.class));
            answerOperations.add(operation);
            answerKeys.add(key);
            name(
                    LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                    row,
                    "operation " + operation + " '" + key + "'",
                    "Its answer for replays is no JSON, so that nothing else is checked of it.");
        });
        each("""
                select tenant, event_id, payload as bytes from spendguard.outbox
                 where payload is not null order by tenant, stream, seq
                """, row -> {
            UUID event = row.get("event_id", UUID.class);
            events.add(event);
            name(
                    LedgerLaw.EVENTS_TELL_THE_ENTRIES,
                    row,
                    "event " + event,
                    "Its bytes are no JSON, so that nothing else is checked of it.");
        });
    }

    /** What they break. */
    List<LedgerCheck.Finding> findings() {
        return findings;
    }

    /** The rows that break a law, these left aside. */
    Result<Record> without(LedgerLaw law, @Nullable String ofTenant) {
        List<Object> values = new ArrayList<>();
        if (law.readsJson()) {
            values.add(answerTenants.toArray(String[]::new));
            values.add(answerOperations.toArray(String[]::new));
            values.add(answerKeys.toArray(String[]::new));
            values.add(events.toArray(UUID[]::new));
        }
        if (ofTenant != null) {
            values.add(ofTenant);
        }
        return sql.fetch(law.queryOfLegible(ofTenant != null), values.toArray());
    }

    private void each(String query, Consumer<Record> illegible) {
        try (Stream<Record> rows =
                sql.resultQuery(query).fetchSize(ROWS_PER_FETCH).fetchStream()) {
            rows.filter(row -> !isJson(row.get("bytes", byte[].class))).forEach(illegible);
        }
    }

    /** As the database reads it, which has no text with a NUL. */
    private static boolean isJson(byte[] bytes) {
        if (new String(bytes, StandardCharsets.UTF_8).contains("\\u0000")) {
            return false;
        }
        try {
            JsonObject.parse(bytes);
            return true;
        } catch (JsonException illegible) {
            return false;
        }
    }

    private void name(LedgerLaw law, Record row, String subject, String message) {
        String of = row.get("tenant", String.class);
        if (tenant == null || tenant.equals(of)) {
            findings.add(new LedgerCheck.Finding(law, of, subject, message));
        }
    }
}
