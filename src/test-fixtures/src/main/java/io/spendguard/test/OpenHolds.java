package io.spendguard.test;

/** What becomes of a test that ends while calls it was allowed are not settled. */
public enum OpenHolds {
    /** Nothing: the test is about something else. */
    ALLOW,
    /** It fails, naming the calls: somewhere a permit was neither committed nor released. */
    FAIL
}
