package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;

/**
 * The statements by which a batch takes its keys, and finds, opens and locks the rows it depends on: one for each kind of row, however many
 * there are, in the order of locks that is every writer's. In whose transaction they run is the caller's affair.
 */
final class LockStatements {
    private static final String TAKE_KEYS = """
            insert into spendguard.idempotency (tenant, operation, key, request_hash)
            select * from unnest({0}, {1}, {2}, {3}) as taken(tenant, operation, key, request_hash)
             order by taken.tenant collate "C", taken.operation collate "C", taken.key collate "C"
                on conflict do nothing
            returning tenant, operation, key
            """;
    private static final String STORED_ANSWERS = """
            select stored.tenant, stored.operation, stored.key, stored.request_hash, stored.answer
              from unnest({0}, {1}, {2}) as taken(tenant, operation, key)
             cross join lateral (
                select known.*
                  from spendguard.idempotency known
                 where known.tenant = taken.tenant and known.operation = taken.operation and known.key = taken.key
                offset 0) stored
            """;
    private static final String LOCK_RESERVATIONS = """
            select reservation.*
              from (
                select * from unnest({0}, {1}) as named(tenant, reservation_id)
                 order by named.tenant collate "C", named.reservation_id) wanted
             cross join lateral (
                select known.*
                  from spendguard.reservation known
                 where known.tenant = wanted.tenant and known.reservation_id = wanted.reservation_id
                   for no key update) reservation
            """;
    private static final String OPEN_RUNS = """
            insert into spendguard.run_state (tenant, namespace, run, steps)
            select named.*, 0 from unnest({0}, {1}, {2}) as named(tenant, namespace, run)
             order by named.tenant collate "C", named.namespace collate "C", named.run collate "C"
                on conflict do nothing
            """;
    private static final String LOCK_RUNS = """
            select run_state.*
              from (
                select * from unnest({0}, {1}, {2}) as named(tenant, namespace, run)
                 order by named.tenant collate "C", named.namespace collate "C", named.run collate "C") wanted
             cross join lateral (
                select known.*
                  from spendguard.run_state known
                 where known.tenant = wanted.tenant and known.namespace = wanted.namespace and known.run = wanted.run
                   for no key update) run_state
            """;

    /** Which of some accounts are open. Locks none of them. */
    static final String OPEN_ACCOUNTS = """
            select account.account_id
              from unnest({0}, {1}) as named(tenant, account_id)
             cross join lateral (
                select known.account_id
                  from spendguard.account known
                 where known.tenant = named.tenant and known.account_id = named.account_id
                offset 0) account
            """;

    /** Of the latest accounts of a budget and key, those that left something behind. Looks along an index, not at all of history. */
    private static final String FIND_BACKLOG = """
            select earlier.tenant, earlier.account_id
              from unnest({0}, {1}, {2}, {3}, {4}, {5}, {6})
                as wanted(tenant, namespace, budget_id, key, unit, side, ended_by)
             cross join lateral (
                select * from spendguard.account
                 where account.tenant = wanted.tenant and account.namespace = wanted.namespace
                   and account.budget_id = wanted.budget_id and account.key = wanted.key
                   and account.window_from < wanted.ended_by
                   and account.window_from < account.window_until
                 order by account.window_from desc
                 limit {7}) earlier
             where earlier.unit = wanted.unit and earlier.window_until <= wanted.ended_by
               and case wanted.side when 'SPENT' then earlier.spent_atoms else earlier.debt_atoms end > 0
            """;

    private static final String OPEN_ACCOUNT = """
            insert into spendguard.account
                (tenant, account_id, namespace, budget_id, key, window_from, window_until, unit)
            select * from unnest({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7})
                as missing(tenant, account_id, namespace, budget_id, key, window_from, window_until, unit)
             order by missing.account_id
                on conflict do nothing
            returning account_id
            """;

    private final DSLContext sql;

    LockStatements(DSLContext sql) {
        this.sql = sql;
    }

    /** Takes the operations' keys, waiting for whoever is writing one; returns those that were not used before. */
    Set<OperationKey> take(List<LedgerOperation> operations) {
        return new HashSet<>(sql.fetch(
                        TAKE_KEYS,
                        texts(operations, LedgerOperation::tenant),
                        texts(operations, operation -> operation.kind().name()),
                        texts(operations, LedgerOperation::key),
                        val(operations.stream()
                                .map(operation -> operation.requestDigest().bytes())
                                .toArray(byte[][]::new)))
                .map(OperationKey::of));
    }

    /** What is known of keys that were used: the request's hash and the answer. */
    List<Record> storedAnswers(Collection<OperationKey> keys) {
        return sql.fetch(
                STORED_ANSWERS,
                texts(keys, OperationKey::tenant),
                texts(keys, OperationKey::operation),
                texts(keys, OperationKey::key));
    }

    /** Locks those that there are, with their claims. */
    Map<ReservationKey, Reservation> reservations(Set<ReservationKey> wanted) {
        if (wanted.isEmpty()) {
            return Map.of();
        }
        List<Record> rows = sql.fetch(
                        LOCK_RESERVATIONS,
                        texts(wanted, ReservationKey::tenant),
                        val(wanted.stream().map(ReservationKey::id).toArray(UUID[]::new)))
                .map(row -> row.into(RESERVATION));
        Map<ReservationKey, List<Claim>> claims = rows.isEmpty() ? Map.of() : Rows.claims(sql, wanted);
        Map<ReservationKey, Reservation> reservations = new HashMap<>();
        for (Record row : rows) {
            ReservationKey key = new ReservationKey(row.get(RESERVATION.TENANT), row.get(RESERVATION.RESERVATION_ID));
            reservations.put(key, Rows.reservation(row, claims.getOrDefault(key, List.of())));
        }
        return reservations;
    }

    /** Locks runs. One that nothing is known of gets its row here: what is not there cannot be locked. */
    Map<RunKey, RunState> runs(Set<RunKey> named) {
        if (named.isEmpty()) {
            return Map.of();
        }
        Field<String[]> tenants = texts(named, RunKey::tenant);
        Field<String[]> namespaces = texts(named, run -> run.namespace().name());
        Field<String[]> runs = texts(named, RunKey::run);
        sql.execute(OPEN_RUNS, tenants, namespaces, runs);
        Map<RunKey, RunState> locked = new HashMap<>();
        for (Record raw : sql.fetch(LOCK_RUNS, tenants, namespaces, runs)) {
            Record row = raw.into(RUN_STATE);
            locked.put(
                    new RunKey(
                            row.get(RUN_STATE.TENANT),
                            Namespace.valueOf(row.get(RUN_STATE.NAMESPACE)),
                            row.get(RUN_STATE.RUN)),
                    Rows.run(row));
        }
        return locked;
    }

    /** Those of some accounts, by id, that are not open. Locks none. */
    Map<AccountId, Account> missing(Map<AccountId, Account> named) {
        if (named.isEmpty()) {
            return Map.of();
        }
        Map<AccountId, Account> missing = new TreeMap<>(named);
        sql.fetch(OPEN_ACCOUNTS, texts(named.values(), Account::tenant), ids(named.keySet()))
                .forEach(row -> missing.remove(new AccountId(row.get(0, UUID.class))));
        return missing;
    }

    /** Inserts empty accounts in order of id, waiting for others who insert the same; returns those that nobody else had opened meanwhile. */
    List<AccountId> open(List<Account> accounts) {
        if (accounts.isEmpty()) {
            return List.of();
        }
        return sql.fetch(
                        OPEN_ACCOUNT,
                        texts(accounts, Account::tenant),
                        ids(accounts.stream().map(Account::id).toList()),
                        texts(accounts, account -> account.namespace().name()),
                        texts(accounts, Account::budgetId),
                        texts(accounts, Account::key),
                        val(accounts.stream()
                                .map(account -> account.window().from())
                                .toArray(Instant[]::new)),
                        val(accounts.stream()
                                .map(account -> account.window().until())
                                .toArray(Instant[]::new)),
                        texts(accounts, account -> account.unit().code()))
                .map(row -> new AccountId(row.get(0, UUID.class)));
    }

    /** The accounts, with their tenants, that left something behind. It grows and shrinks while we look: what is locked is looked at again. */
    Map<AccountId, String> leftBehind(List<Backlog> backlog) {
        Map<AccountId, String> found = new HashMap<>();
        if (backlog.isEmpty()) {
            return found;
        }
        sql.fetch(
                        FIND_BACKLOG,
                        texts(backlog, left -> left.account().tenant()),
                        texts(backlog, left -> left.account().namespace().name()),
                        texts(backlog, left -> left.account().budgetId()),
                        texts(backlog, left -> left.account().key()),
                        texts(backlog, left -> left.account().unit().code()),
                        texts(backlog, left -> left.side().name()),
                        val(backlog.stream().map(Backlog::endedBy).toArray(Instant[]::new)),
                        val(Backlog.DEPTH))
                .forEach(row ->
                        found.put(new AccountId(row.get("account_id", UUID.class)), row.get("tenant", String.class)));
        return found;
    }

    /** Locks accounts in order of id, given with their tenants. */
    List<AccountState> accounts(Map<AccountId, String> tenants) {
        if (tenants.isEmpty()) {
            return List.of();
        }
        return sql.fetch(
                        "select * from spendguard.lock_accounts({0}, {1})",
                        texts(tenants.values(), Function.identity()), ids(tenants.keySet()))
                .map(row -> Rows.accountState(row.into(ACCOUNT)));
    }

    private static <T> Field<String[]> texts(Collection<T> from, Function<T, String> text) {
        return val(from.stream().map(text).toArray(String[]::new));
    }

    private static Field<UUID[]> ids(Collection<AccountId> ids) {
        return val(ids.stream().map(AccountId::value).toArray(UUID[]::new));
    }
}
