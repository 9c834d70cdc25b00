package io.spendguard.decision;

import io.spendguard.evidence.Commitments;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
import io.spendguard.model.ApprovalException.Fault;
import io.spendguard.model.Approver;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Function;

/**
 * Answers decisions that asked for an approval, without a contract: what is needed to answer one stands with it.
 *
 * <p>Each answer is one transaction with one signed audit event; whatever is thrown, except when the ledger cannot be reached, nothing
 * was written. A decision is answered once: the same answer again is a replay. Safe for any number of threads.
 */
public final class Approvals implements AutoCloseable {
    private static final int MAX_REASON = 500;

    private final OperatorSession session;
    private final Resolver resolver;

    private Approvals(OperatorSession session, Resolver resolver) {
        this.session = session;
        this.resolver = resolver;
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit events
     * @param patience how long to wait for the ledger
     */
    public static Approvals open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        OperatorSession session = new OperatorSession(
                ledger, signer, clock, ids, patience, "Answer once more: the same answer is recorded once.");
        return new Approvals(session, new Resolver(session::await, new KeyNames(ledger::keySecret), ids));
    }

    /**
     * Approves an attempt: who has the action decided again under its key gets a decision without what had asked.
     *
     * @param key the action's key
     * @param by who approves, with at least the role that was asked for
     * @param reason why, for evidence; one to 500 characters and no personal value
     * @throws ApprovalException when it cannot be approved; nothing was written
     * @throws IdempotencyConflictException when it was answered before, otherwise
     * @throws LedgerUnavailableException when the ledger did not answer; it may be answered once more
     */
    public Approval approve(String tenant, String key, Approver by, String reason) {
        return resolver.resolve(tenant, key, Approval.State.APPROVED, by, reason);
    }

    /** Denies the attempt: who has the action decided again gets a STOP. Throws as {@link #approve}. */
    public Approval deny(String tenant, String key, Approver by, String reason) {
        return resolver.resolve(tenant, key, Approval.State.DENIED, by, reason);
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    /** Answers decisions through somebody's session. */
    record Resolver(Function<LedgerOperation, PostResult> session, KeyNames names, IdSource ids) {
        Approval resolve(String tenant, String key, Approval.State state, Approver by, String reason) {
            if (reason.isBlank() || reason.length() > MAX_REASON) {
                throw new ApprovalException(
                        Fault.NOT_STATED,
                        "Reason of " + reason.strip().length() + " characters for action '" + key
                                + "': evidence needs 1 to " + MAX_REASON + " that say why. Write it anew.");
            }
            if (key.indexOf('\t') >= 0) { // of no action, but of what the ledger keeps beside actions' own decisions
                throw ApproveOperation.unknown(tenant, key);
            }
            Digest request = names.request(
                    JsonObject.create()
                            .put("state", state.name())
                            .put("by", by.name())
                            .put("role", by.role().text())
                            .put("reason", reason),
                    tenant);
            ApproveOperation operation = new ApproveOperation(
                    tenant,
                    key,
                    state,
                    by,
                    reason,
                    request,
                    Commitments.system().commit(by.name()),
                    ids.next(),
                    ids.next());
            try {
                PostResult result = session.apply(operation);
                StoredApproval stored = StoredApproval.parse(result.answer());
                return new Approval(
                        stored.decisionId(),
                        stored.state(),
                        by,
                        reason,
                        stored.at(),
                        stored.covers(),
                        stored.eventId(),
                        result instanceof PostResult.Replayed);
            } catch (IdempotencyConflictException otherwise) {
                IdempotencyConflictException told = IdempotencyConflictException.resolvedBefore(key);
                told.addSuppressed(otherwise);
                throw told;
            }
        }
    }
}
