package io.spendguard.jdbc;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Period;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Everything a batch of operations depends on, locked: asks each of them, in order of arrival and on the balances its predecessors left,
 * what to post. Used by one thread, within one transaction.
 */
final class LockedBatch {
    private final LockedRows rows;
    private final LedgerHost host;
    private final Map<LedgerOperation, Set<AccountId>> named = new HashMap<>();
    private final Map<LedgerOperation, RuntimeException> refusals = new HashMap<>();
    /** Accounts inserted by us whose first entries are still to be planned, with their limits. */
    private final Map<AccountId, Long> opened = new HashMap<>();

    private final KeyedAccounts keyed = new KeyedAccounts();
    private final Map<AccountId, RuntimeException> unopenable = new HashMap<>();
    private final List<Backlog> backlog = new ArrayList<>();
    /** Of the budgets of missing accounts, and of all that are named while some account has not got its limit yet. */
    private Map<BudgetKey, BudgetLimit> limits = Map.of();

    LockedBatch(LockedRows rows, LedgerHost host) {
        this.rows = rows;
        this.host = host;
    }

    /** The accounts an operation names at this time; none when it throws, which is kept for later. */
    List<Account> name(LedgerOperation operation) {
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

    /** What the operations that were named draw on beside the accounts they name. */
    List<Backlog> backlog() {
        return backlog;
    }

    /**
     * Opens missing accounts: empty ones, whose first entries are those of who names them first. Where a budget limits its keys an account
     * is only offered, and inserted when it is {@linkplain #taken() taken}.
     *
     * @param limitsOfBudgets of their budgets, and of all that are named while some account has not got its limit yet
     */
    void open(
            Collection<Account> missing,
            Map<BudgetKey, BudgetLimit> limitsOfBudgets,
            BudgetRows budgets,
            LockStatements locks) {
        limits = limitsOfBudgets;
        Map<AccountId, Long> granted = new HashMap<>();
        List<Account> opening = new ArrayList<>();
        for (Account account : missing) {
            try {
                requireStorable(account.window());
                BudgetLimit of = BudgetRows.require(limits, account);
                long limit = of.grant(account);
                if (of.maxKeys() == null) {
                    opening.add(account);
                    granted.put(account.id(), limit);
                } else if (!budgets.holds(account)) { // opened by another before the lock was ours
                    keyed.offer(account, limit, of.maxKeys(), () -> budgets.keys(account));
                }
            } catch (IllegalArgumentException | IllegalStateException refusal) {
                unopenable.put(account.id(), refusal);
            }
        }
        locks.open(opening).forEach(id -> opened.put(id, Objects.requireNonNull(granted.get(id))));
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

    /** Takes the accounts that were locked. */
    void add(List<AccountState> accounts) {
        rows.add(accounts);
    }

    /** Accounts that were offered and that some operation took something on, to be inserted. */
    List<Account> taken() {
        return keyed.taken();
    }

    /** Asks the next operation. */
    Planned plan(LedgerOperation operation) {
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
            Posting assumed =
                    operation.answersNeeded().isEmpty() ? operation.assumed().orElse(null) : null;
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
                                LimitRows.due(limits, Objects.requireNonNull(rows.account(id)), rows.now()).stream())
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
