package io.spendguard.decision;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stages 2 to 5 of one decision as the ledger carries them out. Rules that read no rows are evaluated beforehand, and
 * their verdict is what the ledger tries first; everything else is evaluated on locked rows.
 */
final class DecideOperation implements DecidingOperation {
    private final Snapshot snapshot;
    private final Judge judge;
    private final Claims claims;
    private final Postings postings;
    private final Digest request;
    private final @Nullable Posting assumed;
    private final @Nullable Verdict ahead;
    /** What the latest plan says; written by the ledger's writer, read after the operation completed. */
    private volatile @Nullable Verdict planned;

    DecideOperation(Snapshot snapshot, Judge judge, Claims claims, Postings postings, boolean readsLedger) {
        this.snapshot = snapshot;
        this.judge = judge;
        this.claims = claims;
        this.postings = postings;
        this.request = claims.request(snapshot);
        this.ahead = readsLedger ? null : judge.judgeAhead(snapshot);
        this.assumed = ahead == null ? null : postings.assumed(snapshot, ahead);
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
        return key(snapshot.namespace(), snapshot.action().key());
    }

    /** The key of the attempt that an approval permits: no action's key has a tab. */
    static String approvedKey(String actionKey) {
        return "approved\t" + actionKey;
    }

    /** An action decided by enforcement is decided by shadow mode too: no action's key has a tab. */
    static String key(Namespace namespace, String actionKey) {
        return namespace == Namespace.SHADOW ? "shadow\t" + actionKey : actionKey;
    }

    @Override
    public Digest requestDigest() {
        return request;
    }

    @Override
    public Optional<String> run() {
        return snapshot.action().run();
    }

    @Override
    public List<Account> accounts(Instant now) {
        return claims.accounts(snapshot, now);
    }

    @Override
    public List<Backlog> backlog(Instant now) {
        return claims.backlog(snapshot, now);
    }

    @Override
    public Optional<Posting> assumed() {
        return Optional.ofNullable(assumed);
    }

    @Override
    public Posting plan(LedgerView view) {
        Carried rows = claims.carry(snapshot, view);
        Verdict verdict = judge.judge(snapshot, rows);
        planned = verdict;
        return postings.decision(snapshot, verdict, view.now(), rows.entries(), null);
    }

    /** The verdict of the posting that was written, which need not be the latest: a plan may be given up again. */
    @Override
    @SuppressWarnings("ReferenceEquality") // the very posting that was handed over
    public Verdict verdict(Posting written) {
        Verdict verdict = written == assumed ? ahead : planned;
        if (verdict == null) {
            throw new IllegalStateException("Decision " + snapshot.decisionId() + " was not evaluated yet.");
        }
        return verdict;
    }
}
