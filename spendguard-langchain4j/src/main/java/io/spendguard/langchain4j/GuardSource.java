package io.spendguard.langchain4j;

import dev.langchain4j.invocation.InvocationContext;
import io.spendguard.Guard;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a gate finds its guard. */
@FunctionalInterface
interface GuardSource {
    /**
     * The guard for a call of this AI service invocation, or of none.
     *
     * @throws IllegalStateException when there is no guard: a gate never lets a call pass undecided
     */
    Guard guard(@Nullable InvocationContext invocation);

    /** The guard of every call; empty when each call has to look for its own. */
    default Optional<Guard> fixed() {
        return Optional.empty();
    }

    /** Always this guard. */
    static GuardSource of(Guard guard) {
        return new One(Objects.requireNonNull(guard, "guard"));
    }

    /**
     * One guard for all.
     *
     * @param one the guard
     */
    record One(Guard one) implements GuardSource {
        @Override
        public Guard guard(@Nullable InvocationContext invocation) {
            return one;
        }

        @Override
        public Optional<Guard> fixed() {
            return Optional.of(one);
        }
    }
}
