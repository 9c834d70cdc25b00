package io.spendguard.decision;

import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Records that a contract did not come into force. Moves nothing. */
record RejectOperation(
        String tenant,
        Namespace namespace,
        UUID eventId,
        String name,
        String fault,
        boolean anotherStays,
        Postings postings)
        implements LedgerOperation {
    @Override
    public OperationKind kind() {
        return OperationKind.ACTIVATE;
    }

    @Override
    public String key() {
        return eventId.toString();
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256((name + "\n" + fault).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Posting plan(LedgerView view) {
        return postings.rejection(tenant, eventId, name, fault, anotherStays, view.now());
    }
}
