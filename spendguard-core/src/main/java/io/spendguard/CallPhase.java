package io.spendguard;

/** Where a guarded call stands. See {@link Call} for the ways between phases. */
public enum CallPhase {
    /** Budget is held; nothing was sent. */
    DECIDED,
    /** The request may have reached the provider; nothing came back yet. */
    STARTED,
    /** Parts of the answer have arrived. */
    STREAMING,
    /** One thread is recording the outcome. */
    SETTLING,
    /** The outcome is recorded. */
    SETTLED,
    /** Nobody can say what the call cost; the hold stays until its expiry settles it. */
    UNKNOWN
}
