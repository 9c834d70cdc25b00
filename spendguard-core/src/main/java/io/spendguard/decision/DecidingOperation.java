package io.spendguard.decision;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;

/** An operation that decides an action. */
interface DecidingOperation extends LedgerOperation {
    /** The verdict that led to a posting of this operation. */
    Verdict verdict(Posting written);
}
