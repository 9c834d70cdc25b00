package io.spendguard;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The guard that code finds which was handed none: the one open on its thread, else the process's. */
final class CurrentGuard {
    private static final AtomicReference<@Nullable Guard> INSTALLED = new AtomicReference<>();
    private static final ThreadLocal<Guard> OPEN = new ThreadLocal<>();

    private CurrentGuard() {}

    /**
     * Makes the guard the process's.
     *
     * @throws IllegalStateException when another one is installed
     */
    static void install(Guard guard) {
        if (!INSTALLED.compareAndSet(null, guard) && INSTALLED.get() != guard) {
            throw new IllegalStateException("Another guard is installed in this process already: only one can be found"
                    + " without being named. Close it first, or hand guards over explicitly.");
        }
    }

    /** Takes the guard out of the process again; nothing happens where it was not installed. */
    static void remove(Guard guard) {
        INSTALLED.compareAndSet(guard, null);
    }

    /** Opens the guard on this thread until the handle is closed on this thread. */
    static Guard.Handle open(Guard guard) {
        Guard outer = OPEN.get();
        OPEN.set(guard);
        return () -> {
            if (outer == null) {
                OPEN.remove();
            } else {
                OPEN.set(outer);
            }
        };
    }

    static Optional<Guard> find() {
        Guard open = OPEN.get();
        return Optional.ofNullable(open != null ? open : INSTALLED.get());
    }
}
