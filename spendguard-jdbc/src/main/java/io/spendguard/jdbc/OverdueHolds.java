package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.RESERVATION;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.ExpiredHolds;
import io.spendguard.ledger.Reservation;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Holds whose time is over by the database's clock, for the one sweeper that has the lease. */
final class OverdueHolds {
    private static final String OVERDUE = """
            select reservation.* from spendguard.reservation
             where state in ('HELD', 'EXTENDED') and expires_at > '-infinity' and expires_at <= clock_timestamp()
             order by expires_at, tenant, reservation_id
             limit ?
            """;
    private static final String OVERDUE_AFTER = """
            select reservation.* from spendguard.reservation
             where state in ('HELD', 'EXTENDED') and expires_at > '-infinity' and expires_at <= clock_timestamp()
               and (expires_at, tenant, reservation_id) > (?::timestamptz, ?, ?::uuid)
             order by expires_at, tenant, reservation_id
             limit ?
            """;

    private OverdueHolds() {}

    static ExpiredHolds read(DSLContext sql, UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
        if (!Leadership.take(sql, "overdue holds", sweeper, lease)) {
            return new ExpiredHolds(false, List.of());
        }
        List<Record> rows = (after == null
                        ? sql.fetch(OVERDUE, atMost)
                        : sql.fetch(
                                OVERDUE_AFTER,
                                after.expiresAt().atOffset(ZoneOffset.UTC),
                                after.tenant(),
                                after.id(),
                                atMost))
                .map(row -> row.into(RESERVATION));
        if (rows.isEmpty()) {
            return new ExpiredHolds(true, List.of());
        }
        Map<ReservationKey, List<Claim>> claims =
                Rows.claims(sql, rows.stream().map(OverdueHolds::key).toList());
        return new ExpiredHolds(
                true,
                rows.stream()
                        .map(row -> Rows.reservation(row, claims.getOrDefault(key(row), List.of())))
                        .toList());
    }

    private static ReservationKey key(Record row) {
        return new ReservationKey(row.get(RESERVATION.TENANT), row.get(RESERVATION.RESERVATION_ID));
    }
}
