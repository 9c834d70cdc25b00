package io.spendguard.model;

import java.util.Objects;
import java.util.Optional;

/**
 * The permit a thread runs under. Adapters open it around the guarded code; user code reads it through
 * {@link Permit#current()}. Nothing carries it to other threads by itself.
 */
public final class CurrentPermit {
    private static final ThreadLocal<Passage> CURRENT = new ThreadLocal<>();

    private CurrentPermit() {}

    /** The innermost open permit of this thread. */
    public static Optional<Permit> get() {
        return passage().map(Passage::permit);
    }

    /** What that permit lets through a gate met on this thread. */
    public static Optional<Passage> passage() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** Makes the permit current for this thread until the handle is closed, on this same thread. */
    public static Handle open(Permit permit) {
        return open(Passage.of(permit));
    }

    /** As {@link #open(Permit)}, for a passage that is open elsewhere too, or was before. */
    public static Handle open(Passage passage) {
        Objects.requireNonNull(passage, "passage");
        Passage outer = CURRENT.get();
        CURRENT.set(passage);
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
