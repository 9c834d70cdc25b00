package io.spendguard.decision;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides an action once more whose first decision asked for an approval: upon what was answered, on locked rows, and once.
 *
 * <p>An approval permits an attempt. The contract is evaluated again, and what asked and was approved asks no more; every other rule,
 * every budget and the run's state stand as ever. Where nobody answered yet it throws {@link ApprovalPendingException}.
 */
final class ApprovedOperation implements DecidingOperation {
    /*
     * Who answers in the last moment may be about to commit when the time is over, and answers are not locked: so nobody concludes
     * that there is none before every transaction of that moment has ended, which the sessions' timeouts see to within seconds.
     */
    private static final Duration UNTIL_ALL_HAVE_ENDED = Duration.ofMinutes(1);

    private final Snapshot snapshot;
    private final DecidingOperation asked;
    private final Judge judge;
    private final Claims claims;
    private final Postings postings;
    /** What the latest plan says; written by the ledger's writer, read after the operation completed. */
    private volatile @Nullable Verdict planned;

    ApprovedOperation(Snapshot snapshot, DecidingOperation asked, Judge judge, Claims claims, Postings postings) {
        this.snapshot = snapshot;
        this.asked = asked;
        this.judge = judge;
        this.claims = claims;
        this.postings = postings;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.DECIDE;
    }

    @Override
    public String tenant() {
        return snapshot.tenant();
    }

    @Override
    public Namespace namespace() {
        return snapshot.namespace();
    }

    @Override
    public String key() {
        return DecideOperation.approvedKey(snapshot.action().key());
    }

    @Override
    public Digest requestDigest() {
        return asked.requestDigest();
    }

    @Override
    public Optional<String> run() {
        return asked.run();
    }

    @Override
    public List<Account> accounts(Instant now) {
        return asked.accounts(now);
    }

    @Override
    public List<Backlog> backlog(Instant now) {
        return asked.backlog(now);
    }

    @Override
    public List<AnswerKey> answersNeeded() {
        return List.of(decision(), approval());
    }

    private AnswerKey decision() {
        return new AnswerKey(OperationKind.DECIDE, asked.key());
    }

    private AnswerKey approval() {
        return new AnswerKey(OperationKind.APPROVE, asked.key());
    }

    @Override
    public Posting plan(LedgerView view) {
        StoredDecision first = StoredDecision.parse(view.answer(decision())
                .orElseThrow(() -> new IllegalStateException("Action '" + asked.key()
                        + "' was answered before, and its answer is not there: answers stay. Check the ledger.")));
        StoredApproval answer =
                view.answer(approval()).map(StoredApproval::parse).orElse(null);
        Carried rows = claims.carry(snapshot, view);
        Verdict verdict = answer == null ? unanswered(first, rows, view.now()) : answered(first, answer, rows);
        planned = verdict;
        return postings.decision(snapshot, verdict, view.now(), rows.entries(), resolved(first, answer));
    }

    @Override
    public Verdict verdict(Posting written) {
        return Objects.requireNonNull(planned, "planned");
    }

    private Verdict answered(StoredDecision first, StoredApproval answer, LedgerView rows) {
        String who = "by a " + answer.role().text() + " at " + answer.at() + " (event " + answer.eventId() + ")";
        if (answer.state() == Approval.State.DENIED) {
            return judge.refused(
                    snapshot,
                    rows,
                    Reason.of(
                            ReasonCode.APPROVAL_DENIED,
                            "Decision " + first.decisionId() + " asked for an approval and was denied it " + who
                                    + ": a denial stands. Do without the action."));
        }
        return attempt(
                first,
                answer.covers(),
                rows,
                Reason.of(
                        ReasonCode.APPROVED,
                        "Decision " + first.decisionId() + " asked for an approval and got it " + who
                                + ": what had asked asks no more."));
    }

    private Verdict unanswered(StoredDecision first, LedgerView rows, Instant now) {
        ApprovalTerms terms = Objects.requireNonNull(first.followUp().approval(), "approval");
        Instant until = first.followUp().until();
        if (until == null || now.isBefore(until.plus(UNTIL_ALL_HAVE_ENDED))) {
            throw new ApprovalPendingException(snapshot.action().key());
        }
        String nobody = "Decision " + first.decisionId() + " asked for an approval, and no "
                + terms.role().text() + " answered until " + until + ": its contract then says ";
        return terms.fallback() == Effect.CONTINUE
                ? attempt(
                        first,
                        first.asking(),
                        rows,
                        Reason.of(
                                ReasonCode.APPROVAL_EXPIRED,
                                nobody + "to go on as if it were approved. Answer in time, or let silence stop it."))
                : judge.refused(
                        snapshot,
                        rows,
                        Reason.of(
                                ReasonCode.APPROVAL_EXPIRED,
                                nobody + "to stop. Have the action decided under another key, and answer in time."));
    }

    private Verdict attempt(StoredDecision first, List<Reason> covers, LedgerView rows, Reason approved) {
        boolean isOtherContract = !first.contract().equals(postings.contract());
        if (isOtherContract || !Objects.equals(postings.priceBook(), first.priceBook())) {
            return judge.refused(
                    snapshot,
                    rows,
                    outdated(
                            first,
                            (isOtherContract ? "contract " : "price book ")
                                    + (isOtherContract ? postings.contract() : postings.priceBook())
                                    + " is in force since, and nobody approved anything under that"));
        }
        if (!Objects.equals(first.content(), snapshot.content())) {
            throw IdempotencyConflictException.otherContent(snapshot.action().key());
        }
        Verdict verdict = judge.judge(snapshot, rows, covers);
        if (verdict.effect() == Effect.REQUIRE_APPROVAL) {
            Reason more = verdict.reasons().get(0);
            verdict = verdict.stoppedBy(outdated(
                    first,
                    more.rule().map(rule -> "rule '" + rule + "'").orElse("the contract's default") + " (" + more.code()
                            + ") asks by now too, which nobody was asked about"));
        }
        return verdict.warnedOf(List.of(approved));
    }

    private static Reason outdated(StoredDecision first, String what) {
        return Reason.of(
                ReasonCode.APPROVAL_OUTDATED,
                "What decision " + first.decisionId() + " asked an approval for is no longer what would be done: "
                        + what + ". Have the action decided under another key.");
    }

    private static Resolved resolved(StoredDecision first, @Nullable StoredApproval answer) {
        if (answer == null) {
            return new Resolved(first.decisionId(), Resolved.State.EXPIRED, null);
        }
        return new Resolved(
                first.decisionId(), Resolved.State.valueOf(answer.state().name()), answer.eventId());
    }
}
