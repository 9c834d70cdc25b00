package io.spendguard.decision;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import java.util.List;
import java.util.UUID;

/**
 * Records what an operator states of the evidence itself, once for each kind and key. Moves nothing.
 *
 * @param kind what is stated
 * @param type the event's type
 * @param member the event's member that holds the content
 */
record StateOperation(
        OperationKind kind,
        String tenant,
        String key,
        String type,
        String member,
        JsonObject content,
        UUID eventId,
        UUID transactionId)
        implements LedgerOperation {
    @Override
    public Namespace namespace() {
        return Namespace.ENFORCE;
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(content.toCanonicalBytes());
    }

    @Override
    public Posting plan(LedgerView view) {
        JsonObject data = AuditEvents.movement(transactionId, List.of()).put(member, content);
        return new Posting(
                transactionId,
                List.of(),
                AuditEvents.draft(AuditEvent.of(type, eventId, tenant, view.now())
                        .data(data)
                        .build()),
                Period.ALWAYS,
                null,
                null,
                null,
                JsonObject.create().put("event", eventId.toString()).toCanonicalBytes());
    }
}
