package io.spendguard.decision;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.PersonalValue;
import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
import io.spendguard.model.ApprovalException.Fault;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Approver;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.Period;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * Approves or denies a decision that asked for it, by the decision's answer as it is stored. Its key is the decision's, so that each is
 * resolved once.
 *
 * @param tenant whose decision
 * @param key the action's key
 * @param state what is answered
 * @param by who answers
 * @param reason why, for evidence
 * @param requestDigest of all that, keyed: it names a person
 * @param name the commitment to who answers
 * @param eventId identifies the audit event
 * @param transactionId identifies the posting, which moves nothing
 */
record ApproveOperation(
        String tenant,
        String key,
        Approval.State state,
        Approver by,
        String reason,
        Digest requestDigest,
        PersonalValue name,
        UUID eventId,
        UUID transactionId)
        implements LedgerOperation {
    @Override
    public OperationKind kind() {
        return OperationKind.APPROVE;
    }

    @Override
    public Namespace namespace() {
        return Namespace.ENFORCE;
    }

    @Override
    public List<AnswerKey> answersNeeded() {
        return List.of(decision(Namespace.ENFORCE), decision(Namespace.SHADOW));
    }

    private AnswerKey decision(Namespace namespace) {
        return new AnswerKey(OperationKind.DECIDE, DecideOperation.key(namespace, key));
    }

    @Override
    public Posting plan(LedgerView view) {
        StoredDecision decision = view.answer(decision(Namespace.ENFORCE))
                .map(StoredDecision::parse)
                .orElseThrow(() ->
                        view.answer(decision(Namespace.SHADOW)).isPresent() ? inShadow(key) : unknown(tenant, key));
        requireMayResolve(decision, view.now());
        StoredApproval resolved = new StoredApproval(
                decision.decisionId(),
                state,
                name.commitment(),
                by.role(),
                reason,
                view.now(),
                decision.asking(),
                eventId);
        return new Posting(
                transactionId,
                List.of(),
                event(decision, resolved),
                Period.ALWAYS,
                null,
                null,
                null,
                resolved.toBytes());
    }

    private void requireMayResolve(StoredDecision decision, Instant now) {
        String subject = "Decision " + decision.decisionId() + " of action '" + key + "'";
        ApprovalTerms terms = decision.followUp().approval();
        if (decision.effect() != Effect.REQUIRE_APPROVAL || terms == null) {
            throw new ApprovalException(
                    Fault.NOT_ASKED,
                    subject + " is " + decision.effect()
                            + ": only one that asks for an approval can be approved or denied. Have the action decided"
                            + " under another key.");
        }
        if (by.role().compareTo(terms.role()) < 0) {
            throw new ApprovalException(
                    Fault.ROLE_TOO_LOW,
                    subject + " cannot be resolved by a " + by.role().text() + ": it asks for a "
                            + terms.role().text() + ". Ask somebody with that role.");
        }
        Instant until = decision.followUp().until();
        if (until == null || !now.isBefore(until)) {
            throw new ApprovalException(
                    Fault.TOO_LATE,
                    subject + " cannot be resolved at " + now + ": "
                            + (until == null
                                    ? "it was recorded by a version that could not be answered"
                                    : "it waited until " + until)
                            + ". Have the action decided under another key.");
        }
    }

    static ApprovalException unknown(String tenant, String key) {
        return new ApprovalException(
                Fault.UNKNOWN_DECISION,
                "No decision of action '" + key + "' is known for tenant '" + tenant
                        + "': what was not decided cannot be approved or denied. Look for the key and the tenant in the"
                        + " decision's audit event.");
    }

    static ApprovalException inShadow(String key) {
        return new ApprovalException(
                Fault.SHADOW,
                "Action '" + key
                        + "' was decided in shadow mode, which lets every call pass: there is nothing to approve"
                        + " or deny. Put the contract in enforce mode.");
    }

    private EventDraft event(StoredDecision decision, StoredApproval resolved) {
        AuditEvent.Builder event = AuditEvent.of(EventTypes.APPROVAL_RESOLVED, eventId, tenant, resolved.at())
                .decision(decision.decisionId())
                .personal(name)
                .data(AuditEvents.movement(transactionId, List.of())
                        .put("approval", resolved.facts())
                        .put("contract", decision.contract().hex())
                        .put(
                                "priceBook",
                                Objects.requireNonNull(decision.priceBook(), "priceBook")
                                        .hex()));
        if (decision.run() != null) {
            event.run(decision.run());
        }
        return AuditEvents.draft(event.build());
    }
}
