package io.spendguard.verify;

import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.math.BigInteger;
import java.util.Comparator;
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
    /** What buckets remember, less what their windows have. */
    private final Map<Family, Remembered> remembered = new HashMap<>();

    WindowCarry(Findings findings) {
        this.findings = findings;
    }

    /** Takes one account, all of whose events were read. */
    void account(String tenant, UUID account, AccountBook book) {
        AccountIdentity identity = book.identity;
        if (identity == null) {
            return;
        }
        boolean isBucket = identity.isBucket();
        if (isBucket) {
            remembered.merge(family(tenant, identity), Remembered.of(book), Remembered::plus);
        }
        Place carried = book.carried;
        if (carried == null) {
            return;
        }
        // A window that never ends gives back what its buckets remember, of which each does.
        if (!identity.window().equals(Period.ALWAYS)
                && book.givenBackAt.isBefore(identity.window().until())) {
            wrong(
                    carried,
                    "gives back what account " + account + (isBucket ? " remembers until " : " has spent until ")
                            + identity.window().until());
        }
        families.merge(
                family(tenant, identity),
                new Carry(isBucket ? -book.carriedOver : book.carriedOver, carried),
                Carry::plus);
    }

    /** Takes one account once more, when all buckets were taken. */
    void window(String tenant, AccountBook book) {
        AccountIdentity identity = book.identity;
        if (identity != null && !identity.isBucket() && identity.window().equals(Period.ALWAYS)) {
            remembered.computeIfPresent(family(tenant, identity), (family, buckets) -> buckets.less(book));
        }
    }

    private static Family family(String tenant, AccountIdentity identity) {
        return new Family(tenant, identity.namespace(), identity.budget(), identity.windowKey(), identity.unit());
    }

    /** Draws the conclusions that need every account. */
    void conclude() {
        remembered.forEach((family, buckets) -> {
            if (buckets.spent().signum() > 0 || buckets.held().signum() > 0) {
                wrong(
                        buckets.last(),
                        "is the last of those that leave " + buckets.spent() + " atoms spent and " + buckets.held()
                                + " held in buckets of budget '" + family.budget() + "' beyond what it has itself");
            }
        });
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
    private record Family(String tenant, String namespace, String budget, String key, Unit unit)
            implements Comparable<Family> {
        private static final Comparator<Family> ORDER = Comparator.comparing(Family::tenant)
                .thenComparing(Family::namespace)
                .thenComparing(Family::budget)
                .thenComparing(Family::key)
                .thenComparing(family -> family.unit.code());

        /** Whoever writes events chooses names; those of one hash are found by this. */
        @Override
        public int compareTo(Family other) {
            return ORDER.compare(this, other);
        }
    }

    /** What buckets have that their window has not, and an event that moved one. */
    private record Remembered(BigInteger spent, BigInteger held, Place last) {
        private static Remembered of(AccountBook bucket) {
            return new Remembered(
                    BigInteger.valueOf(bucket.balance.spent()),
                    BigInteger.valueOf(bucket.balance.held()),
                    bucket.last == null ? Place.PACKAGE : bucket.last);
        }

        private Remembered plus(Remembered other) {
            return new Remembered(spent.add(other.spent), held.add(other.held), last);
        }

        private Remembered less(AccountBook window) {
            return new Remembered(
                    spent.subtract(BigInteger.valueOf(window.balance.spent())),
                    held.subtract(BigInteger.valueOf(window.balance.held())),
                    last);
        }
    }

    /** What decisions carried over, and an event that did. */
    private record Carry(long sum, Place first) {
        private Carry plus(Carry other) {
            return new Carry(sum + other.sum, first);
        }
    }
}
