package io.spendguard.jdbc;

import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.LedgerOperation;
import org.jooq.Record;

/** Names an operation's idempotency row. */
record OperationKey(String tenant, String operation, String key) {
    static OperationKey of(LedgerOperation operation) {
        return new OperationKey(operation.tenant(), operation.kind().name(), operation.key());
    }

    /** Another operation of the same tenant. */
    static OperationKey of(LedgerOperation operation, AnswerKey answer) {
        return new OperationKey(operation.tenant(), answer.kind().name(), answer.key());
    }

    static OperationKey of(Record row) {
        return new OperationKey(
                row.get("tenant", String.class), row.get("operation", String.class), row.get("key", String.class));
    }
}
