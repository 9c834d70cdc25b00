package io.spendguard.ledger;

import java.util.Objects;

/**
 * Names the stored answer of a tenant's operation.
 *
 * @param kind what was done
 * @param key its idempotency key
 */
public record AnswerKey(OperationKind kind, String key) {
    /** Checks that both are present. */
    public AnswerKey {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(key, "key");
    }
}
