package io.spendguard.verify;

/**
 * How far costs are proved.
 *
 * @param derived settlements whose cost follows from their usage and a price of the enclosed price book
 * @param estimates the same of decisions' estimates
 * @param given settlements whose cost somebody named: a tool's price, an invoice, a provider's bill
 * @param unproved settlements whose price book, or whose decision, is not enclosed
 * @param unstated settlements that charge money and state no cost: what was held stands for want of a count, or somebody charged without
 *     one
 */
public record CostReport(long derived, long estimates, long given, long unproved, long unstated) {
    /** In one line. */
    String note() {
        return "costs: " + derived + " and " + estimates
                + " estimates re-derived from usage and price book; not derived: " + given + " given by hand, "
                + unproved + " without their price book or decision, " + unstated + " that state no cost";
    }

    /** Whether there was any cost to prove. */
    boolean isEmpty() {
        return derived + estimates + given + unproved + unstated == 0;
    }
}
