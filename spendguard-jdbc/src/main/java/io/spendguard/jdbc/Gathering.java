package io.spendguard.jdbc;

/**
 * What a writer waits for before it begins the next batch. Agents ask in loops: those whose operations were just answered mostly come
 * back at once, and a batch that begins with the first of them leaves the rest to the next, whose transaction costs as much.
 * A lone caller waits for nobody.
 *
 * @param operations how many are expected
 * @param nanos how long after the last batch to wait for them
 */
record Gathering(int operations, long nanos) {
    /** For nobody. */
    static final Gathering NONE = new Gathering(1, 0);

    /** So that a caller who comes alone after many waits hardly longer than it would have for them. */
    private static final int SHARE = 8;

    private static final long LONGEST_NANOS = 500_000;

    /** As many as were just answered, for an eighth of the time that took, at most half a millisecond. */
    static Gathering after(int answered, long nanosTaken) {
        return answered <= 1 ? NONE : new Gathering(answered, Math.min(LONGEST_NANOS, nanosTaken / SHARE));
    }
}
