package io.spendguard.model;

/**
 * What one look at the holds nobody settled in time, and at what dead processes left behind, came to.
 *
 * @param leads whether this was the one who sweeps; who does not did nothing
 * @param expired how many holds were ended
 * @param settledMeanwhile how many somebody else settled, ended or extended first
 * @param failed how many could not be ended now; they are tried again with the next look
 * @param closedStreams how many evidence streams of dead writers were closed
 * @param carriedLimits how many accounts got a limit of their budget that had changed while they were open
 */
public record Sweep(
        boolean leads, int expired, int settledMeanwhile, int failed, int closedStreams, int carriedLimits) {
    /** A sweep that closed no stream and carried no limit. */
    public Sweep(boolean leads, int expired, int settledMeanwhile, int failed) {
        this(leads, expired, settledMeanwhile, failed, 0, 0);
    }
}
