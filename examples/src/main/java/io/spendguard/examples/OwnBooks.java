package io.spendguard.examples;

import io.spendguard.contract.Contract;
import io.spendguard.model.Balance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The same budgets kept a second time, by hand: plain sums of nanos, with nothing of the library but the contract's two
 * limits. The guard has to agree with them on every answer and in every balance.
 */
public final class OwnBooks {
    private final long runLimitNanos;
    private final long dailyLimitNanos;
    private final Map<String, Long> spentNanosByRun = new HashMap<>();
    private long spentNanos;

    /** Begins with nothing spent, under the contract's budgets {@code per-run} and {@code daily}. */
    public OwnBooks(Contract contract) {
        this.runLimitNanos = limitNanos(contract, "per-run");
        this.dailyLimitNanos = limitNanos(contract, "daily");
    }

    /** Tells whether so much may be held for the run. */
    boolean allows(String run, long holdNanos) {
        return spentNanos(run) + holdNanos <= runLimitNanos && spentNanos + holdNanos <= dailyLimitNanos;
    }

    /** Takes note of a call's price. */
    public void spend(String run, long nanos) {
        spentNanosByRun.merge(run, nanos, Long::sum);
        spentNanos += nanos;
    }

    long spentNanos(String run) {
        return spentNanosByRun.getOrDefault(run, 0L);
    }

    /** What all runs spent. */
    public long spentNanos() {
        return spentNanos;
    }

    /** Fails the demo on the first balance that is not the one kept here. */
    public void requireSame(List<Balance> balances) {
        long runsNanos = 0;
        long daysNanos = 0;
        for (Balance balance : balances) {
            String account = "of budget " + balance.budgetId() + " '" + balance.key() + "', in nanos";
            long spent = balance.spent().atomic();
            long available = balance.limit().atomic() - spent;
            DemoFailedException.unlessSame("held " + account, 0, balance.held().atomic());
            if (balance.budgetId().equals("daily")) {
                // One window, or two when the demo ran across midnight.
                daysNanos += spent;
            } else {
                DemoFailedException.unlessSame("spent " + account, spentNanos(balance.key()), spent);
                runsNanos += spent;
            }
            DemoFailedException.unlessSame(
                    "available " + account, available, balance.available().atomic());
        }
        DemoFailedException.unlessSame("spent by all runs, in nanos", spentNanos, runsNanos);
        DemoFailedException.unlessSame("spent of all days, in nanos", spentNanos, daysNanos);
    }

    private static long limitNanos(Contract contract, String budgetId) {
        return contract.budgets().stream()
                .filter(budget -> budget.id().equals(budgetId))
                .findFirst()
                .orElseThrow()
                .limit()
                .atomic();
    }
}
