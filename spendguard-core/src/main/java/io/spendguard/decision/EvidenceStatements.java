package io.spendguard.decision;

import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;

/**
 * What operators state about the evidence itself, each as one signed audit event that moves nothing: that a period of it was exported, that a
 * key is revoked. Blocks for one transaction. Safe for any number of threads.
 */
public final class EvidenceStatements implements AutoCloseable {
    private final OperatorSession session;
    private final IdSource ids;

    private EvidenceStatements(OperatorSession session, IdSource ids) {
        this.session = session;
        this.ids = ids;
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit event
     * @param patience how long to wait for the ledger
     */
    public static EvidenceStatements open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        return new EvidenceStatements(
                new OperatorSession(ledger, signer, clock, ids, patience, "State it again."), ids);
    }

    /**
     * Closes a period; the same one again is answered as before. Only what such an event covers may be dropped, and only once a signed
     * checkpoint covers the event itself. That the archive holds what it should is the caller's to check.
     *
     * @throws io.spendguard.model.IdempotencyConflictException when a period of that size was closed with another archive
     * @throws LedgerUnavailableException when the ledger did not answer; the call may be made again
     */
    public Stated close(ClosedPeriod period) {
        return state(
                OperationKind.CLOSE,
                period.tenant(),
                Long.toString(period.size()),
                EventTypes.PERIOD_CLOSED,
                "period",
                period.toJson());
    }

    /**
     * States that a key is revoked, so that whoever verifies without knowing of it is told; the same again is answered as before.
     *
     * @param tenant in whose evidence
     * @throws io.spendguard.model.IdempotencyConflictException when it was stated for the same position with another reason
     * @throws LedgerUnavailableException when the ledger did not answer; the call may be made again
     */
    public Stated revoke(String tenant, KeyRevocation revocation) {
        return state(
                OperationKind.REVOKE,
                tenant,
                revocation.keyId() + "@" + revocation.size(),
                EventTypes.KEY_REVOKED,
                "revocation",
                revocation.toJson());
    }

    private Stated state(
            OperationKind kind, String tenant, String key, String type, String member, JsonObject content) {
        PostResult result =
                session.await(new StateOperation(kind, tenant, key, type, member, content, ids.next(), ids.next()));
        return new Stated(
                UUID.fromString(JsonObject.parse(result.answer()).string("event")),
                result instanceof PostResult.Replayed);
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    /**
     * What became of it.
     *
     * @param auditEventId the event that tells of it
     * @param isReplayed whether it had been stated before
     */
    public record Stated(UUID auditEventId, boolean isReplayed) {}
}
