package io.spendguard.jdbc;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Namespace;

/** Names a run's row. */
record RunKey(String tenant, Namespace namespace, String run) {
    /** The row of a run of an operation. */
    static RunKey of(LedgerOperation operation, String run) {
        return new RunKey(operation.tenant(), operation.namespace(), run);
    }
}
