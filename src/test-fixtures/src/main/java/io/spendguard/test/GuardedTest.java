package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Money;
import io.spendguard.proof.Ed25519Signer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one test was given, and what is asked of it at its end. Used by the test's thread. */
final class GuardedTest {
    private final GuardedTestSpec spec;
    private final Guard guard;
    private final @Nullable TestClock clock;
    private final @Nullable PostgresPlace place;
    private Guard.@Nullable Handle open;

    private GuardedTest(GuardedTestSpec spec, Guard guard, @Nullable TestClock clock, @Nullable PostgresPlace place) {
        this.spec = spec;
        this.guard = guard;
        this.clock = clock;
        this.place = place;
    }

    static GuardedTest start(GuardedTestSpec spec) {
        Contract contract = spec.contract();
        if (!spec.isOnPostgres()) {
            TestClock clock = TestClock.create();
            Guard guard =
                    builder(contract, new InMemoryLedger(clock)).clock(clock).build();
            return new GuardedTest(spec, guard, clock, null);
        }
        PostgresPlace place = PostgresPlace.open();
        try {
            return new GuardedTest(spec, builder(contract, place.ledger()).build(), null, place);
        } catch (RuntimeException e) {
            place.ledger().close();
            place.close();
            throw e;
        }
    }

    /** Makes the guard the thread's own, until {@link #end}. */
    void open() {
        open = guard.open();
    }

    Guard guard() {
        return guard;
    }

    Ledger ledger() {
        return guard.ledger();
    }

    Optional<TestClock> clock() {
        return Optional.ofNullable(clock);
    }

    /**
     * Closes everything, and then tells what the test did wrong.
     *
     * @throws AssertionError with all faults
     */
    void end() {
        List<String> faults = new ArrayList<>();
        try {
            if (open != null) {
                open.close();
            }
            RecordedCalls calls = RecordedCalls.of(guard.ledger());
            spec.limit().ifPresent(limit -> requireWithin(limit, calls, faults));
            if (spec.openHolds() == OpenHolds.FAIL) {
                requireSettled(calls, faults);
            }
        } finally {
            close();
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

    private void close() {
        try {
            guard.close();
        } finally {
            if (place != null) {
                place.close();
            }
        }
    }

    private static Guard.Builder builder(Contract contract, Ledger ledger) {
        return Guard.builder().contract(contract).ledger(ledger).signer(Ed25519Signer.generate());
    }
}
