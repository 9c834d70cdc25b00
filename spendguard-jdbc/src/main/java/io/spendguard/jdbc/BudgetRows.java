package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.BUDGET;
import static org.jooq.impl.DSL.excluded;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.NotActivatedException;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record7;
import org.jooq.Result;
import org.jooq.impl.DSL;

/** The rows of budgets: the limits that contracts set. Part of one transaction; not safe for several threads. */
final class BudgetRows {
    private static final String LIMITS = """
            select budget.*
              from (
                select * from unnest({0}, {1}, {2}) as named(tenant, namespace, budget_id)
                 order by named.tenant collate "C", named.namespace collate "C", named.budget_id collate "C") wanted
             cross join lateral (
                select known.*
                  from spendguard.budget known
                 where known.tenant = wanted.tenant
                   and known.namespace = wanted.namespace
                   and known.budget_id = wanted.budget_id
                offset 0 {3}) budget
            """;

    private final DSLContext sql;

    BudgetRows(DSLContext sql) {
        this.sql = sql;
    }

    /**
     * Sets the limits some operations want, but for those a higher revision has set. Locks the budgets in order, also those it
     * leaves alone.
     *
     * @return the revision each of the budgets has afterwards
     */
    Map<BudgetKey, Long> set(Collection<LedgerOperation> operations) {
        Map<BudgetKey, BudgetLimit> limits = new TreeMap<>();
        for (LedgerOperation operation : operations) {
            operation
                    .limits()
                    .forEach(
                            limit -> limits.merge(BudgetKey.of(operation, limit.budgetId()), limit, BudgetLimit::then));
        }
        Map<BudgetKey, Long> revisions = new TreeMap<>();
        limits.forEach((key, limit) -> revisions.put(key, set(key, limit)));
        return revisions;
    }

    private long set(BudgetKey key, BudgetLimit limit) {
        sql.insertInto(BUDGET)
                .set(BUDGET.TENANT, key.tenant())
                .set(BUDGET.NAMESPACE, key.namespace())
                .set(BUDGET.BUDGET_ID, key.budgetId())
                .set(BUDGET.UNIT, limit.limit().unit().code())
                .set(BUDGET.LIMIT_ATOMS, limit.limit().atomic())
                .set(BUDGET.MAX_KEYS, limit.maxKeys())
                .set(BUDGET.REVISION, limit.revision())
                .onConflict(BUDGET.TENANT, BUDGET.NAMESPACE, BUDGET.BUDGET_ID)
                .doUpdate()
                .set(BUDGET.UNIT, excluded(BUDGET.UNIT))
                .set(BUDGET.LIMIT_ATOMS, excluded(BUDGET.LIMIT_ATOMS))
                .set(BUDGET.MAX_KEYS, excluded(BUDGET.MAX_KEYS))
                .set(BUDGET.REVISION, excluded(BUDGET.REVISION))
                .where(BUDGET.REVISION.le(excluded(BUDGET.REVISION)))
                .execute();
        // The row is ours now, whether it was changed or not.
        return sql.select(BUDGET.REVISION)
                .from(BUDGET)
                .where(BUDGET.TENANT.eq(key.tenant()))
                .and(BUDGET.NAMESPACE.eq(key.namespace()))
                .and(BUDGET.BUDGET_ID.eq(key.budgetId()))
                .fetchSingle()
                .value1();
    }

    /**
     * The limits of some accounts' budgets, locked in order of budget: against activations, and where keys are counted also
     * against everyone else who opens an account.
     */
    Map<BudgetKey, BudgetLimit> lock(Collection<Account> accounts) {
        Set<BudgetKey> budgets = new TreeSet<>();
        accounts.forEach(account -> budgets.add(BudgetKey.of(account)));
        boolean countsKeys = limits(budgets, "").stream().anyMatch(row -> row.value6() != null);
        Map<BudgetKey, BudgetLimit> locked =
                read(countsKeys ? limits(budgets, "for no key update") : limits(budgets, "for share"));
        // An activation may have come between. It does so once in a while, and never twice.
        return countsKeys || locked.values().stream().allMatch(limit -> limit.maxKeys() == null)
                ? locked
                : read(limits(budgets, "for no key update"));
    }

    /**
     * The limit of an account's budget.
     *
     * @throws NotActivatedException when no contract has set one
     */
    static BudgetLimit require(Map<BudgetKey, BudgetLimit> limits, Account account) {
        BudgetLimit limit = limits.get(BudgetKey.of(account));
        if (limit == null) {
            throw new NotActivatedException(account);
        }
        return limit;
    }

    /** Whether an account is there. */
    boolean holds(Account account) {
        return sql.fetchExists(sql.selectFrom(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(account.tenant()))
                .and(ACCOUNT.ACCOUNT_ID.eq(account.id().value())));
    }

    /** How many keys have an account of this budget in this window; stands still while the budget's row is ours alone. */
    int keys(Account account) {
        return sql.fetchCount(sql.selectFrom(ACCOUNT)
                .where(ACCOUNT.TENANT.eq(account.tenant()))
                .and(ACCOUNT.NAMESPACE.eq(account.namespace().name()))
                .and(ACCOUNT.BUDGET_ID.eq(account.budgetId()))
                .and(ACCOUNT.WINDOW_FROM.eq(account.window().from()))
                .and(ACCOUNT.WINDOW_UNTIL.eq(account.window().until()))
                .and(Rows.FOUND_BY_BUDGET)
                .and(ACCOUNT.UNIT.eq(account.unit().code())));
    }

    private Result<Record7<String, String, String, Long, String, Integer, Long>> limits(
            Set<BudgetKey> budgets, String locking) {
        return sql.fetch(
                        LIMITS,
                        texts(budgets, BudgetKey::tenant),
                        texts(budgets, BudgetKey::namespace),
                        texts(budgets, BudgetKey::budgetId),
                        DSL.sql(locking))
                .into(
                        BUDGET.TENANT,
                        BUDGET.NAMESPACE,
                        BUDGET.BUDGET_ID,
                        BUDGET.LIMIT_ATOMS,
                        BUDGET.UNIT,
                        BUDGET.MAX_KEYS,
                        BUDGET.REVISION);
    }

    private static Map<BudgetKey, BudgetLimit> read(
            Iterable<Record7<String, String, String, Long, String, Integer, Long>> rows) {
        Map<BudgetKey, BudgetLimit> limits = new TreeMap<>();
        rows.forEach(row -> limits.put(
                new BudgetKey(row.value1(), row.value2(), row.value3()),
                new BudgetLimit(
                        row.value3(), new Amount(row.value4(), new Unit(row.value5())), row.value6(), row.value7())));
        return limits;
    }

    private static <T> Field<String[]> texts(Collection<T> from, Function<T, String> text) {
        return val(from.stream().map(text).toArray(String[]::new));
    }
}
