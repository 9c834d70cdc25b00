package io.spendguard.model;

/**
 * What one look at the holds nobody settled in time came to.
 *
 * @param leads whether this was the one who sweeps; who does not did nothing
 * @param expired how many holds were ended
 * @param settledMeanwhile how many somebody else settled, ended or extended first
 * @param failed how many could not be ended now; they are tried again with the next look
 */
public record Sweep(boolean leads, int expired, int settledMeanwhile, int failed) {}
