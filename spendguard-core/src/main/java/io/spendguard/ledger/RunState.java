package io.spendguard.ledger;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger knows about a run: one locked row, so that a stopped run stays stopped on every thread and JVM.
 *
 * @param run the run's id
 * @param steps actions allowed so far
 * @param stoppedBy the decision whose recorded STOP ended the run, or null while it goes on
 * @param stopCode the code of that STOP's deciding reason, or null while it goes on
 * @param recent the last actions allowed while the contract looked for repeats
 */
public record RunState(
        String run,
        long steps,
        @Nullable UUID stoppedBy,
        @Nullable String stopCode,
        RecentActions recent) {
    /** A run nothing was recorded of yet. */
    public static RunState fresh(String run) {
        return new RunState(run, 0, null, null, RecentActions.NONE);
    }

    /** This run after a change; throws {@link IllegalStateException} when it is stopped already. */
    public RunState after(Posting.RunChange change) {
        if (isStopped()) {
            throw new IllegalStateException("Run '" + run + "' was stopped by decision " + stoppedBy
                    + ": nothing more is recorded as allowed in it. Refuse the action.");
        }
        return new RunState(
                run,
                Math.addExact(steps, change.steps()),
                change.stoppedBy(),
                change.stopCode(),
                recent.then(change.allowed()));
    }

    /** Tells whether a recorded STOP ended this run. */
    public boolean isStopped() {
        return stoppedBy != null;
    }
}
