package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.BUDGET;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LimitDue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.SQLDataType;

/**
 * How a changed limit reaches the accounts that are open.
 *
 * <p>A budget counts the changes of its limit, and remembers up to which of them all its open accounts were reached. An activation
 * reaches as many as fit in a batch. As long as there are others the database refuses to move them by a posting that did not look; who looks
 * gives them their limit first, holding the budget's lock meanwhile, and a sweeper does so for those that nobody needs.
 */
final class LimitRows {
    /** As many accounts as a batch has operations: to carry them takes about as long. */
    static final int MOST_AT_ONCE = 256;

    private static final String LOOK = """
            select clock_timestamp() as now,
                   exists (
                    select from spendguard.budget
                     where budget.tenant = any({0}) and budget.carried_version < budget.limit_version) as is_carrying
            """;

    private static final String FIND_OTHER_LIMITS = """
            select known.tenant, known.account_id
              from unnest({0}, {1}, {2}, {3}, {4}) as wanted(tenant, namespace, budget_id, unit, limit_atoms)
             cross join lateral (
                select account.tenant, account.account_id
                  from spendguard.account
                 where account.tenant = wanted.tenant and account.namespace = wanted.namespace
                   and account.budget_id = wanted.budget_id and account.unit = wanted.unit
                   and account.window_until > {5}
                   and account.window_from < account.window_until
                   and account.limit_atoms - account.granted_atoms <> wanted.limit_atoms
                 limit {6}) known
             limit {6}
            """;

    private static final String CARRYING = """
            select budget.*
              from spendguard.budget
             where budget.carried_version < budget.limit_version
             order by budget.tenant, budget.namespace, budget.budget_id
            """;

    private static final String BEHIND = """
            select account.*
              from spendguard.account
             where account.tenant = {0} and account.namespace = {1} and account.budget_id = {2} and account.unit = {3}
               and account.window_until > clock_timestamp()
               and account.window_from < account.window_until
               and account.limit_atoms - account.granted_atoms <> {4}
             limit {5}
            """;

    private static final String REACHED = """
            update spendguard.budget
               set carried_version = {3}
             where tenant = {0} and namespace = {1} and budget_id = {2}
               and limit_version = {3} and carried_version < {3}
            """;

    private final DSLContext sql;
    private final BudgetRows budgets;

    /** Part of one transaction; not safe for several threads. */
    LimitRows(DSLContext sql, BudgetRows budgets) {
        this.sql = sql;
        this.budgets = budgets;
    }

    /** The ledger's time, and whether some account of the operations' tenants may not have got its budget's limit yet. */
    Moment look(Collection<LedgerOperation> operations) {
        Record looked = sql.fetchSingle(
                LOOK,
                val(operations.stream().map(LedgerOperation::tenant).distinct().toArray(String[]::new)));
        return new Moment(looked.get("now", Instant.class), looked.get("is_carrying", Boolean.class));
    }

    /**
     * Open accounts that are to have another limit because of what these operations set, with their tenants: a bounded number. An
     * account's limit changes only under its budget's lock, which we hold, so that it may be read before it is locked.
     */
    Map<AccountId, String> changedBy(Collection<LedgerOperation> operations, Instant now) {
        Map<BudgetKey, BudgetLimit> changed = new TreeMap<>();
        for (LedgerOperation operation : operations) {
            for (BudgetLimit limit : operation.limits()) {
                BudgetKey key = BudgetKey.of(operation, limit.budgetId());
                if (budgets.isChanged(key)) {
                    changed.merge(key, limit, BudgetLimit::then);
                }
            }
        }
        if (changed.isEmpty()) {
            return Map.of();
        }
        Map<AccountId, String> found = new HashMap<>();
        sql.fetch(
                        FIND_OTHER_LIMITS,
                        texts(changed.keySet(), BudgetKey::tenant),
                        texts(changed.keySet(), BudgetKey::namespace),
                        texts(changed.keySet(), BudgetKey::budgetId),
                        texts(changed.values(), limit -> limit.limit().unit().code()),
                        val(changed.values().stream()
                                .map(limit -> limit.limit().atomic())
                                .toArray(Long[]::new)),
                        val(now, SQLDataType.INSTANT),
                        val(MOST_AT_ONCE))
                .forEach(row ->
                        found.put(new AccountId(row.get("account_id", UUID.class)), row.get("tenant", String.class)));
        if (found.size() < MOST_AT_ONCE) {
            budgets.carriedToAll(changed.keySet());
        }
        return found;
    }

    /** The limit an account is to have and has not; empty when it has it, or keeps its own. */
    static Optional<LimitDue> due(Map<BudgetKey, BudgetLimit> limits, AccountState state, Instant now) {
        Account account = state.account();
        BudgetLimit limit = limits.get(BudgetKey.of(account));
        return limit != null && account.window().until().isAfter(now) && limit.changes(state)
                ? Optional.of(new LimitDue(state, limit.limit().atomic()))
                : Optional.empty();
    }

    /**
     * Open accounts without their budget's limit, and where a budget has none, that in its row. In autocommit: an account is behind, or on its
     * way to the limit that is in force while that row has this version.
     */
    static List<Account> behind(DSLContext sql, int atMost) {
        List<Account> behind = new ArrayList<>();
        for (Record row : sql.fetch(CARRYING)) {
            Record budget = row.into(BUDGET);
            if (behind.size() == atMost) {
                break;
            }
            Field<String> tenant = val(budget.get(BUDGET.TENANT));
            Field<String> namespace = val(budget.get(BUDGET.NAMESPACE));
            Field<String> budgetId = val(budget.get(BUDGET.BUDGET_ID));
            List<Account> found = sql.fetch(
                            BEHIND,
                            tenant,
                            namespace,
                            budgetId,
                            val(budget.get(BUDGET.UNIT)),
                            val(budget.get(BUDGET.LIMIT_ATOMS)),
                            val(atMost - behind.size()))
                    .map(account -> Rows.account(account.into(ACCOUNT)));
            behind.addAll(found);
            if (found.isEmpty()) {
                sql.execute(REACHED, tenant, namespace, budgetId, val(budget.get(BUDGET.LIMIT_VERSION)));
            }
        }
        return behind;
    }

    private static <T> Field<String[]> texts(Collection<T> from, Function<T, String> text) {
        return val(from.stream().map(text).toArray(String[]::new));
    }

    /**
     * What is true at the beginning of a batch.
     *
     * @param now the ledger's time
     * @param isCarrying whether accounts may be without their budget's limit
     */
    record Moment(Instant now, boolean isCarrying) {}
}
