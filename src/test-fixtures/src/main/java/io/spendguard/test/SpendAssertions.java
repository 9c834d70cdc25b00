package io.spendguard.test;

import io.spendguard.Guard;

/**
 * Entry to assertions about what a guard recorded: narrow first, assert last.
 *
 * <pre>{@code
 * assertThat(guard).onModel("gpt-4o").spent("0.12 USD", within("1%"));
 * assertThat(guard).inRun("r").decided(Effect.STOP, times(1)).leftNoOpenHolds();
 * }</pre>
 *
 * <p>May be imported beside AssertJ's own {@code assertThat}.
 */
public final class SpendAssertions {
    private SpendAssertions() {}

    /** Assertions about all calls that the guard's ledger has recorded by the time each of them is made. */
    public static GuardAssert assertThat(Guard guard) {
        return new GuardAssert(guard);
    }

    /** Exactly so often; 0 is never. */
    public static Times times(int count) {
        return Times.exactly(count);
    }

    /** So often or more. */
    public static Times atLeast(int count) {
        return Times.atLeast(count);
    }

    /** Not at all. */
    public static Times never() {
        return Times.exactly(0);
    }

    /**
     * A tolerance up and down.
     *
     * @param tolerance a percentage of the expected amount such as {@code 1%}, or money such as {@code 0.01 USD}
     * @throws IllegalArgumentException when it is neither
     */
    public static Tolerance within(String tolerance) {
        return Tolerance.parse(tolerance);
    }
}
