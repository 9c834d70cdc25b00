package io.spendguard.verify;

/**
 * What callers' receipts say of a package.
 *
 * @param receipts how many were read
 * @param confirmed how many events stand where their receipt says
 * @param later how many were issued after the package was made, of streams that it does not hold to their end
 * @param foreign how many are of tenants that the package was not exported for
 */
public record ReceiptReport(long receipts, long confirmed, long later, long foreign) {
    String note() {
        return "receipts: " + confirmed + " of " + receipts + " stand in the package"
                + (later > 0 ? ", " + later + " are later than it" : "")
                + (foreign > 0 ? ", " + foreign + " are of other tenants" : "");
    }
}
