package io.spendguard.langchain4j;

/**
 * Marks what already stands behind a guard, so that nothing is gated twice.
 *
 * @param <T> the LangChain4j interface of what is gated
 */
public interface Gated<T> {
    /** What runs when the guard allows it. Calling it directly is not guarded. */
    T unwrap();

    /** Tells whether calls of this object pass a guard. */
    static boolean isGuarded(Object candidate) {
        return candidate instanceof Gated<?>;
    }
}
