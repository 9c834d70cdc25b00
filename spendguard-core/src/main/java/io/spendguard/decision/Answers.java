package io.spendguard.decision;

import io.spendguard.evidence.UnrecordedDecisions;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes what callers are told of what the ledger recorded, or could not: the stage publish effect. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private final Ledger ledger;
    private final ReceiptIssuer receipts;
    private final Settlements settlements;
    private final UnrecordedDecisions unrecorded;

    Answers(Ledger ledger, ReceiptIssuer receipts, Settlements settlements, UnrecordedDecisions unrecorded) {
        this.unrecorded = unrecorded;
        this.ledger = ledger;
        this.receipts = receipts;
        this.settlements = settlements;
    }

    /** The answer to a decision whose transaction committed, now or before. */
    Decision published(InForce in, Snapshot snapshot, DecidingOperation operation, PostResult result) {
        return result instanceof PostResult.Written written
                ? written(in, snapshot, operation.verdict(written.posting()), written)
                : replayed(in, snapshot, StoredDecision.parse(result.answer()));
    }

    /** The permit of an action decided before, by anyone, for settling only; empty when nothing is held for it. */
    Optional<Permit> recover(InForce in, String tenant, String key) {
        return StoredDecision.latest(ledger, tenant, in.namespace(), key)
                .flatMap(decision -> ledger.reservation(tenant, decision.decisionId()))
                .map(reservation -> new LedgerPermit(HeldTerms.of(reservation), settlements));
    }

    private Decision written(InForce in, Snapshot snapshot, Verdict verdict, PostResult.Written result) {
        Posting.Hold hold = result.posting().hold();
        Receipt receipt = receipts.of(result.event());
        if (in.isShadow()) {
            return passed(
                    in, snapshot, verdict.reasons(), snapshot.eventId(), permit(in, snapshot, verdict, hold), receipt);
        }
        return hold == null
                ? refused(
                        in,
                        snapshot.decisionId(),
                        verdict.effect(),
                        verdict.reasons(),
                        verdict.followUp(),
                        snapshot.eventId(),
                        receipt)
                : allowed(in, snapshot, verdict, permit(in, snapshot, verdict, hold), receipt);
    }

    private Decision allowed(InForce in, Snapshot snapshot, Verdict verdict, Permit permit, Receipt receipt) {
        return switch (verdict.effect()) {
            case CONTINUE ->
                new Decision.Continue(
                        snapshot.decisionId(), verdict.reasons(), in.digest(), snapshot.eventId(), permit, receipt);
            case DEGRADE ->
                new Decision.Degrade(
                        snapshot.decisionId(),
                        verdict.reasons(),
                        in.digest(),
                        snapshot.eventId(),
                        verdict.patch(),
                        permit,
                        receipt);
            case SKIP, REQUIRE_APPROVAL, STOP ->
                throw new IllegalStateException("Decision " + snapshot.decisionId() + " is " + verdict.effect()
                        + " and yet holds budget: a refusal holds nothing.");
        };
    }

    private Decision refused(
            InForce in,
            UUID decisionId,
            Effect effect,
            List<Reason> reasons,
            FollowUp followUp,
            UUID eventId,
            @Nullable Receipt receipt) {
        return switch (effect) {
            case SKIP -> new Decision.Skip(decisionId, reasons, in.digest(), eventId, followUp.targets(), receipt);
            case REQUIRE_APPROVAL ->
                new Decision.RequireApproval(
                        decisionId,
                        reasons,
                        in.digest(),
                        eventId,
                        Objects.requireNonNullElse(followUp.approval(), ApprovalTerms.DEFAULT),
                        receipt);
            case STOP -> new Decision.Stop(decisionId, reasons, in.digest(), eventId, receipt);
            case CONTINUE, DEGRADE ->
                throw new IllegalStateException(
                        "Decision " + decisionId + " is " + effect + " and yet holds nothing: it must not run.");
        };
    }

    /** Shadow mode: the call passes whatever was decided; the reasons say what enforcement would have answered. */
    private Decision passed(
            InForce in,
            Snapshot snapshot,
            List<Reason> reasons,
            @Nullable UUID eventId,
            Permit permit,
            @Nullable Receipt receipt) {
        List<Reason> all = new ArrayList<>(reasons);
        all.add(Reason.of(
                ReasonCode.SHADOW,
                "Contract '" + in.contract().name() + "' is in shadow mode: the call passes, and this only tells what"
                        + " enforcement would have answered."));
        return new Decision.Continue(snapshot.decisionId(), all, in.digest(), eventId, permit, receipt);
    }

    /** A replayed refusal is the first answer again; a replayed ALLOW never starts a second call. */
    private Decision replayed(InForce in, Snapshot snapshot, StoredDecision first) {
        List<Reason> reasons = new ArrayList<>();
        Reason already = already(in, snapshot, first);
        if (in.isShadow()) {
            reasons.addAll(first.reasons());
            reasons.add(already);
            Permit permit = recover(in, snapshot.tenant(), snapshot.action().key())
                    .orElseGet(() -> permit(in, snapshot, in.judge().judgeUnheld(snapshot), null));
            return passed(in, snapshot, reasons, first.eventId(), permit, null);
        }
        if (first.effect().allows()) {
            reasons.add(already);
            reasons.addAll(first.reasons());
            return new Decision.Stop(first.decisionId(), reasons, first.contract(), first.eventId());
        }
        reasons.addAll(first.reasons());
        reasons.add(already);
        return refused(in, first.decisionId(), first.effect(), reasons, first.followUp(), first.eventId(), null);
    }

    private static Reason already(InForce in, Snapshot snapshot, StoredDecision first) {
        String before = "Action '" + snapshot.action().key() + "' was decided before as " + first.effect()
                + " (decision " + first.decisionId() + ")";
        ApprovalTerms approval = first.followUp().approval();
        return Reason.of(
                ReasonCode.ALREADY_DECIDED,
                approval == null || in.isShadow()
                        ? before + ": one action runs once. Settle it by key, or build a new action."
                        : before + " and waits for a " + approval.role().text()
                                + ": nobody has answered yet. Decide the same action again once somebody has.");
    }

    /** The answer to a decision of which nobody knows whether it is recorded. */
    Decision unrecorded(InForce in, Snapshot snapshot, LedgerUnavailableException unavailable) {
        LOG.warn("Decision {} could not be recorded: {}", snapshot.decisionId(), unavailable.getMessage());
        unrecorded.add(snapshot.tenant(), snapshot.at(), in.isShadow());
        List<Reason> reasons =
                List.of(Reason.of(ReasonCode.LEDGER_UNAVAILABLE, String.valueOf(unavailable.getMessage())));
        return in.isShadow()
                ? passed(in, snapshot, reasons, null, new UnrecordedPermit(snapshot), null)
                : new Decision.Stop(snapshot.decisionId(), reasons, in.digest(), null);
    }

    private Permit permit(InForce in, Snapshot snapshot, Verdict verdict, Posting.@Nullable Hold hold) {
        Terms terms = in.postings().terms(verdict);
        HeldTerms held = hold == null
                ? new HeldTerms(
                        snapshot.decisionId(),
                        snapshot.tenant(),
                        in.namespace(),
                        false,
                        List.of(),
                        snapshot.at(),
                        terms)
                : new HeldTerms(
                        snapshot.decisionId(),
                        snapshot.tenant(),
                        in.namespace(),
                        true,
                        hold.claims(),
                        hold.expiresAt(),
                        terms);
        return new LedgerPermit(held, settlements);
    }

    /** A permit that arrived after its caller had gone is given back, so that its hold does not wait for its expiry. */
    void giveBack(Snapshot snapshot, PostResult late) {
        if (late instanceof PostResult.Written written && written.posting().hold() != null) {
            HeldTerms held = ledger.reservation(snapshot.tenant(), snapshot.decisionId())
                    .map(HeldTerms::of)
                    .orElseThrow();
            new LedgerPermit(held, settlements).release(ReasonCode.NEVER_DELIVERED.value());
        }
    }
}
