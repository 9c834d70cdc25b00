package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Money;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one test was given, and what is asked of it at its end. Used by the test's thread. */
final class GuardedTest {
    private final GuardedTestSpec spec;
    private final TestGuard test;
    private final boolean isOwn;
    private final int callsBefore;
    private Guard.@Nullable Handle open;

    private GuardedTest(GuardedTestSpec spec, TestGuard test, boolean isOwn) {
        this.spec = spec;
        this.test = test;
        this.isOwn = isOwn;
        this.callsBefore = isOwn ? 0 : RecordedCalls.of(ledger()).size();
    }

    /** With a guard of its own. */
    static GuardedTest start(GuardedTestSpec spec) {
        return new GuardedTest(spec, TestGuard.start(spec.contract(), spec.isOnPostgres(), guard -> {}), true);
    }

    /** With a guard that outlives it. What was recorded before is none of its calls. */
    static GuardedTest startWith(GuardedTestSpec spec, TestGuard shared) {
        return new GuardedTest(spec, shared, false);
    }

    /** Makes the guard the thread's own, until {@link #end}. */
    void open() {
        open = guard().open();
    }

    Guard guard() {
        return test.guard();
    }

    Ledger ledger() {
        return guard().ledger();
    }

    Optional<TestClock> clock() {
        return test.clock();
    }

    /**
     * Closes everything that is its own, and then tells what the test did wrong.
     *
     * @throws AssertionError with all faults
     */
    void end() {
        List<String> faults = new ArrayList<>();
        try {
            if (open != null) {
                open.close();
            }
            RecordedCalls calls = RecordedCalls.of(ledger()).since(callsBefore);
            spec.limit().ifPresent(limit -> requireWithin(limit, calls, faults));
            if (spec.openHolds() == OpenHolds.FAIL) {
                requireSettled(calls, faults);
            }
        } finally {
            if (isOwn) {
                test.close();
            }
        }
        if (!faults.isEmpty()) {
            throw new AssertionError(String.join("\n", faults));
        }
    }

    private void requireWithin(Money limit, RecordedCalls calls, List<String> faults) {
        Money spent = calls.spent(limit.currency());
        Money held = calls.held(limit.currency());
        RecordedCalls uncounted = calls.notCountedIn(limit.currency());
        if (!uncounted.isEmpty()) {
            faults.add("Test '" + spec.testName() + "' made calls whose cost cannot be counted in " + limit.currency()
                    + ": @BudgetLimit(\"" + limit + "\") bounds known amounts of one currency. The calls:"
                    + uncounted.listing());
        }
        if (spent.plus(held).compareTo(limit) > 0) {
            faults.add("Test '" + spec.testName() + "' spent " + spent
                    + (held.nanos() == 0 ? "" : " and holds " + held) + ": @BudgetLimit allows " + limit
                    + ". Spend less or raise the limit. The calls:" + calls.listing());
        }
    }

    private void requireSettled(RecordedCalls calls, List<String> faults) {
        RecordedCalls unsettled = calls.only(RecordedCall::isOpen);
        if (!unsettled.isEmpty()) {
            faults.add("Test '" + spec.testName() + "' left " + unsettled.size()
                    + (unsettled.size() == 1 ? " call" : " calls")
                    + " unsettled: openHolds = FAIL wants every permit committed or released. The calls:"
                    + unsettled.listing());
        }
    }
}
