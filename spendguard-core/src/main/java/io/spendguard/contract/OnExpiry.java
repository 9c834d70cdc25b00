package io.spendguard.contract;

/** What becomes of a hold that nobody settled in time. */
public enum OnExpiry {
    /** It is recorded as spent: the call may have happened. The default. */
    COMMIT,
    /** It is given back: for actions whose provider charges nothing without an answer. */
    RELEASE
}
