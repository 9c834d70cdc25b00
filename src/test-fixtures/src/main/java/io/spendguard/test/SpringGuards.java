package io.spendguard.test;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the guard that is a bean of a Spring test meets the extension: Spring makes its context before the extension is
 * asked for anything. Names no class of Spring, so that tests without it can ask too. Safe for any number of threads.
 */
final class SpringGuards {
    private static final Map<Class<?>, TestGuard> BY_OWNER = new ConcurrentHashMap<>();

    private SpringGuards() {}

    /** The context of this class's tests has a guard; it takes the place of that of a context that is gone. */
    static void put(Class<?> owner, TestGuard guard) {
        BY_OWNER.put(owner, guard);
    }

    /** The context of this guard is gone. */
    static void remove(Class<?> owner, TestGuard guard) {
        BY_OWNER.remove(owner, guard);
    }

    /** The guard that is a bean of this class's tests; empty when they are none of Spring's. */
    static Optional<TestGuard> find(Class<?> testClass) {
        return GuardedTestSpec.owner(testClass).map(BY_OWNER::get);
    }
}
