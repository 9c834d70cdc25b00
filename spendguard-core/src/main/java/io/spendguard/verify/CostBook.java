package io.spendguard.verify;

import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Holds what settlements say they cost against the prices of their decisions, of a part of them at a time. */
final class CostBook {
    private final Findings findings;
    /** By tenant. */
    private final Map<String, UuidMap<Rate>> rates = new HashMap<>();
    /** Whose decision has not been told yet. */
    private final List<Settled> waiting = new ArrayList<>();

    private long derived;
    private long given;
    private long unproved;

    CostBook(Findings findings) {
        this.findings = findings;
    }

    /** What a decision's calls are priced at. */
    void rate(String tenant, UUID decision, Rate rate) {
        rates.computeIfAbsent(tenant, name -> new UuidMap<>()).put(decision, rate);
    }

    /** What a settlement says it cost. */
    void cost(Place place, String tenant, UUID decision, Usage usage, Money cost) {
        Settled settled = new Settled(place, tenant, decision, usage, cost);
        Rate rate = rateOf(settled);
        if (rate == null) {
            waiting.add(settled);
        } else {
            compare(settled, rate);
        }
    }

    /** Draws the conclusions that need every stream, and forgets the decisions. */
    void conclude() {
        for (Settled settled : waiting) {
            Rate rate = rateOf(settled);
            if (rate == null) {
                unproved++;
            } else {
                compare(settled, rate);
            }
        }
        waiting.clear();
        rates.clear();
    }

    /** Settlements whose cost follows from their usage and a price of the enclosed price book. */
    long derived() {
        return derived;
    }

    /** Settlements whose decision says that somebody named the cost. */
    long given() {
        return given;
    }

    /** Settlements whose price book, or whose decision, is not enclosed. */
    long unproved() {
        return unproved;
    }

    private @Nullable Rate rateOf(Settled settled) {
        UuidMap<Rate> ofTenant = rates.get(settled.tenant());
        return ofTenant == null ? null : ofTenant.get(settled.decision());
    }

    private void compare(Settled settled, Rate rate) {
        if (rate.price() == null) {
            given++;
        } else if (isCost(settled.place(), "costs", settled.usage(), rate, settled.cost())) {
            derived += rate.isPublished() ? 1 : 0;
            unproved += rate.isPublished() ? 0 : 1;
        }
    }

    /** Whether usage times price make the cost; where they do not, it is reported. */
    boolean isCost(Place place, String what, Usage usage, Rate rate, Money cost) {
        Money made = rate.cost(usage);
        if (cost.equals(made)) {
            return true;
        }
        findings.add(
                FindingCode.COST_DIFFERS,
                place,
                "Event " + place.event() + " " + what + " " + cost + ", but " + usage
                        + " at the price of its decision make "
                        + (made == null ? "nothing that can be counted" : made)
                        + ": a cost is usage times price. Ask who wrote it.");
        return false;
    }

    private record Settled(Place place, String tenant, UUID decision, Usage usage, Money cost) {}
}
