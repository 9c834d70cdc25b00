package io.spendguard.contract;

/** What happens when a call turns out to cost more than was held and the limit is passed by it. */
public enum OverrunPolicy {
    /** The whole cost is recorded, what exceeds the limit as debt, with a violation in the evidence. */
    RECORD_VIOLATION_AND_DEBT("record_violation_and_debt");

    private final String text;

    OverrunPolicy(String text) {
        this.text = text;
    }

    /** The name in a contract. */
    public String text() {
        return text;
    }
}
