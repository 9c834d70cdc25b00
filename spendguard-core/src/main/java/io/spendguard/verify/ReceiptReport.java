package io.spendguard.verify;

/**
 * What callers' receipts say of a package.
 *
 * @param receipts how many were read
 * @param confirmed how many events stand where their receipt says
 * @param later how many may come after it: issued after it was made, or after the checkpoint with which it ends
 * @param foreign how many need not be in it: of tenants that it was not exported for, not among an excerpt's events, or maybe before
 *     the checkpoint after which it begins
 */
public record ReceiptReport(long receipts, long confirmed, long later, long foreign) {
    String note() {
        return "receipts: " + confirmed + " of " + receipts + " stand in the package"
                + (later > 0 ? ", " + later + " are later than it" : "")
                + (foreign > 0 ? ", " + foreign + " are of other tenants, or may lie outside it" : "");
    }
}
