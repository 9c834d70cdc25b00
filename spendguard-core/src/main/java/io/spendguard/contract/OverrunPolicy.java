package io.spendguard.contract;

/** What happens when a call turns out to cost more than was held and the limit is passed by it. The cost is always recorded. */
public enum OverrunPolicy {
    /** What exceeds the limit is the window's debt, with a violation in the evidence; the next window starts anew. */
    RECORD_VIOLATION_AND_DEBT("record_violation_and_debt"),
    /** The debt counts as spent in the next window, up to a share of its limit; what is left waits for the one after. */
    ABSORB_IN_NEXT_WINDOW("absorb_in_next_window"),
    /** Nothing more is allowed, in this window or a later one, until an operator has settled the debt. */
    BLOCK_UNTIL_RESOLVED("block_until_resolved");

    private final String text;

    OverrunPolicy(String text) {
        this.text = text;
    }

    /** The name in a contract. */
    public String text() {
        return text;
    }
}
