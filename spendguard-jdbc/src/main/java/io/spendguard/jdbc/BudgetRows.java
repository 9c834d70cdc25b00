package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.BUDGET;
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

    /** Of no effect where a limit has changed once more since: its accounts are to be looked for anew. */
    private static final String ALL_CARRIED = """
            update spendguard.budget
               set carried_version = limit_version
              from unnest({0}, {1}, {2}) as wanted(tenant, namespace, budget_id)
             where budget.tenant = wanted.tenant and budget.namespace = wanted.namespace
               and budget.budget_id = wanted.budget_id
               and budget.carried_version < budget.limit_version
            """;

    private static final String SET_LIMITS = """
            insert into spendguard.budget as known (tenant, namespace, budget_id, unit, limit_atoms, max_keys, revision)
            select * from unnest({0}, {1}, {2}, {3}, {4}, {5}, {6})
                as wanted(tenant, namespace, budget_id, unit, limit_atoms, max_keys, revision)
             order by wanted.tenant collate "C", wanted.namespace collate "C", wanted.budget_id collate "C"
                on conflict (tenant, namespace, budget_id) do update
               set unit = excluded.unit, limit_atoms = excluded.limit_atoms, max_keys = excluded.max_keys,
                   revision = excluded.revision
             where known.revision <= excluded.revision
            """;

    private final DSLContext sql;
    private final Set<BudgetKey> changed = new TreeSet<>();

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
        Map<BudgetKey, BudgetLimit> wanted = new TreeMap<>();
        for (LedgerOperation operation : operations) {
            operation
                    .limits()
                    .forEach(
                            limit -> wanted.merge(BudgetKey.of(operation, limit.budgetId()), limit, BudgetLimit::then));
        }
        Map<BudgetKey, Long> revisions = new TreeMap<>();
        if (wanted.isEmpty()) {
            return revisions;
        }
        Map<BudgetKey, BudgetLimit> known = read(limits(wanted.keySet(), "for no key update"));
        Map<BudgetKey, BudgetLimit> written = new TreeMap<>(wanted);
        written.entrySet().removeIf(entry -> entry.getValue().equals(known.get(entry.getKey())));
        if (!written.isEmpty()) {
            write(written);
        }
        written.forEach((key, limit) -> {
            BudgetLimit before = known.get(key);
            if (before == null
                    || (before.revision() <= limit.revision() && !before.limit().equals(limit.limit()))) {
                changed.add(key);
            }
        });
        // The rows are ours now, whether they were changed or not.
        read(limits(wanted.keySet(), "")).forEach((key, limit) -> revisions.put(key, limit.revision()));
        return revisions;
    }

    /**
     * Tells whether a budget's accounts may have another limit than it has now. They have the same where {@link #set} found the limit that
     * was wanted: an activation gives it to all that are open, and so does who opens one.
     */
    boolean isChanged(BudgetKey budget) {
        return changed.contains(budget);
    }

    private void write(Map<BudgetKey, BudgetLimit> limits) {
        Set<BudgetKey> keys = limits.keySet();
        sql.execute(
                SET_LIMITS,
                texts(keys, BudgetKey::tenant),
                texts(keys, BudgetKey::namespace),
                texts(keys, BudgetKey::budgetId),
                texts(limits.values(), limit -> limit.limit().unit().code()),
                val(limits.values().stream()
                        .map(limit -> limit.limit().atomic())
                        .toArray(Long[]::new)),
                val(limits.values().stream().map(BudgetLimit::maxKeys).toArray(Integer[]::new)),
                val(limits.values().stream().map(BudgetLimit::revision).toArray(Long[]::new)));
    }

    /** Writes down that the limits which are ours reach all open accounts with this transaction. */
    void carriedToAll(Set<BudgetKey> budgets) {
        sql.execute(
                ALL_CARRIED,
                texts(budgets, BudgetKey::tenant),
                texts(budgets, BudgetKey::namespace),
                texts(budgets, BudgetKey::budgetId));
    }

    /**
     * The limits of some accounts' budgets, locked in order of budget: against activations, and where keys of missing accounts are
     * counted also against everyone else who opens an account.
     *
     * @param missing accounts to be opened
     * @param open accounts whose limit may have changed
     */
    Map<BudgetKey, BudgetLimit> lock(Collection<Account> missing, Collection<Account> open) {
        Set<BudgetKey> opening = new TreeSet<>();
        missing.forEach(account -> opening.add(BudgetKey.of(account)));
        Set<BudgetKey> budgets = new TreeSet<>(opening);
        open.forEach(account -> budgets.add(BudgetKey.of(account)));
        boolean countsKeys = !opening.isEmpty() && limits(opening, "").stream().anyMatch(row -> row.value6() != null);
        Map<BudgetKey, BudgetLimit> locked =
                read(countsKeys ? limits(budgets, "for no key update") : limits(budgets, "for share"));
        // An activation may have come between. It does so once in a while, and never twice.
        return countsKeys
                        || locked.entrySet().stream()
                                .allMatch(limit ->
                                        limit.getValue().maxKeys() == null || !opening.contains(limit.getKey()))
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
