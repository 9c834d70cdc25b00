package io.spendguard.examples;

/** A demo did not show what it promises. */
public final class DemoFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what was not as promised. */
    public DemoFailedException(String message) {
        super(message);
    }

    /** Holds the guard's figure against the one counted beside it. */
    public static void unlessSame(String what, long counted, long guards) {
        if (counted != guards) {
            throw new DemoFailedException("Figures differ: " + what + ": " + counted + " by own count, " + guards
                    + " by the guard's. One of them is wrong.");
        }
    }
}
