package io.spendguard.examples;

/** Something to watch: an agent, a budget, and what comes of the two. */
public interface Demo {
    /** What {@code -Ddemo=} calls it. */
    String name();

    /**
     * Plays the demo and leaves its evidence behind, verified.
     *
     * @throws DemoFailedException when the guard's figures are not those counted beside it, or the evidence has findings
     */
    void play(Stage stage);
}
