package io.spendguard;

import io.spendguard.model.Action;
import io.spendguard.model.Passage;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import org.jspecify.annotations.Nullable;

/** Where a call's end is written down: in the ledger, or at the outer call on whose permit it passed. */
interface Books {
    /** It cost this much. */
    @Nullable
    Settlement commit(Passage.Heard cost);

    /** It had no effect, for a reason of ours. */
    @Nullable
    Settlement release(String why);

    /** It never left this process, because of this. */
    @Nullable
    Settlement notSent(Throwable cause);

    /** Nobody can say what it cost. Never throws. */
    void unknown();

    /**
     * A call with a hold of its own.
     *
     * @param permit whose hold is settled
     */
    record Own(Permit permit) implements Books {
        @Override
        public Settlement commit(Passage.Heard cost) {
            return cost.isCounted() ? permit.commitCounted(cost.usage()) : permit.commit(cost.usage());
        }

        @Override
        public Settlement release(String why) {
            return permit.release(why);
        }

        @Override
        public Settlement notSent(Throwable cause) {
            return permit.notSent(cause);
        }

        @Override
        public void unknown() {
            permit.close();
        }
    }

    /**
     * A call that an outer gate decided and holds for: that gate's call settles, with what is reported here.
     *
     * @param outer what it passed on
     * @param action what passed
     */
    record Passing(Passage outer, Action action) implements Books {
        @Override
        public @Nullable Settlement commit(Passage.Heard cost) {
            outer.report(cost);
            return null;
        }

        @Override
        public @Nullable Settlement release(String why) {
            outer.giveBack(action);
            return null;
        }

        @Override
        public @Nullable Settlement notSent(Throwable cause) {
            outer.giveBack(action);
            return null;
        }

        @Override
        public void unknown() {
            outer.report(new Passage.Heard(Usage.unknown(), false));
        }
    }
}
