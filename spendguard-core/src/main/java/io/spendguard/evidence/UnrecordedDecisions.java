package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Decisions that were answered while nobody could tell that they are recorded, because the ledger was away: refused, or in shadow mode let pass.
 * They are counted here until an event of the tenant's stream says how many they were. A decision whose record arrived after its
 * answer is counted too. Safe for any number of threads; what a process counted is gone with it.
 */
public final class UnrecordedDecisions {
    private final Map<String, Unstated> unstated = new ConcurrentHashMap<>();
    private final LongAdder total = new LongAdder();

    /**
     * Counts one.
     *
     * @param tenant whose
     * @param at when it was made
     * @param isPassed whether the action may run all the same, as in shadow mode
     */
    public void add(String tenant, Instant at, boolean isPassed) {
        total.increment();
        Unstated one = new Unstated(isPassed ? 0 : 1, isPassed ? 1 : 0, at, at);
        unstated.merge(tenant, one, Unstated::plus);
    }

    /** How many there were in all. */
    public long total() {
        return total.sum();
    }

    /** Whose are not stated yet. */
    Set<String> tenants() {
        return Set.copyOf(unstated.keySet());
    }

    /** A tenant's that are not stated yet; empty when there are none. */
    Optional<Unstated> of(String tenant) {
        return Optional.ofNullable(unstated.get(tenant));
    }

    /** So many of a tenant's are durably stated. */
    void stated(String tenant, Unstated some) {
        unstated.computeIfPresent(tenant, (whose, all) -> all.equals(some) ? null : all.minus(some));
    }

    /**
     * Some decisions of a tenant.
     *
     * @param refused how many were refused
     * @param passed how many were let pass
     * @param from when the first was made
     * @param until when the last was
     */
    record Unstated(long refused, long passed, Instant from, Instant until) {
        private Unstated plus(Unstated other) {
            return new Unstated(
                    refused + other.refused,
                    passed + other.passed,
                    from.isBefore(other.from) ? from : other.from,
                    until.isAfter(other.until) ? until : other.until);
        }

        /** What came since lies at the end. */
        private Unstated minus(Unstated other) {
            return new Unstated(refused - other.refused, passed - other.passed, other.until, until);
        }

        JsonObject toJson() {
            return JsonObject.create()
                    .put("refused", refused)
                    .put("passed", passed)
                    .put("from", from.toString())
                    .put("until", until.toString());
        }
    }
}
