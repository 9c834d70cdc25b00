package io.spendguard.contract;

/** Whether a contract's decisions bind. */
public enum Mode {
    /** Decides and audits as if, in a ledger namespace of its own, and lets every call pass. */
    SHADOW,
    /** Decisions bind. */
    ENFORCE
}
