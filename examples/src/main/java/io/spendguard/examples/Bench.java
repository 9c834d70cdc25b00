package io.spendguard.examples;

/** One benchmark: measures, and reports figures that mean something on any machine, which is to say ratios. */
public interface Bench {
    /** What {@code -Dbench=} calls it. */
    String name();

    /** Measures and reports. */
    void run(BenchReport report) throws Exception;
}
