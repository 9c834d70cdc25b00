package io.spendguard.spring;

import io.spendguard.trace.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The names under which a caller says for whom a call is made: in a prompt's tool context, where model and tools both see
 * them, or in the Reactor context of a stream.
 *
 * <p>Each name is looked up by itself, first in the tool context, then in the Reactor context, then in {@link
 * Scope#current()} of the thread that calls or subscribes, then among the configured defaults.
 */
public final class SpendGuardContext {
    /** Whose budget and evidence. */
    public static final String TENANT = "spendguard.tenant";
    /** The run. */
    public static final String RUN = "spendguard.run";
    /** The step within the run. */
    public static final String STEP = "spendguard.step";
    /** The agent that acts. */
    public static final String AGENT = "spendguard.agent";
    /** The person served. */
    public static final String USER = "spendguard.user";

    private SpendGuardContext() {}

    /**
     * A scope as entries for {@code toolContext(...)} or {@code contextWrite(context -> context.putAllMap(...))}.
     *
     * @return what the scope says; empty when it says nothing
     */
    public static Map<String, Object> of(Scope scope) {
        Map<String, Object> entries = new LinkedHashMap<>();
        put(entries, TENANT, scope.tenant());
        put(entries, RUN, scope.run());
        put(entries, STEP, scope.step());
        put(entries, AGENT, scope.agent());
        put(entries, USER, scope.user());
        return entries;
    }

    /** What some place says, by name; null where it is silent. */
    static Scope read(Function<String, @Nullable Object> place) {
        return new Scope(
                text(place.apply(TENANT)),
                text(place.apply(RUN)),
                text(place.apply(STEP)),
                text(place.apply(AGENT)),
                text(place.apply(USER)));
    }

    /** The first scope, with what it does not say taken from the second. */
    static Scope merge(Scope first, Scope second) {
        return new Scope(
                either(first.tenant(), second.tenant()),
                either(first.run(), second.run()),
                either(first.step(), second.step()),
                either(first.agent(), second.agent()),
                either(first.user(), second.user()));
    }

    private static void put(Map<String, Object> entries, String name, @Nullable String value) {
        if (value != null) {
            entries.put(name, value);
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return Optional.ofNullable(value).map(String::valueOf).orElse(null);
    }

    private static @Nullable String either(@Nullable String first, @Nullable String second) {
        return first != null ? first : second;
    }
}
