package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Digest;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Period;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.SQLDataType;
import org.jspecify.annotations.Nullable;

/**
 * Looks before it posts: locks everything a batch of operations depends on, then asks each of them, in order of arrival and
 * on the balances its predecessors left, what to post.
 *
 * <p>One transaction, READ COMMITTED, begun and ended by the caller; one statement for each kind of row, however many
 * operations there are. The order is every writer's: keys, reservations, runs, budgets, each sorted, then accounts in order
 * of id. A key somebody else is writing makes us wait for the outcome, so that two callers of one key never both get here;
 * the answer is inserted beside it at the end. Opening an account locks its budget's row against an activation, which in
 * turn sees every account opened before it. Where a budget limits its keys that lock is ours alone, and an account is inserted only
 * once an operation has taken something on it.
 */
final class OrderedPath {
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
    private final List<LedgerOperation> operations;
    private final LedgerHost host;

    /** For operations no two of which have the same key. */
    OrderedPath(DSLContext sql, List<LedgerOperation> operations, LedgerHost host) {
        this.sql = sql;
        this.operations = operations;
        this.host = host;
    }

    /** Bounds the waiting of this transaction's statements. */
    void limitWaits(int lockTimeoutMillis, int statementTimeoutMillis) {
        sql.select(
                        field(
                                "set_config('lock_timeout', {0}, true)",
                                SQLDataType.VARCHAR, val(Integer.toString(lockTimeoutMillis))),
                        field(
                                "set_config('statement_timeout', {0}, true)",
                                SQLDataType.VARCHAR, val(Integer.toString(statementTimeoutMillis))))
                .fetch();
    }

    /**
     * Takes the keys, locks, opens what is missing and plans.
     *
     * @return what becomes of each operation, in their order
     */
    List<Planned> plan() {
        @Nullable Planned[] planned = new Planned[operations.size()];
        takeKeys(planned);
        List<LedgerOperation> open = new ArrayList<>();
        for (int i = 0; i < planned.length; i++) {
            if (planned[i] == null) {
                open.add(operations.get(i));
            }
        }
        if (!open.isEmpty()) {
            Locked locked = lock(open);
            for (int i = 0; i < planned.length; i++) {
                if (planned[i] == null) {
                    planned[i] = locked.plan(operations.get(i));
                }
            }
            insert(locked.keyed.taken());
        }
        return Arrays.stream(planned).map(Objects::requireNonNull).toList();
    }

    /** Takes the operations' keys, waiting for whoever is writing one, and says what is known of those used before. */
    private void takeKeys(@Nullable Planned[] planned) {
        Map<OperationKey, Integer> used = new LinkedHashMap<>();
        for (int i = 0; i < planned.length; i++) {
            used.put(OperationKey.of(operations.get(i)), i);
        }
        sql.fetch(
                        TAKE_KEYS,
                        texts(operations, LedgerOperation::tenant),
                        texts(operations, operation -> operation.kind().name()),
                        texts(operations, LedgerOperation::key),
                        val(operations.stream()
                                .map(operation -> operation.requestDigest().bytes())
                                .toArray(byte[][]::new)))
                .forEach(taken -> used.remove(OperationKey.of(taken)));
        if (used.isEmpty()) {
            return;
        }
        for (Record stored : storedAnswers(used.keySet())) {
            int i = Objects.requireNonNull(used.get(OperationKey.of(stored)));
            LedgerOperation operation = operations.get(i);
            planned[i] = Digest.of(stored.get("request_hash", byte[].class)).equals(operation.requestDigest())
                    ? new Planned.Known(stored.get("answer", byte[].class))
                    : new Planned.Refused(
                            new IdempotencyConflictException(operation.kind().name(), operation.key()));
        }
    }

    private Locked lock(List<LedgerOperation> open) {
        Map<ReservationKey, Reservation> reservations = lockReservations(open);
        Map<RunKey, RunState> runs = lockRuns(open);
        BudgetRows budgets = new BudgetRows(sql);
        LimitRows limits = new LimitRows(sql, budgets);
        Map<BudgetKey, Long> revisions = budgets.set(open);
        LimitRows.Moment moment = limits.look(open);
        Locked locked = new Locked(new LockedRows(moment.now(), runs, reservations, revisions, answers(open)));
        Map<AccountId, Account> accounts = new TreeMap<>();
        for (LedgerOperation operation : open) {
            locked.name(operation).forEach(account -> accounts.put(account.id(), account));
        }
        Map<AccountId, Account> missing = missing(accounts);
        Map<AccountId, String> needed = new TreeMap<>();
        reservations
                .values()
                .forEach(reservation -> reservation
                        .claims()
                        .forEach(claim -> accounts.put(claim.account().id(), claim.account())));
        accounts.values().forEach(account -> needed.put(account.id(), account.tenant()));
        // Whoever carries a limit holds its budget's lock, so that nobody sets another meanwhile.
        Collection<Account> limited = moment.isCarrying() ? accounts.values() : List.of();
        if (!missing.isEmpty() || !limited.isEmpty()) {
            locked.limits = budgets.lock(missing.values(), limited);
        }
        openMissing(missing, budgets, locked);
        needed.putAll(limits.changedBy(open, moment.now()));
        addBacklog(locked.backlog, needed);
        locked.rows.add(lockAccounts(needed));
        return locked;
    }

    /** What other operations answered, which never changes. Needs no lock, and so no place in the order of locks. */
    private Map<OperationKey, byte[]> answers(List<LedgerOperation> open) {
        Set<OperationKey> needed = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.answersNeeded().forEach(key -> needed.add(OperationKey.of(operation, key)));
        }
        Map<OperationKey, byte[]> answers = new HashMap<>();
        if (!needed.isEmpty()) {
            storedAnswers(needed)
                    .forEach(stored -> answers.put(OperationKey.of(stored), stored.get("answer", byte[].class)));
        }
        return answers;
    }

    private List<Record> storedAnswers(Collection<OperationKey> keys) {
        return sql.fetch(
                STORED_ANSWERS,
                texts(keys, OperationKey::tenant),
                texts(keys, OperationKey::operation),
                texts(keys, OperationKey::key));
    }

    private Map<ReservationKey, Reservation> lockReservations(List<LedgerOperation> open) {
        Set<ReservationKey> wanted = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.reservation().ifPresent(id -> wanted.add(new ReservationKey(operation.tenant(), id)));
        }
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

    /** A run nothing is known of gets its row here: what is not there cannot be locked. */
    private Map<RunKey, RunState> lockRuns(List<LedgerOperation> open) {
        Set<RunKey> named = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.run().ifPresent(run -> named.add(RunKey.of(operation, run)));
        }
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

    /** What is left behind grows and shrinks while we look: what is locked is looked at again. */
    private void addBacklog(List<Backlog> backlog, Map<AccountId, String> needed) {
        if (backlog.isEmpty()) {
            return;
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
                        needed.put(new AccountId(row.get("account_id", UUID.class)), row.get("tenant", String.class)));
    }

    private Map<AccountId, Account> missing(Map<AccountId, Account> named) {
        if (named.isEmpty()) {
            return Map.of();
        }
        Map<AccountId, Account> missing = new TreeMap<>(named);
        sql.fetch(OPEN_ACCOUNTS, texts(named.values(), Account::tenant), ids(named.keySet()))
                .forEach(row -> missing.remove(new AccountId(row.get(0, UUID.class))));
        return missing;
    }

    /** Inserts empty accounts in order of id, waiting for others who insert the same; ours are opened by who names them first. */
    private void openMissing(Map<AccountId, Account> missing, BudgetRows budgets, Locked locked) {
        Map<AccountId, Long> granted = new HashMap<>();
        List<Account> opening = new ArrayList<>();
        for (Account account : missing.values()) {
            try {
                requireStorable(account.window());
                BudgetLimit of = BudgetRows.require(locked.limits, account);
                long limit = of.grant(account);
                if (of.maxKeys() == null) {
                    opening.add(account);
                    granted.put(account.id(), limit);
                } else if (!budgets.holds(account)) { // opened by another before the lock was ours
                    locked.keyed.offer(account, limit, of.maxKeys(), () -> budgets.keys(account));
                }
            } catch (IllegalArgumentException | IllegalStateException refusal) {
                locked.unopenable.put(account.id(), refusal);
            }
        }
        insert(opening).forEach(id -> locked.opened.put(id, Objects.requireNonNull(granted.get(id))));
    }

    /** Returns those that nobody else had opened meanwhile. */
    private List<AccountId> insert(List<Account> accounts) {
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

    /** An account read back must be the account that was opened: its id is derived from its window. */
    private static void requireStorable(Period window) {
        for (Instant edge : List.of(window.from(), window.until())) {
            if (!edge.equals(edge.truncatedTo(ChronoUnit.MICROS))) {
                throw new IllegalArgumentException("Account window from " + window.from() + " until " + window.until()
                        + " cannot be stored: the database keeps whole microseconds. Truncate both ends.");
            }
        }
    }

    private List<AccountState> lockAccounts(Map<AccountId, String> tenants) {
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

    /** Everything a batch depends on, locked. */
    private final class Locked {
        private final LockedRows rows;
        private final Map<LedgerOperation, Set<AccountId>> named = new HashMap<>();
        private final Map<LedgerOperation, RuntimeException> refusals = new HashMap<>();
        /** Accounts inserted by us whose first entries are still to be planned, with their limits. */
        private final Map<AccountId, Long> opened = new HashMap<>();

        private final KeyedAccounts keyed = new KeyedAccounts();
        private final Map<AccountId, RuntimeException> unopenable = new HashMap<>();
        private final List<Backlog> backlog = new ArrayList<>();
        /** Of the budgets of missing accounts, and of all that are named while some account has not got its limit yet. */
        private Map<BudgetKey, BudgetLimit> limits = Map.of();

        private Locked(LockedRows rows) {
            this.rows = rows;
        }

        /** The accounts an operation names at this time; none when it throws, which is kept for later. */
        private List<Account> name(LedgerOperation operation) {
            try {
                List<Account> accounts = operation.accounts(rows.now());
                Set<AccountId> ids = new TreeSet<>();
                accounts.forEach(account -> ids.add(account.id()));
                backlog.addAll(operation.backlog(rows.now()));
                named.put(operation, ids);
                return accounts;
            } catch (RuntimeException refusal) {
                refusals.put(operation, refusal);
                return List.of();
            }
        }

        private Planned plan(LedgerOperation operation) {
            try {
                RuntimeException refusal = refusals.get(operation);
                if (refusal != null) {
                    throw refusal;
                }
                Set<AccountId> ids = Objects.requireNonNull(named.get(operation));
                Map<AccountId, Posting> openings = open(operation, ids);
                rows.reservation(operation)
                        .ifPresent(reservation -> reservation
                                .claims()
                                .forEach(claim -> ids.add(claim.account().id())));
                ids.addAll(rows.changing(operation));
                ids.addAll(rows.left(operation));
                // Not opened, because its budget has no key left: a refusal for the plan to word.
                ids.removeIf(id -> rows.account(id) == null);
                List<LimitDue> due = due(operation, ids);
                List<Posting> before = new ArrayList<>();
                if (!due.isEmpty() && !operation.carriesLimits()) {
                    Posting carrying = host.carrying(due, rows.now());
                    rows.apply(operation, carrying, carrying.byAccount());
                    before.add(carrying);
                    due = List.of();
                }
                LockedView view = new LockedView(rows, operation, ids, due);
                Posting assumed = operation.answersNeeded().isEmpty()
                        ? operation.assumed().orElse(null)
                        : null;
                boolean carries =
                        !openings.isEmpty() && !operation.backlog(rows.now()).isEmpty();
                Map<AccountId, List<Entry>> movements = assumed == null ? Map.of() : assumed.byAccount();
                boolean isPlannedAnew = assumed == null || carries || !view.admits(assumed, movements);
                Posting posting = isPlannedAnew ? operation.plan(view) : Objects.requireNonNull(assumed);
                if (isPlannedAnew) {
                    movements = posting.byAccount();
                }
                view.require(posting, movements);
                rows.apply(operation, posting, movements);
                rows.answered(operation, posting.answer());
                for (AccountId left : keyed.settle(posting)) {
                    openings.remove(left);
                    rows.remove(left);
                }
                boolean wasShort = assumed != null && (isPlannedAnew || !before.isEmpty());
                before.addAll(openings.values());
                return new Planned.Writes(before, posting, wasShort);
            } catch (RuntimeException refusal) {
                return new Planned.Failed(refusal);
            }
        }

        /** In order of id. Who sets limits gives them to the accounts it sees itself. */
        private List<LimitDue> due(LedgerOperation operation, Set<AccountId> ids) {
            return operation.limits().isEmpty()
                    ? ids.stream()
                            .sorted()
                            .flatMap(id ->
                                    LimitRows.due(limits, Objects.requireNonNull(rows.account(id)), rows.now())
                                            .stream())
                            .toList()
                    : List.of();
        }

        /** By account, in order of id. */
        private Map<AccountId, Posting> open(LedgerOperation operation, Set<AccountId> ids) {
            Map<AccountId, Posting> openings = new LinkedHashMap<>();
            for (AccountId id : ids) {
                RuntimeException refusal = unopenable.get(id);
                if (refusal != null) {
                    throw refusal;
                }
                Long limit = opened.remove(id);
                Account lent = limit == null ? keyed.lend(id) : null;
                if (lent != null) {
                    rows.add(List.of(new AccountState(lent, 0, 0, 0, 0)));
                    limit = keyed.limit(id);
                }
                if (limit != null) {
                    Account account = Objects.requireNonNull(rows.account(id)).account();
                    Posting opening = host.opening(account, limit, rows.now());
                    rows.apply(operation, opening, opening.byAccount());
                    openings.put(id, opening);
                }
            }
            return openings;
        }
    }
}
