package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What events say of an account beside what they move, until its opening was read: streams come one after the other, and the one
 * that opens it need not be the first. What several events say of it alike is kept once.
 */
final class AccountWords {
    private @Nullable Place named;
    private @Nullable Name name;
    private @Nullable Place early;
    private @Nullable Place late;
    private Instant earliest = Instant.MAX;
    private Instant latest = Instant.MIN;
    private final List<Limited> limited = new ArrayList<>(0);

    /** Takes what an event calls it; returns what another event called it otherwise, or null. */
    @Nullable
    Name named(Place place, Name next) {
        if (name == null) {
            named = place;
            name = next;
            return null;
        }
        if (!name.agrees(next)) {
            return name;
        }
        name = name.with(next);
        return null;
    }

    /** Takes a time at which its window must be open. */
    void open(Place place, Instant at) {
        if (at.isBefore(earliest)) {
            earliest = at;
            early = place;
        }
        if (at.isAfter(latest)) {
            latest = at;
            late = place;
        }
    }

    /** Takes a contract's limits. */
    void limited(Place place, ContractBook.Limits limits) {
        limited.add(new Limited(place, limits));
    }

    /** Says all of it again. */
    void replay(Listener listener) {
        if (name != null && named != null) {
            listener.named(named, name);
        }
        if (early != null) {
            listener.open(early, earliest);
        }
        if (late != null && !latest.equals(earliest)) {
            listener.open(late, latest);
        }
        limited.forEach(change -> listener.limited(change.place, change.limits));
    }

    /** Who knows the opening. */
    interface Listener {
        void named(Place place, Name name);

        void open(Place place, Instant at);

        void limited(Place place, ContractBook.Limits limits);
    }

    /**
     * What an event calls an account.
     *
     * @param unit null where it does not say
     * @param namespace null where it does not say
     */
    record Name(
            String budget, @Nullable Unit unit, @Nullable String namespace) {
        /** Whether both may be the same account's. */
        boolean agrees(Name other) {
            return budget.equals(other.budget)
                    && (unit == null || other.unit == null || unit.equals(other.unit))
                    && (namespace == null || other.namespace == null || namespace.equals(other.namespace));
        }

        private Name with(Name other) {
            return new Name(budget, unit == null ? other.unit : unit, namespace == null ? other.namespace : namespace);
        }

        @Override
        public String toString() {
            return "budget '" + budget + "'" + (unit == null ? "" : " in " + unit)
                    + (namespace == null ? "" : " (" + namespace + ")");
        }
    }

    private record Limited(Place place, ContractBook.Limits limits) {}

    /** A window from what an opening says; throws {@link JsonException} when that is none. */
    static Period window(String from, String until) {
        try {
            Period window = new Period(Instant.parse(from), Instant.parse(until));
            if (!window.intersect(Period.ALWAYS).equals(window)) {
                throw new JsonException("Window from '" + from + "' until '" + until + "' lies outside 1970 to 9999.");
            }
            return window;
        } catch (DateTimeException | IllegalArgumentException malformed) {
            throw new JsonException("Window from '" + from + "' until '" + until + "' is no span of time.", malformed);
        }
    }
}
