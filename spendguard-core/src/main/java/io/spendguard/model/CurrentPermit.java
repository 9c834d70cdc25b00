package io.spendguard.model;

import java.util.Objects;
import java.util.Optional;

/**
 * The permit a thread runs under. Adapters open it around the guarded code; user code reads it through
 * {@link Permit#current()}. Nothing carries it to other threads by itself.
 */
public final class CurrentPermit {
    private static final ThreadLocal<Slot> CURRENT = new ThreadLocal<>();

    private CurrentPermit() {}

    /** The innermost open permit of this thread. */
    public static Optional<Permit> get() {
        return Optional.ofNullable(CURRENT.get()).map(slot -> slot.permit);
    }

    /** Makes the permit current for this thread until the handle is closed, on this same thread. */
    public static Handle open(Permit permit) {
        Objects.requireNonNull(permit, "permit");
        Slot outer = CURRENT.get();
        CURRENT.set(new Slot(permit));
        return () -> {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        };
    }

    /**
     * Asks for a second gate before one call: tells whether the current permit covers the action, and no action passed on
     * it before. What stands between two gates may call the inner one again, to retry or to ask for a better answer; each
     * such call is a spend of its own.
     */
    public static boolean claim(Action inner) {
        Slot slot = CURRENT.get();
        if (slot == null || slot.isClaimed || !slot.permit.covers(inner)) {
            return false;
        }
        slot.isClaimed = true;
        return true;
    }

    /** The action that passed on the current permit provably cost nothing: the next one may pass. */
    public static void unclaim() {
        Slot slot = CURRENT.get();
        if (slot != null) {
            slot.isClaimed = false;
        }
    }

    /** Used by one thread. */
    private static final class Slot {
        private final Permit permit;
        private boolean isClaimed;

        private Slot(Permit permit) {
            this.permit = permit;
        }
    }

    /** Ends the time a permit is current. */
    @FunctionalInterface
    public interface Handle extends AutoCloseable {
        /** Restores the permit that was current before. */
        @Override
        void close();
    }
}
