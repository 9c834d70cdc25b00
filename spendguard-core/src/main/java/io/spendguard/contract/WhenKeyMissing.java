package io.spendguard.contract;

/** What a budget kept per key does with an action that has no value for the key. */
public enum WhenKeyMissing {
    /** The action is refused. */
    STOP,
    /** The budget does not count the action. */
    SKIP_BUDGET
}
