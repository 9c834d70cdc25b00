package io.spendguard.trace;

import io.spendguard.model.Action;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who acts here: tenant, run, step, agent and user, for actions that do not say so themselves.
 *
 * <p>A scope is an explicit object. {@link #open()} also makes it current for the calling thread, as a fallback for
 * code that cannot pass it on; nothing carries it to other threads by itself. Immutable.
 *
 * @param tenant whose budget and evidence, or null
 * @param run the run, or null
 * @param step the step, or null
 * @param agent the agent, or null
 * @param user the person served, or null
 */
public record Scope(
        @Nullable String tenant,
        @Nullable String run,
        @Nullable String step,
        @Nullable String agent,
        @Nullable String user) {
    /** Knows nothing. */
    public static final Scope EMPTY = new Scope(null, null, null, null, null);

    private static final ThreadLocal<Scope> CURRENT = new ThreadLocal<>();

    /** The scope open on this thread, or {@link #EMPTY}. */
    public static Scope current() {
        return Objects.requireNonNullElse(CURRENT.get(), EMPTY);
    }

    /** A scope of one run of one tenant. */
    public static Scope ofRun(String tenant, String run) {
        return new Scope(tenant, run, null, null, null);
    }

    /** Makes this scope current for the calling thread until the handle is closed, on that same thread. */
    public Handle open() {
        Scope outer = CURRENT.get();
        CURRENT.set(this);
        return () -> {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        };
    }

    /** The action with whatever it does not say itself filled in from this scope; its key stays. */
    public Action complete(Action action) {
        if (equals(EMPTY)) {
            return action;
        }
        Action.Builder builder = action.toBuilder();
        if (tenant != null && action.tenant().isEmpty()) {
            builder.tenant(tenant);
        }
        if (run != null && action.run().isEmpty()) {
            builder.run(run);
        }
        if (step != null && action.step().isEmpty()) {
            builder.step(step);
        }
        if (agent != null && action.agent().isEmpty()) {
            builder.agent(agent);
        }
        if (user != null && action.user().isEmpty()) {
            builder.user(user);
        }
        return builder.build();
    }

    /** Ends the time a scope is current. */
    @FunctionalInterface
    public interface Handle extends AutoCloseable {
        /** Restores the scope that was current before. */
        @Override
        void close();
    }
}
