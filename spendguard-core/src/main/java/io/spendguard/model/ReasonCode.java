package io.spendguard.model;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Names why a decision came out as it did: upper case, digits and underscores, such as {@code BUDGET_EXHAUSTED}.
 *
 * <p>Contracts bring their own codes; the constants here are those the guard itself gives.
 *
 * @param value the code's text, 1 to 64 characters
 */
public record ReasonCode(String value) {
    // Before the constants: their construction checks against it.
    private static final Pattern FORM = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");

    /** No account had enough left to hold the estimate. */
    public static final ReasonCode BUDGET_EXHAUSTED = new ReasonCode("BUDGET_EXHAUSTED");
    /** An earlier recorded STOP ended this run. */
    public static final ReasonCode RUN_STOPPED = new ReasonCode("RUN_STOPPED");
    /** Nothing could be recorded, so nothing was allowed. */
    public static final ReasonCode LEDGER_UNAVAILABLE = new ReasonCode("LEDGER_UNAVAILABLE");
    /** This very action was decided before; the first decision stands and starts no second call. */
    public static final ReasonCode ALREADY_DECIDED = new ReasonCode("ALREADY_DECIDED");
    /** A rule could not be evaluated on this action. */
    public static final ReasonCode EVALUATION_ERROR = new ReasonCode("EVALUATION_ERROR");
    /** The price book has no price for the model at this time. */
    public static final ReasonCode UNPRICED = new ReasonCode("UNPRICED");
    /** The most the action may use could not be bounded. */
    public static final ReasonCode ESTIMATE_UNKNOWN = new ReasonCode("ESTIMATE_UNKNOWN");
    /** A budget keyed by run (or another value) met an action without that value. */
    public static final ReasonCode BUDGET_KEY_MISSING = new ReasonCode("BUDGET_KEY_MISSING");
    /** A budget has accounts for as many keys as it may have in one window. */
    public static final ReasonCode BUDGET_KEYS_EXHAUSTED = new ReasonCode("BUDGET_KEYS_EXHAUSTED");
    /** An allowed action took a budget past a share of its limit that is to be reported. */
    public static final ReasonCode BUDGET_THRESHOLD = new ReasonCode("BUDGET_THRESHOLD");
    /** A budget that blocks after an overrun has debt nobody has settled. */
    public static final ReasonCode OVERRUN_UNRESOLVED = new ReasonCode("OVERRUN_UNRESOLVED");
    /** The degrade patch could not be applied to the action. */
    public static final ReasonCode DEGRADE_FAILED = new ReasonCode("DEGRADE_FAILED");
    /** The permit could not be handed to its caller in time and its hold was given back. */
    public static final ReasonCode NEVER_DELIVERED = new ReasonCode("NEVER_DELIVERED");
    /** Somebody with the role for it approved the decision before, and what he approved asks no more. */
    public static final ReasonCode APPROVED = new ReasonCode("APPROVED");
    /** Somebody with the role for it denied the approval that the decision before had asked for. */
    public static final ReasonCode APPROVAL_DENIED = new ReasonCode("APPROVAL_DENIED");
    /** Nobody answered in time; the contract's fallback decides. */
    public static final ReasonCode APPROVAL_EXPIRED = new ReasonCode("APPROVAL_EXPIRED");
    /** What was approved is no longer what would be done: other contract, other prices, or more that asks. Ends no run. */
    public static final ReasonCode APPROVAL_OUTDATED = new ReasonCode("APPROVAL_OUTDATED");
    /** Shadow mode let the call pass; the other reasons say what enforcement would have answered. */
    public static final ReasonCode SHADOW = new ReasonCode("SHADOW");

    /** Checks the form; throws {@link IllegalArgumentException} naming the value and the rule. */
    public ReasonCode {
        Objects.requireNonNull(value, "value");
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("Reason code '" + value
                    + "' is not upper case: use A-Z, 0-9 and underscores, starting with a letter, at most 64.");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
