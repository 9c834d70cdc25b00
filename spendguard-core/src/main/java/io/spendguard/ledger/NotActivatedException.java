package io.spendguard.ledger;

/**
 * A budget has no limit in the ledger: its contract was not activated for the tenant, or the ledger was set back to before that.
 * Nothing was written; activate the contract and try again.
 */
public final class NotActivatedException extends IllegalStateException {
    /** For an account that would have been opened. */
    public NotActivatedException(Account account) {
        super("Budget '" + account.budgetId() + "' of tenant '" + account.tenant()
                + "' has no limit in the ledger: its contract was not activated. Activate it first.");
    }
}
