package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.BUDGET;
import static io.spendguard.jdbc.schema.Tables.IDEMPOTENCY;
import static io.spendguard.jdbc.schema.Tables.IDEMPOTENCY_ANSWER;
import static io.spendguard.jdbc.schema.Tables.LOCK_ACCOUNTS;
import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.excluded;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.impl.SQLDataType;
import org.jspecify.annotations.Nullable;

/**
 * Looks before it posts: locks everything an operation depends on, then asks it what to post.
 *
 * <p>One transaction, READ COMMITTED, begun and ended by the caller. The order is every writer's: key, reservation, run,
 * budgets, accounts in order of id. A key somebody else is writing makes us wait for the outcome, so that two callers of
 * one key never both get here; the answer is inserted beside it at the end. Opening an account locks its budget's row
 * against an activation, which in turn sees every account opened before it.
 */
final class OrderedPath {
    private final DSLContext sql;
    private final LedgerOperation operation;
    private final LedgerHost host;
    private final String tenant;
    private final String namespace;

    OrderedPath(DSLContext sql, LedgerOperation operation, LedgerHost host) {
        this.sql = sql;
        this.operation = operation;
        this.host = host;
        this.tenant = operation.tenant();
        this.namespace = operation.namespace().name();
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
     * Takes the operation's key, waiting for whoever is writing it.
     *
     * @return the stored answer when the key was used before, for the same request
     * @throws IdempotencyConflictException when it was used for another
     */
    Optional<byte[]> takeKey() {
        int taken = sql.insertInto(IDEMPOTENCY)
                .set(IDEMPOTENCY.TENANT, tenant)
                .set(IDEMPOTENCY.OPERATION, operation.kind().name())
                .set(IDEMPOTENCY.KEY, operation.key())
                .set(IDEMPOTENCY.REQUEST_HASH, operation.requestDigest().bytes())
                .onConflictDoNothing()
                .execute();
        if (taken == 1) {
            return Optional.empty();
        }
        var stored = sql.select(IDEMPOTENCY.REQUEST_HASH, IDEMPOTENCY_ANSWER.ANSWER)
                .from(IDEMPOTENCY)
                .join(IDEMPOTENCY_ANSWER)
                .using(IDEMPOTENCY.TENANT, IDEMPOTENCY.OPERATION, IDEMPOTENCY.KEY)
                .where(IDEMPOTENCY.TENANT.eq(tenant))
                .and(IDEMPOTENCY.OPERATION.eq(operation.kind().name()))
                .and(IDEMPOTENCY.KEY.eq(operation.key()))
                .fetchSingle();
        if (!Digest.of(stored.value1()).equals(operation.requestDigest())) {
            throw new IdempotencyConflictException(operation.kind().name(), operation.key());
        }
        return Optional.of(stored.value2());
    }

    /** Locks, opens what is missing and plans. */
    Plan plan() {
        Reservation reservation =
                operation.reservation().map(this::lockReservation).orElse(null);
        RunState run = operation.run().map(this::lockRun).orElse(null);
        setLimits();
        Instant now = clock();

        Map<AccountId, Account> named = new TreeMap<>();
        operation.accounts(now).forEach(account -> named.put(account.id(), account));
        Map<AccountId, Long> opened = openMissing(named);
        Set<AccountId> needed = new TreeSet<>(named.keySet());
        needed.addAll(accountsWithAnotherLimit(now));
        if (reservation != null) {
            reservation.claims().forEach(claim -> needed.add(claim.account().id()));
        }
        LockedView view = new LockedView(now, lockAccounts(needed), run, reservation);

        List<Posting> openings = new ArrayList<>();
        opened.forEach((id, limit) -> {
            Posting opening = host.opening(view.account(id).account(), limit, now);
            view.opened(opening, id);
            openings.add(opening);
        });
        Posting posting = operation.plan(view);
        view.require(posting);
        return new Plan(openings, posting);
    }

    private @Nullable Reservation lockReservation(UUID id) {
        Record row = sql.selectFrom(RESERVATION)
                .where(RESERVATION.TENANT.eq(tenant))
                .and(RESERVATION.RESERVATION_ID.eq(id))
                .forNoKeyUpdate()
                .fetchOne();
        return row == null ? null : Rows.reservation(row, Rows.claims(sql, tenant, id));
    }

    /** A run nothing is known of gets its row here: what is not there cannot be locked. */
    private RunState lockRun(String run) {
        sql.insertInto(RUN_STATE)
                .set(RUN_STATE.TENANT, tenant)
                .set(RUN_STATE.NAMESPACE, namespace)
                .set(RUN_STATE.RUN, run)
                .set(RUN_STATE.STEPS, 0L)
                .onConflictDoNothing()
                .execute();
        return Rows.run(sql.selectFrom(RUN_STATE)
                .where(RUN_STATE.TENANT.eq(tenant))
                .and(RUN_STATE.NAMESPACE.eq(namespace))
                .and(RUN_STATE.RUN.eq(run))
                .forNoKeyUpdate()
                .fetchSingle());
    }

    private void setLimits() {
        List<BudgetLimit> limits = operation.limits().stream()
                .sorted(Comparator.comparing(BudgetLimit::budgetId))
                .toList();
        for (BudgetLimit limit : limits) {
            sql.insertInto(BUDGET)
                    .set(BUDGET.TENANT, tenant)
                    .set(BUDGET.NAMESPACE, namespace)
                    .set(BUDGET.BUDGET_ID, limit.budgetId())
                    .set(BUDGET.UNIT, limit.limit().unit().code())
                    .set(BUDGET.LIMIT_ATOMS, limit.limit().atomic())
                    .onConflict(BUDGET.TENANT, BUDGET.NAMESPACE, BUDGET.BUDGET_ID)
                    .doUpdate()
                    .set(BUDGET.UNIT, excluded(BUDGET.UNIT))
                    .set(BUDGET.LIMIT_ATOMS, excluded(BUDGET.LIMIT_ATOMS))
                    .execute();
        }
    }

    /** An account's limit changes only under its budget's lock, which we hold, so that it may be read before it is locked. */
    private Set<AccountId> accountsWithAnotherLimit(Instant now) {
        Set<AccountId> changing = new HashSet<>();
        for (BudgetLimit limit : operation.limits()) {
            sql.select(ACCOUNT.ACCOUNT_ID)
                    .from(ACCOUNT)
                    .where(ACCOUNT.TENANT.eq(tenant))
                    .and(ACCOUNT.NAMESPACE.eq(namespace))
                    .and(ACCOUNT.BUDGET_ID.eq(limit.budgetId()))
                    .and(ACCOUNT.UNIT.eq(limit.limit().unit().code()))
                    .and(ACCOUNT.WINDOW_UNTIL.gt(now))
                    .and(ACCOUNT.LIMIT_ATOMS.ne(limit.limit().atomic()))
                    .forEach(row -> changing.add(new AccountId(row.value1())));
        }
        return changing;
    }

    private Instant clock() {
        return sql.select(field("clock_timestamp()", SQLDataType.INSTANT))
                .fetchSingle()
                .value1();
    }

    /** Inserts empty accounts in order of id, waiting for others who insert the same; returns ours with their limits. */
    private Map<AccountId, Long> openMissing(Map<AccountId, Account> named) {
        if (named.isEmpty()) {
            return Map.of();
        }
        Map<AccountId, Account> missing = new TreeMap<>(named);
        sql.select(ACCOUNT.ACCOUNT_ID)
                .from(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(tenant))
                .and(ACCOUNT.ACCOUNT_ID.eq(any(uuids(named.keySet()))))
                .forEach(row -> missing.remove(new AccountId(row.value1())));
        if (missing.isEmpty()) {
            return Map.of();
        }
        Map<String, BudgetLimit> limits = lockLimits(missing.values());
        Map<AccountId, Long> opened = new TreeMap<>();
        for (Account account : missing.values()) {
            requireStorable(account.window());
            long limit = Objects.requireNonNull(limits.get(account.budgetId())).grant(account);
            int inserted = sql.insertInto(ACCOUNT)
                    .set(ACCOUNT.TENANT, tenant)
                    .set(ACCOUNT.ACCOUNT_ID, account.id().value())
                    .set(ACCOUNT.NAMESPACE, namespace)
                    .set(ACCOUNT.BUDGET_ID, account.budgetId())
                    .set(ACCOUNT.KEY, account.key())
                    .set(ACCOUNT.WINDOW_FROM, account.window().from())
                    .set(ACCOUNT.WINDOW_UNTIL, account.window().until())
                    .set(ACCOUNT.UNIT, account.unit().code())
                    .onConflictDoNothing()
                    .execute();
            if (inserted == 1) {
                opened.put(account.id(), limit);
            }
        }
        return opened;
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

    /** The limits of some accounts' budgets, locked against activations in order of budget. */
    private Map<String, BudgetLimit> lockLimits(Collection<Account> accounts) {
        Set<String> budgets = new TreeSet<>();
        accounts.forEach(account -> budgets.add(account.budgetId()));
        Map<String, BudgetLimit> limits = new TreeMap<>();
        sql.select(BUDGET.BUDGET_ID, BUDGET.LIMIT_ATOMS, BUDGET.UNIT)
                .from(BUDGET)
                .where(BUDGET.TENANT.eq(tenant))
                .and(BUDGET.NAMESPACE.eq(namespace))
                .and(BUDGET.BUDGET_ID.in(budgets))
                .orderBy(BUDGET.BUDGET_ID)
                .forShare()
                .forEach(row -> limits.put(
                        row.value1(), new BudgetLimit(row.value1(), new Amount(row.value2(), new Unit(row.value3())))));
        budgets.stream()
                .filter(budget -> !limits.containsKey(budget))
                .findFirst()
                .ifPresent(budget -> {
                    throw new IllegalStateException("Budget '" + budget + "' of tenant '" + tenant
                            + "' has no limit in the ledger: its contract was not activated. Activate it first.");
                });
        return limits;
    }

    private List<AccountState> lockAccounts(Set<AccountId> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        var locked = LOCK_ACCOUNTS.call(tenant, uuids(ids));
        return sql.selectFrom(locked).fetch(row -> Rows.accountState(row.into(ACCOUNT)));
    }

    private static UUID[] uuids(Set<AccountId> ids) {
        return ids.stream().map(AccountId::value).toArray(UUID[]::new);
    }

    /**
     * What an operation posts, now that its rows are locked.
     *
     * @param openings the postings that open accounts, to be written before
     * @param posting the operation's own
     */
    record Plan(List<Posting> openings, Posting posting) {}
}
