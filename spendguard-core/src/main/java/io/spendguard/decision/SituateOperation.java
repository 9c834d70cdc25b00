package io.spendguard.decision;

import io.spendguard.contract.RuleExplanation;
import io.spendguard.contract.Situation;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.RecentActions;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Brings the rows of one action to a situation, in a ledger that is thrown away, and explains what the rules will see. */
final class SituateOperation implements LedgerOperation {
    private static final String STOP_CODE = "STOPPED_BEFORE";

    private final Snapshot snapshot;
    private final Situation situation;
    private final boolean explains;
    private final Claims claims;
    private final Judge judge;
    private final Postings postings;
    private List<RuleExplanation> explanations = List.of();

    SituateOperation(
            Snapshot snapshot, Situation situation, boolean explains, Claims claims, Judge judge, Postings postings) {
        this.snapshot = snapshot;
        this.situation = situation;
        this.explains = explains;
        this.claims = claims;
        this.judge = judge;
        this.postings = postings;
    }

    /** What each rule makes of the action in this situation; known once the operation completed. */
    List<RuleExplanation> explanations() {
        return explanations;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.ACTIVATE;
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
        return "situation of " + snapshot.decisionId();
    }

    @Override
    public Digest requestDigest() {
        return snapshot.action().requestDigest();
    }

    @Override
    public Optional<String> run() {
        return snapshot.action().run();
    }

    @Override
    public List<Account> accounts(Instant now) {
        Map<AccountId, Account> accounts = new TreeMap<>();
        claims.accounts(snapshot, now).forEach(account -> accounts.put(account.id(), account));
        for (String budget : situation.budgets().keySet()) {
            Account account = account(budget, now);
            accounts.put(account.id(), account);
        }
        return List.copyOf(accounts.values());
    }

    @Override
    public List<Backlog> backlog(Instant now) {
        return claims.backlog(snapshot, now);
    }

    @Override
    public Posting plan(LedgerView view) {
        Map<AccountId, AccountState> states = new TreeMap<>();
        view.accounts().forEach(state -> states.put(state.account().id(), state));
        List<Entry> entries = new ArrayList<>();
        situation.budgets().forEach((budget, wanted) -> {
            AccountId id = account(budget, view.now()).id();
            AccountState state = states.get(id);
            if (state != null) {
                List<Entry> lines = lines(state, wanted);
                entries.addAll(lines);
                states.put(id, state.after(lines));
            }
        });
        Posting.RunChange change = runChange(view);
        RunState before = view.run().orElse(null);
        RunState run = change == null || before == null ? before : before.after(change);
        if (explains) {
            Situated situated = new Situated(view, List.copyOf(states.values()), run);
            explanations = judge.explain(snapshot, claims.carry(snapshot, situated));
        }
        // An activation's event stands for one: nobody will ever read this ledger's evidence.
        Posting blank = postings.activation(
                tenant(), namespace(), snapshot.decisionId(), List.of(), null, new NoRows(view.now()));
        return new Posting(
                blank.transactionId(), entries, blank.event(), Period.ALWAYS, null, null, change, new byte[0]);
    }

    private Account account(String budget, Instant now) {
        return claims.account(claims.budget(budget), snapshot, now)
                .orElseThrow(
                        () -> new IllegalArgumentException(
                                "Budget '" + budget + "' has no account for " + snapshot.action()
                                        + ": the action lacks what the budget is kept per. Give the action that, such as a run."));
    }

    /** What brings an account to the balances that are wanted; what is spent and held beyond the limit is debt. */
    private static List<Entry> lines(AccountState state, Situation.Balances wanted) {
        long limit = wanted(wanted.limit(), state.limit());
        long spent = wanted(wanted.spent(), state.spent());
        long held = wanted(wanted.held(), state.held());
        long taken = Math.addExact(spent, held);
        long debt = Math.max(0, taken - limit);
        List<Entry> lines = new ArrayList<>();
        add(lines, state, EntryKind.ADJUSTMENT, state.limit() - limit);
        add(lines, state, EntryKind.SPENT, spent - state.spent());
        add(lines, state, EntryKind.HELD, held - state.held());
        add(lines, state, EntryKind.DEBT, state.debt() - debt);
        add(lines, state, EntryKind.AVAILABLE, limit + debt - taken - state.available());
        return lines;
    }

    private static void add(List<Entry> lines, AccountState state, EntryKind kind, long atomic) {
        if (atomic != 0) {
            lines.add(new Entry(state.account().id(), kind, atomic));
        }
    }

    private static long wanted(@Nullable Amount amount, long otherwise) {
        return amount == null ? otherwise : amount.atomic();
    }

    private Posting.@Nullable RunChange runChange(LedgerView view) {
        RunState run = view.run().orElse(null);
        if (run == null || situation.saysNothingOfTheRun()) {
            return null;
        }
        long steps = situation.runSteps() == null ? 0 : Math.subtractExact(situation.runSteps(), run.steps());
        return new Posting.RunChange(
                run.run(),
                Math.toIntExact(steps),
                situation.runIsStopped() ? snapshot.transactionId() : null,
                situation.runIsStopped() ? STOP_CODE : null,
                repeats());
    }

    /** Remembered actions that are this one; rules that do not look for repeats see none. */
    private RecentActions repeats() {
        Long repeats = situation.runRepeats();
        Long fingerprint = snapshot.fingerprint();
        return repeats == null || fingerprint == null
                ? RecentActions.NONE
                : new RecentActions(Collections.nCopies(Math.toIntExact(repeats), fingerprint));
    }

    /** Rows as the posting leaves them. */
    private record Situated(
            LedgerView rows,
            List<AccountState> accounts,
            @Nullable RunState state) implements LedgerView {
        @Override
        public Instant now() {
            return rows.now();
        }

        @Override
        public Optional<RunState> run() {
            return Optional.ofNullable(state);
        }

        @Override
        public Optional<Reservation> reservation() {
            return Optional.empty();
        }
    }

    /** No rows at all. */
    private record NoRows(Instant now) implements LedgerView {
        @Override
        public List<AccountState> accounts() {
            return List.of();
        }

        @Override
        public Optional<RunState> run() {
            return Optional.empty();
        }

        @Override
        public Optional<Reservation> reservation() {
            return Optional.empty();
        }
    }
}
