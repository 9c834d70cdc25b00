package io.spendguard.test;

/** How often something is expected. Made by {@link SpendAssertions}. Immutable. */
public final class Times {
    private final int least;
    private final int most;
    private final String text;

    private Times(int least, int most, String text) {
        this.least = least;
        this.most = most;
        this.text = text;
    }

    static Times exactly(int count) {
        return new Times(requireCount(count), count, count == 1 ? "once" : count == 0 ? "never" : count + " times");
    }

    static Times atLeast(int count) {
        return new Times(
                requireCount(count), Integer.MAX_VALUE, "at least " + (count == 1 ? "once" : count + " times"));
    }

    boolean admits(int count) {
        return count >= least && count <= most;
    }

    /** In words: {@code never}, {@code once}, {@code 3 times}, {@code at least once}. */
    @Override
    public String toString() {
        return text;
    }

    private static int requireCount(int count) {
        if (count < 0) {
            throw new IllegalArgumentException(
                    "Expected count of " + count + " is negative: nothing happens less than never. Give 0 or more.");
        }
        return count;
    }
}
