package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.LedgerOperation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A ledger of two budgets and two runs in plain numbers, which makes up random operations and knows what must become of
 * them. It has no entries: what may be held is computed, not booked.
 */
final class LedgerModel {
    private static final List<String> BUDGETS = List.of("team", "org");

    private final LedgerOperations operations;
    private final Random random;
    private final Map<String, Long> limits = new HashMap<>();
    private final Map<String, Book> books = new HashMap<>();
    private final List<HoldOperation> held = new ArrayList<>();
    private final Set<String> stopped = new HashSet<>();
    private int count;

    LedgerModel(LedgerOperations operations, Random random) {
        this.operations = operations;
        this.random = random;
    }

    /** The operations to begin with. */
    List<LedgerOperation> start() {
        return BUDGETS.stream()
                .<LedgerOperation>map(budget -> activation(budget).operation())
                .toList();
    }

    List<Account> accounts() {
        return BUDGETS.stream().map(operations::account).toList();
    }

    /** The balances an account must have; null where it was never used. */
    @Nullable
    AccountState state(Account account) {
        Book book = books.get(account.budgetId());
        return book == null ? null : new AccountState(account, book.limit, book.spent, book.held, book.debt);
    }

    /** Makes up the next operation and carries it out here. */
    Step next() {
        int dice = random.nextInt(20);
        if (dice < 9 || held.isEmpty()) {
            return hold();
        }
        if (dice < 14) {
            return commit();
        }
        if (dice < 17) {
            return release();
        }
        return dice < 19 ? activation(BUDGETS.get(random.nextInt(2))) : stop();
    }

    private Step activation(String budget) {
        long limit = 50L + random.nextInt(150);
        limits.put(budget, limit);
        Book book = books.get(budget);
        if (book != null) {
            // Lowering takes what is available first; only the rest is owed.
            long lowered = book.limit - limit;
            book.debt += Math.max(0, lowered - book.available());
            book.limit = limit;
            book.payDebt();
        }
        return new Step(operations.activate(key()).limit(budget, limit + " calls"), "activated");
    }

    private Step hold() {
        HoldOperation hold = operations.hold(key());
        String run = random.nextInt(3) == 0 ? "run-" + random.nextInt(2) : null;
        if (run != null) {
            hold.inRun(run);
        }
        if (random.nextInt(3) == 0) {
            hold.unassumed();
        }
        List<String> budgets = random.nextBoolean() ? BUDGETS : List.of(BUDGETS.get(random.nextInt(2)));
        budgets.forEach(budget -> hold.claim(operations.account(budget), random.nextInt(40)));
        String shortOf = null;
        for (var claim : hold.claims()) {
            String budget = claim.account().budgetId();
            Book book = books.computeIfAbsent(budget, name -> new Book(limits.getOrDefault(name, 0L)));
            if (shortOf == null && book.available() < claim.atomic()) {
                shortOf = budget;
            }
        }
        if (run != null && stopped.contains(run)) {
            return new Step(hold, "refused: run stopped");
        }
        if (shortOf != null) {
            return new Step(hold, "refused: short of " + shortOf);
        }
        hold.claims().forEach(claim -> book(claim.account()).held += claim.atomic());
        held.add(hold);
        return new Step(hold, "held");
    }

    private Step commit() {
        HoldOperation hold = held.remove(random.nextInt(held.size()));
        long[] actuals =
                hold.claims().stream().mapToLong(claim -> random.nextInt(60)).toArray();
        List<Long> answer = new ArrayList<>();
        for (int i = 0; i < actuals.length; i++) {
            Book book = book(hold.claims().get(i).account());
            long over = actuals[i] - hold.claims().get(i).atomic();
            book.debt += Math.max(0, over - book.available());
            book.held -= hold.claims().get(i).atomic();
            book.spent += actuals[i];
            book.payDebt();
            answer.add(actuals[i]);
        }
        return new Step(operations.commit(key(), hold, actuals), "committed " + answer);
    }

    private Step release() {
        HoldOperation hold = held.remove(random.nextInt(held.size()));
        hold.claims().forEach(claim -> {
            Book book = book(claim.account());
            book.held -= claim.atomic();
            book.payDebt();
        });
        return new Step(operations.release(key(), hold), "released");
    }

    private Step stop() {
        String run = "run-" + random.nextInt(2);
        return new Step(operations.stop(key(), run, "LIMIT"), stopped.add(run) ? "stopped" : "refused: run stopped");
    }

    private Book book(Account account) {
        Book book = books.get(account.budgetId());
        if (book == null) {
            throw new IllegalStateException("Model never used budget '" + account.budgetId() + "'.");
        }
        return book;
    }

    private String key() {
        return "op-" + ++count;
    }

    /**
     * An operation and what must be answered.
     *
     * @param operation what to submit
     * @param expectedAnswer its answer as text
     */
    record Step(LedgerOperation operation, String expectedAnswer) {}

    private static final class Book {
        long limit;
        long spent;
        long held;
        long debt;

        Book(long limit) {
            this.limit = limit;
        }

        /** Nobody has something to hold and owes at the same time. */
        void payDebt() {
            debt -= Math.min(debt, available());
        }

        long available() {
            return limit + debt - spent - held;
        }
    }
}
