package io.spendguard.jdbc;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Digest;
import io.spendguard.model.IdempotencyConflictException;
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
import org.jooq.DSLContext;
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
    private final DSLContext sql;
    private final List<LedgerOperation> operations;
    private final LedgerHost host;
    private final LockStatements locks;

    /** For operations no two of which have the same key. */
    OrderedPath(DSLContext sql, List<LedgerOperation> operations, LedgerHost host) {
        this.sql = sql;
        this.operations = operations;
        this.host = host;
        this.locks = new LockStatements(sql);
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
            LockedBatch locked = lock(open);
            for (int i = 0; i < planned.length; i++) {
                if (planned[i] == null) {
                    planned[i] = locked.plan(operations.get(i));
                }
            }
            locks.open(locked.taken());
        }
        return Arrays.stream(planned).map(Objects::requireNonNull).toList();
    }

    /** Takes the operations' keys, waiting for whoever is writing one, and says what is known of those used before. */
    private void takeKeys(@Nullable Planned[] planned) {
        Map<OperationKey, Integer> used = new LinkedHashMap<>();
        for (int i = 0; i < planned.length; i++) {
            used.put(OperationKey.of(operations.get(i)), i);
        }
        used.keySet().removeAll(locks.take(operations));
        if (used.isEmpty()) {
            return;
        }
        for (Record stored : locks.storedAnswers(used.keySet())) {
            int i = Objects.requireNonNull(used.get(OperationKey.of(stored)));
            LedgerOperation operation = operations.get(i);
            planned[i] = Digest.of(stored.get("request_hash", byte[].class)).equals(operation.requestDigest())
                    ? new Planned.Known(stored.get("answer", byte[].class))
                    : new Planned.Refused(
                            new IdempotencyConflictException(operation.kind().name(), operation.key()));
        }
    }

    private LockedBatch lock(List<LedgerOperation> open) {
        Map<ReservationKey, Reservation> reservations = locks.reservations(reservationsOf(open));
        Map<RunKey, RunState> runs = locks.runs(runsOf(open));
        BudgetRows budgets = new BudgetRows(sql);
        LimitRows limits = new LimitRows(sql, budgets);
        Map<BudgetKey, Long> revisions = budgets.set(open);
        LimitRows.Moment moment = limits.look(open);
        LockedBatch locked =
                new LockedBatch(new LockedRows(moment.now(), runs, reservations, revisions, answers(open)), host);
        Map<AccountId, Account> accounts = new TreeMap<>();
        for (LedgerOperation operation : open) {
            locked.name(operation).forEach(account -> accounts.put(account.id(), account));
        }
        Map<AccountId, Account> missing = locks.missing(accounts);
        reservations
                .values()
                .forEach(reservation -> reservation
                        .claims()
                        .forEach(claim -> accounts.put(claim.account().id(), claim.account())));
        Map<AccountId, String> needed = new TreeMap<>();
        accounts.values().forEach(account -> needed.put(account.id(), account.tenant()));
        // Whoever carries a limit holds its budget's lock, so that nobody sets another meanwhile.
        Collection<Account> limited = moment.isCarrying() ? accounts.values() : List.of();
        if (!missing.isEmpty() || !limited.isEmpty()) {
            locked.open(missing.values(), budgets.lock(missing.values(), limited), budgets, locks);
        }
        needed.putAll(limits.changedBy(open, moment.now()));
        needed.putAll(locks.leftBehind(locked.backlog()));
        locked.add(locks.accounts(needed));
        return locked;
    }

    private static Set<ReservationKey> reservationsOf(List<LedgerOperation> open) {
        Set<ReservationKey> named = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.reservation().ifPresent(id -> named.add(new ReservationKey(operation.tenant(), id)));
        }
        return named;
    }

    private static Set<RunKey> runsOf(List<LedgerOperation> open) {
        Set<RunKey> named = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.run().ifPresent(run -> named.add(RunKey.of(operation, run)));
        }
        return named;
    }

    /** What other operations answered, which never changes. Needs no lock, and so no place in the order of locks. */
    private Map<OperationKey, byte[]> answers(List<LedgerOperation> open) {
        Set<OperationKey> needed = new LinkedHashSet<>();
        for (LedgerOperation operation : open) {
            operation.answersNeeded().forEach(key -> needed.add(OperationKey.of(operation, key)));
        }
        Map<OperationKey, byte[]> answers = new HashMap<>();
        if (!needed.isEmpty()) {
            locks.storedAnswers(needed)
                    .forEach(stored -> answers.put(OperationKey.of(stored), stored.get("answer", byte[].class)));
        }
        return answers;
    }
}
