package io.spendguard.model;

import java.util.Objects;
import java.util.Optional;

/**
 * The permit a thread runs under. Adapters open it around the guarded code; user code reads it through
 * {@link Permit#current()}. Nothing carries it to other threads by itself.
 */
public final class CurrentPermit {
    private static final ThreadLocal<Permit> CURRENT = new ThreadLocal<>();

    private CurrentPermit() {}

    /** The innermost open permit of this thread. */
    public static Optional<Permit> get() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** Makes the permit current for this thread until the handle is closed, on this same thread. */
    public static Handle open(Permit permit) {
        Objects.requireNonNull(permit, "permit");
        Permit outer = CURRENT.get();
        CURRENT.set(permit);
        return () -> {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        };
    }

    /** Ends the time a permit is current. */
    @FunctionalInterface
    public interface Handle extends AutoCloseable {
        /** Restores the permit that was current before. */
        @Override
        void close();
    }
}
