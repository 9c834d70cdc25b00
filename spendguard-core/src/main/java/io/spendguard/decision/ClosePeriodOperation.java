package io.spendguard.decision;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EventTypes;
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

/** Records that a period of evidence is kept elsewhere, once for each size. Moves nothing. */
record ClosePeriodOperation(ClosedPeriod period, UUID eventId, UUID transactionId) implements LedgerOperation {
    @Override
    public OperationKind kind() {
        return OperationKind.CLOSE;
    }

    @Override
    public String tenant() {
        return period.tenant();
    }

    @Override
    public Namespace namespace() {
        return Namespace.ENFORCE;
    }

    @Override
    public String key() {
        return Long.toString(period.size());
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(period.toJson().toCanonicalBytes());
    }

    @Override
    public Posting plan(LedgerView view) {
        JsonObject data = AuditEvents.movement(transactionId, List.of()).put("period", period.toJson());
        return new Posting(
                transactionId,
                List.of(),
                AuditEvents.draft(AuditEvent.of(EventTypes.PERIOD_CLOSED, eventId, tenant(), view.now())
                        .data(data)
                        .build()),
                Period.ALWAYS,
                null,
                null,
                null,
                JsonObject.create().put("event", eventId.toString()).toCanonicalBytes());
    }
}
