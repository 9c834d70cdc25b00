package io.spendguard.verify;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a correction changes what is recorded of a call.
 *
 * @param kind what it calls itself
 * @param disputed how many atoms are contested after it; 0 where nothing is
 * @param actual what is recorded as spent after it, by account
 * @param spent by how much it moves what was spent, by account
 */
record Change(Kind kind, long disputed, Map<UUID, Long> actual, Map<UUID, Long> spent) {
    /**
     * What is wrong with it as the next one after what was recorded; null where nothing is. More is posted to the atom. Of less, part may
     * have left its window already, and is not given back.
     *
     * @param before what was recorded as spent before it, by account
     * @param disputedBefore how many atoms were contested before it; 0 where nothing was
     */
    @Nullable
    String fault(Map<UUID, Long> before, long disputedBefore) {
        String fault = kind.fault(disputedBefore > 0, disputed > 0);
        if (fault != null) {
            return fault;
        }
        Set<UUID> accounts = new HashSet<>(before.keySet());
        accounts.addAll(actual.keySet());
        accounts.addAll(spent.keySet());
        for (UUID account : accounts) {
            long recorded = before.getOrDefault(account, 0L);
            long now = actual.getOrDefault(account, recorded);
            long moved = spent.getOrDefault(account, 0L);
            long difference = now - recorded;
            if (difference > 0 ? moved != difference : moved < difference || moved > 0) {
                return "records " + now + " atoms on account " + account + " after " + recorded + " and moves " + moved
                        + ": it moves the difference";
            }
            if (kind == Kind.DISPUTE_WON && -difference > disputedBefore) {
                return "gives back " + -difference + " atoms on account " + account + ", of which " + disputedBefore
                        + " were contested";
            }
            if ((difference > 0 && !kind.mayTake) || (difference < 0 && !kind.mayGive)) {
                return "records " + now + " atoms on account " + account + " after " + recorded + ", though it is "
                        + kind;
            }
        }
        return null;
    }

    /** What a correction may be. */
    enum Kind {
        /** What a bill says, an operator sets right, or a permit's holder says after its expiry. */
        WORD(true, true),
        /** The provider gives back. */
        REFUNDED(false, true),
        /** Something is contested from now on. */
        DISPUTE_OPENED(false, false),
        /** What was contested is given back. */
        DISPUTE_WON(false, true),
        /** What was contested stays. */
        DISPUTE_LOST(false, false);

        private final boolean mayTake;
        private final boolean mayGive;

        Kind(boolean mayTake, boolean mayGive) {
            this.mayTake = mayTake;
            this.mayGive = mayGive;
        }

        static Kind of(String kind) {
            for (Kind known : values()) {
                if (known.name().equals(kind)) {
                    return known;
                }
            }
            return WORD;
        }

        private @Nullable String fault(boolean wasDisputed, boolean isDisputed) {
            boolean resolves = this == DISPUTE_WON || this == DISPUTE_LOST;
            if (resolves && !wasDisputed) {
                return "resolves a dispute, and none is open: a dispute is resolved once";
            }
            if (this == DISPUTE_OPENED && wasDisputed) {
                return "opens a dispute, and one is open: it is resolved first";
            }
            boolean shouldBe = this == DISPUTE_OPENED || (!resolves && wasDisputed);
            return isDisputed == shouldBe
                    ? null
                    : "leaves the call " + (isDisputed ? "" : "un") + "disputed, which is not what it says";
        }
    }
}
