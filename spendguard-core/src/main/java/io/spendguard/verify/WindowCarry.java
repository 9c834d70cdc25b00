package io.spendguard.verify;

import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What decisions carry from one window to another. It adds up over a budget's accounts: debt that a window absorbs was spent in an
 * earlier one, and what leaves a rolling window leaves one of its buckets, which is over.
 */
final class WindowCarry {
    private final Findings findings;
    private final Map<Family, Carry> families = new HashMap<>();

    WindowCarry(Findings findings) {
        this.findings = findings;
    }

    /** Takes one account, all of whose events were read. */
    void account(String tenant, UUID account, AccountBook book) {
        AccountIdentity identity = book.identity;
        Place carried = book.carried;
        if (identity == null || carried == null) {
            return;
        }
        boolean isBucket = identity.isBucket();
        // A window that never ends gives back what its buckets remember, of which each does.
        if (!identity.window().equals(Period.ALWAYS)
                && book.givenBackAt.isBefore(identity.window().until())) {
            wrong(
                    carried,
                    "gives back what account " + account + (isBucket ? " remembers until " : " has spent until ")
                            + identity.window().until());
        }
        families.merge(
                new Family(tenant, identity.namespace(), identity.budget(), identity.windowKey(), identity.unit()),
                new Carry(isBucket ? -book.carriedOver : book.carriedOver, carried),
                Carry::plus);
    }

    /** Draws the conclusions that need every account. */
    void conclude() {
        families.forEach((family, carry) -> {
            if (carry.sum() != 0) {
                wrong(
                        carry.first(),
                        "is one of those whose decisions carry over " + carry.sum() + " atoms of budget '"
                                + family.budget() + "' that no window or bucket of it had spent");
            }
        });
    }

    private void wrong(Place place, String what) {
        findings.add(
                FindingCode.ENTRIES_UNFIT,
                place,
                "Event " + place.event() + " " + what
                        + ": what was spent leaves a window when it is over, and no sooner. Ask who wrote it.");
    }

    /** A budget's accounts for one key, whatever their windows. */
    private record Family(String tenant, String namespace, String budget, String key, Unit unit) {}

    /** What decisions carried over, and an event that did. */
    private record Carry(long sum, Place first) {
        private Carry plus(Carry other) {
            return new Carry(sum + other.sum, first);
        }
    }
}
