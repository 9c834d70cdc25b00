package io.spendguard.jdbc;

import io.spendguard.evidence.DroppedEvent;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.model.Digest;
import io.spendguard.model.Unit;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.UUID;
import org.jooq.Record;

/** What is left of dropped events and of their entries. Both queries take a tenant, or an empty text for all, twice. */
final class DroppedRows {
    static final String EVENTS = """
            select event.tenant, event.stream, event.seq, event.digest, event.type, event.decision_id,
                   coalesce(event.is_final, false) as is_final
              from spendguard.dropped_period dropped
              join spendguard.outbox event on event.tenant = dropped.tenant and event.payload is null
             where ? = '' or dropped.tenant = ?
             order by event.tenant, event.stream, event.seq
            """;

    static final String OPENINGS = """
            select account.tenant, account.account_id, account.namespace, account.budget_id, account.key,
                   account.window_from, account.window_until, account.unit,
                   -coalesce(sum(opening.atoms) filter (where opening.kind in ('ADJUSTMENT', 'GRANT')), 0)::bigint as limits,
                   -coalesce(sum(opening.atoms) filter (where opening.kind = 'GRANT'), 0)::bigint as granted,
                   coalesce(sum(opening.atoms) filter (where opening.kind = 'SPENT'), 0)::bigint as spent,
                   coalesce(sum(opening.atoms) filter (where opening.kind = 'HELD'), 0)::bigint as held,
                   -coalesce(sum(opening.atoms) filter (where opening.kind = 'DEBT'), 0)::bigint as debt
              from spendguard.opening_balance opening
              join spendguard.account account using (tenant, account_id)
             where ? = '' or opening.tenant = ?
             group by account.tenant, account.account_id
             order by account.tenant, account.account_id
            """;

    private DroppedRows() {}

    static DroppedEvent event(Record row) {
        String decision = row.get("decision_id", String.class);
        return new DroppedEvent(
                row.get("tenant", String.class),
                row.get("stream", UUID.class),
                row.get("seq", Long.class),
                Digest.of(row.get("digest", byte[].class)),
                row.get("type", String.class),
                decision == null ? null : UUID.fromString(decision),
                row.get("is_final", Boolean.class));
    }

    static OpeningBalance opening(Record row) {
        return new OpeningBalance(
                row.get("tenant", String.class),
                row.get("account_id", UUID.class),
                row.get("namespace", String.class).toLowerCase(Locale.ROOT),
                row.get("budget_id", String.class),
                row.get("key", String.class),
                row.get("window_from", OffsetDateTime.class).toInstant().toString(),
                row.get("window_until", OffsetDateTime.class).toInstant().toString(),
                new Unit(row.get("unit", String.class)),
                row.get("limits", Long.class),
                row.get("granted", Long.class),
                row.get("spent", Long.class),
                row.get("held", Long.class),
                row.get("debt", Long.class));
    }
}
