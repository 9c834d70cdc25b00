package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which events an evidence package holds; what is null leaves nothing out. It is judged by what an event itself says, so that
 * a reader who holds one event can tell whether it belongs there.
 *
 * <p>A filter by tenant leaves whole streams out, and what is left proves itself like a package of everything. The others leave
 * events out of streams: such a package is an excerpt, which proves each event it holds, but not that there are no others.
 *
 * @param tenant whose
 * @param from the first time, by the event's own, inclusive
 * @param until the end of the time, exclusive
 * @param run the run's id; events without a run do not match
 * @param budget the contract's budget: an event matches that names it among its claims, charges or limits, or as the account it
 *     opens, or gives to or takes from
 */
public record EvidenceFilter(
        @Nullable String tenant,
        @Nullable Instant from,
        @Nullable Instant until,
        @Nullable String run,
        @Nullable String budget) {
    /** Everything. */
    public static final EvidenceFilter ALL = new EvidenceFilter(null, null, null, null, null);

    /** Refuses an empty name, and a time that ends before it begins, with {@link IllegalArgumentException}. */
    public EvidenceFilter {
        requireName("tenant", tenant);
        requireName("run", run);
        requireName("budget", budget);
        if (from != null && until != null && !from.isBefore(until)) {
            throw new IllegalArgumentException("Filter until " + until + " ends no later than its start " + from
                    + ": nothing matches. Swap them.");
        }
    }

    /** One tenant's events, or with null everybody's. */
    public static EvidenceFilter ofTenant(@Nullable String tenant) {
        return new EvidenceFilter(tenant, null, null, null, null);
    }

    /** The same, of that time only; null is no bound. */
    public EvidenceFilter between(@Nullable Instant begin, @Nullable Instant end) {
        return new EvidenceFilter(tenant, begin, end, run, budget);
    }

    /** The same, of that run only; null is every run. */
    public EvidenceFilter ofRun(@Nullable String id) {
        return new EvidenceFilter(tenant, from, until, id, budget);
    }

    /** The same, of that budget only; null is every budget. */
    public EvidenceFilter ofBudget(@Nullable String id) {
        return new EvidenceFilter(tenant, from, until, run, id);
    }

    /** Tells whether events of a stream are left out while others of it are there. */
    public boolean isExcerpt() {
        return from != null || until != null || run != null || budget != null;
    }

    /**
     * Tells whether an event matches.
     *
     * @param envelope the event's content
     * @throws JsonException when it lacks what every event has, or names budgets in another form
     */
    public boolean matches(JsonObject envelope) {
        return (tenant == null || tenant.equals(envelope.string("tenantid")))
                && (run == null || run.equals(envelope.stringOrNull("runid")))
                && (from == null || !time(envelope).isBefore(from))
                && (until == null || time(envelope).isBefore(until))
                && (budget == null || names(envelope.object("data"), budget));
    }

    /** Reads a manifest's member; throws {@link JsonException} when it has another form. */
    public static EvidenceFilter parse(JsonObject json) {
        try {
            return new EvidenceFilter(
                    json.stringOrNull("tenant"),
                    time(json.stringOrNull("from")),
                    time(json.stringOrNull("until")),
                    json.stringOrNull("run"),
                    json.stringOrNull("budget"));
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException | DateTimeException malformed) {
            throw new JsonException("The filter has another form: " + malformed.getMessage(), malformed);
        }
    }

    /** The member {@code filter} of a manifest. */
    public JsonObject toJson() {
        return JsonObject.create()
                .putIfPresent("tenant", tenant)
                .putIfPresent("from", from == null ? null : from.toString())
                .putIfPresent("until", until == null ? null : until.toString())
                .putIfPresent("run", run)
                .putIfPresent("budget", budget);
    }

    /** As people read it, such as {@code tenant 'acme', run 'r-1'}. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        add(parts, "tenant", tenant);
        add(parts, "run", run);
        add(parts, "budget", budget);
        if (from != null) {
            parts.add("from " + from);
        }
        if (until != null) {
            parts.add("until " + until);
        }
        return parts.isEmpty() ? "all tenants" : String.join(", ", parts);
    }

    private static void add(List<String> parts, String name, @Nullable String value) {
        if (value != null) {
            parts.add(name + " '" + value + "'");
        }
    }

    private static boolean names(JsonObject data, String budget) {
        for (String list : List.of("claims", "actual", "limits")) {
            if (data.has(list)
                    && data.objects(list).stream().anyMatch(part -> budget.equals(part.stringOrNull("budget")))) {
                return true;
            }
        }
        for (String account : List.of("account", "to", "from")) {
            if (data.has(account) && budget.equals(data.object(account).stringOrNull("budget"))) {
                return true;
            }
        }
        return false;
    }

    private static Instant time(JsonObject envelope) {
        try {
            return Instant.parse(envelope.string("time"));
        } catch (DateTimeException malformed) {
            throw new JsonException("Member 'time' is no RFC 3339 time in UTC.", malformed);
        }
    }

    private static @Nullable Instant time(@Nullable String text) {
        return text == null ? null : Instant.parse(text);
    }

    private static void requireName(String what, @Nullable String name) {
        if (name != null && name.isEmpty()) {
            throw new IllegalArgumentException(
                    "Filter by " + what + " is empty: it must name one. Leave it out for all.");
        }
    }
}
