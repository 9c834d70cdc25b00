package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.val;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jooq.DSLContext;
import org.jooq.impl.SQLDataType;

/**
 * Operations whose rows somebody outside holds locked. They wait here while the rest go on; every now and then, ever more
 * seldom, it is asked without waiting whether their rows are free. Whatever comes meanwhile and needs a row that is known to
 * be held joins them, so that one held row delays the others once, by the lock timeout. Used by the writer alone.
 */
final class SideLane {
    private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LAST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** With the rows that kept each from going on; none when nobody could say which. */
    private final Map<Waiting, Set<Object>> parked = new LinkedHashMap<>();

    private final Set<Object> held = new HashSet<>();
    private long pauseNanos = FIRST_LOOK_NANOS;
    private long looksAtNanos;
    /** The database's time when it was last asked, and ours then. */
    private Instant databaseTime = Instant.EPOCH;

    private long askedAtNanos;

    boolean isEmpty() {
        return parked.isEmpty();
    }

    /** How long nothing is to be done here; 0 when it is time to look, and long when nobody is here. */
    long nanosToNextLook() {
        if (parked.isEmpty()) {
            return TimeUnit.DAYS.toNanos(1);
        }
        long next = Math.max(0, looksAtNanos - System.nanoTime());
        for (Waiting waiting : parked.keySet()) {
            next = Math.max(0, Math.min(next, waiting.nanosLeft()));
        }
        return next;
    }

    /** Takes in those of a batch that need a row known to be held, and returns the others. */
    List<Waiting> divert(List<Waiting> batch) {
        if (held.isEmpty()) {
            return batch;
        }
        List<Waiting> others = new ArrayList<>();
        for (Waiting waiting : batch) {
            Set<Object> rows = rows(waiting.operation());
            rows.retainAll(held);
            if (rows.isEmpty()) {
                others.add(waiting);
            } else {
                parked.put(waiting, rows);
            }
        }
        return others;
    }

    /**
     * Finds out which of a batch that waited in vain need a row that is held now, takes them in, and returns the others.
     */
    List<Waiting> divertHeld(DSLContext sql, List<Waiting> batch) {
        askTime(sql);
        Map<Waiting, Set<Object>> needs = new LinkedHashMap<>();
        batch.forEach(waiting -> needs.put(waiting, rows(waiting.operation())));
        addClaimed(sql, needs);
        Set<Object> all = new HashSet<>();
        needs.values().forEach(all::addAll);
        Set<Object> free = free(sql, all);
        List<Waiting> others = new ArrayList<>();
        needs.forEach((waiting, rows) -> {
            rows.removeAll(free);
            if (rows.isEmpty()) {
                others.add(waiting);
            } else {
                park(waiting, rows);
            }
        });
        return others;
    }

    /** Takes in an operation that waited in vain for something nobody can name. */
    void park(Waiting waiting) {
        park(waiting, Set.of());
    }

    private void park(Waiting waiting, Set<Object> rows) {
        if (parked.isEmpty()) {
            pauseNanos = FIRST_LOOK_NANOS;
            looksAtNanos = System.nanoTime() + pauseNanos;
        }
        parked.put(waiting, rows);
        held.addAll(rows);
    }

    /** Lets go of those whose rows are free by now, and of those nobody knows that of. */
    List<Waiting> released(DSLContext sql) {
        Set<Object> free = free(sql, held);
        List<Waiting> released = new ArrayList<>();
        parked.forEach((waiting, rows) -> {
            if (free.containsAll(rows)) {
                released.add(waiting);
            }
        });
        released.forEach(parked.keySet()::remove);
        held.clear();
        parked.values().forEach(held::addAll);
        pauseNanos = Math.min(2 * pauseNanos, LAST_LOOK_NANOS);
        looksAtNanos = System.nanoTime() + pauseNanos;
        return released;
    }

    /** Hands out everybody, whether they may go on or not. */
    List<Waiting> all() {
        List<Waiting> all = List.copyOf(parked.keySet());
        parked.clear();
        held.clear();
        return all;
    }

    /** Hands out those nobody waits for any more. */
    List<Waiting> expired() {
        List<Waiting> expired =
                parked.keySet().stream().filter(Waiting::isExpired).toList();
        expired.forEach(parked.keySet()::remove);
        return expired;
    }

    /** The rows an operation locks, as far as it says so itself. */
    private Set<Object> rows(LedgerOperation operation) {
        Set<Object> rows = new HashSet<>();
        operation.run().ifPresent(run -> rows.add(RunKey.of(operation, run)));
        operation.reservation().ifPresent(id -> rows.add(new ReservationKey(operation.tenant(), id)));
        Posting assumed = operation.assumed().orElse(null);
        if (assumed != null) {
            for (Entry entry : assumed.entries()) {
                rows.add(new AccountKey(operation.tenant(), entry.account()));
            }
        } else {
            Instant now = databaseTime.plusNanos(System.nanoTime() - askedAtNanos);
            try {
                for (Account account : operation.accounts(now)) {
                    rows.add(new AccountKey(account.tenant(), account.id()));
                }
            } catch (RuntimeException refusal) {
                // It will refuse again when it is planned, which is where its caller is told.
            }
        }
        return rows;
    }

    /** Windows are the database's; a little too early or too late finds the same accounts but for a moment. */
    private void askTime(DSLContext sql) {
        databaseTime = sql.select(field("clock_timestamp()", SQLDataType.INSTANT))
                .fetchSingle()
                .value1();
        askedAtNanos = System.nanoTime();
    }

    /** Adds the accounts that reservations hold and their operations do not name. */
    private static void addClaimed(DSLContext sql, Map<Waiting, Set<Object>> needs) {
        Set<ReservationKey> reservations = new HashSet<>();
        needs.values()
                .forEach(rows -> rows.forEach(row -> {
                    if (row instanceof ReservationKey key) {
                        reservations.add(key);
                    }
                }));
        if (reservations.isEmpty()) {
            return;
        }
        var claims = Rows.claims(sql, reservations);
        needs.values().forEach(rows -> {
            Set<Object> claimed = new HashSet<>();
            for (Object row : rows) {
                if (row instanceof ReservationKey key) {
                    claims.getOrDefault(key, List.of())
                            .forEach(claim -> claimed.add(
                                    new AccountKey(key.tenant(), claim.account().id())));
                }
            }
            rows.addAll(claimed);
        });
    }

    /** Those rows nobody holds, or that are not there. Waits for nothing. */
    private static Set<Object> free(DSLContext sql, Collection<Object> rows) {
        Set<Object> free = new HashSet<>(rows);
        Map<UUID, AccountKey> accounts = new HashMap<>();
        for (Object row : rows) {
            if (row instanceof AccountKey key) {
                accounts.put(key.account().value(), key);
            } else if (row instanceof RunKey key && isHeld(sql, key)) {
                free.remove(key);
            } else if (row instanceof ReservationKey key && isHeld(sql, key)) {
                free.remove(key);
            }
        }
        if (!accounts.isEmpty()) {
            String[] tenants =
                    accounts.values().stream().map(AccountKey::tenant).toArray(String[]::new);
            UUID[] ids = accounts.keySet().toArray(UUID[]::new);
            Set<UUID> there = new HashSet<>(sql.fetch(LockStatements.OPEN_ACCOUNTS, val(tenants), val(ids))
                    .getValues(0, UUID.class));
            sql.fetch("select * from spendguard.free_accounts({0}, {1})", val(tenants), val(ids))
                    .forEach(row -> there.remove(row.get(0, UUID.class)));
            there.forEach(id -> free.remove(accounts.get(id)));
        }
        return free;
    }

    private static boolean isHeld(DSLContext sql, RunKey run) {
        var row = RUN_STATE
                .TENANT
                .eq(run.tenant())
                .and(RUN_STATE.NAMESPACE.eq(run.namespace().name()))
                .and(RUN_STATE.RUN.eq(run.run()));
        return sql.fetchExists(RUN_STATE, row)
                && sql.selectOne()
                        .from(RUN_STATE)
                        .where(row)
                        .forNoKeyUpdate()
                        .skipLocked()
                        .fetch()
                        .isEmpty();
    }

    private static boolean isHeld(DSLContext sql, ReservationKey reservation) {
        var row = RESERVATION.TENANT.eq(reservation.tenant()).and(RESERVATION.RESERVATION_ID.eq(reservation.id()));
        return sql.fetchExists(RESERVATION, row)
                && sql.selectOne()
                        .from(RESERVATION)
                        .where(row)
                        .forNoKeyUpdate()
                        .skipLocked()
                        .fetch()
                        .isEmpty();
    }

    /** Names an account's row. */
    private record AccountKey(String tenant, AccountId account) {}
}
