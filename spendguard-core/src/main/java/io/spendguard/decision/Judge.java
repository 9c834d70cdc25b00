package io.spendguard.decision;

import io.spendguard.contract.Budget;
import io.spendguard.contract.BudgetBalance;
import io.spendguard.contract.Contract;
import io.spendguard.contract.Evaluation;
import io.spendguard.contract.EvaluationInput;
import io.spendguard.contract.Mode;
import io.spendguard.contract.ModelAlias;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.ModelRef;
import io.spendguard.contract.RuleExplanation;
import io.spendguard.contract.WindowSpec;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Patch;
import io.spendguard.model.Period;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimate;
import io.spendguard.price.Estimator;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Stages 2 and 3, evaluate and prepare effect. Pure: the same snapshot, time and rows give the same verdict. */
final class Judge {
    private final Contract contract;
    private final ModelCatalogue catalogue;
    private final Estimator estimator;
    private final Claims claims;

    Judge(Contract contract, ModelCatalogue catalogue, Estimator estimator, Claims claims) {
        this.contract = contract;
        this.catalogue = catalogue;
        this.estimator = estimator;
        this.claims = claims;
    }

    /** The verdict of rules that read no rows; balances and run state are taken not to stand against it. */
    Verdict judgeAhead(Snapshot snapshot) {
        return judge(snapshot, snapshot.at(), null, List.of());
    }

    /** What the action is and may cost, with nothing held: for calls that shadow mode lets pass a second time. */
    Verdict judgeUnheld(Snapshot snapshot) {
        return new Verdict(
                Effect.CONTINUE,
                List.of(),
                List.of(),
                Patch.NONE,
                FollowUp.NONE,
                snapshot.action(),
                estimator.estimate(snapshot.action(), snapshot.at()),
                List.of());
    }

    /** What each rule makes of the action on these rows. */
    List<RuleExplanation> explain(Snapshot snapshot, LedgerView rows) {
        Estimate estimate = estimator.estimate(snapshot.action(), rows.now());
        return contract.explain(new Input(snapshot, rows.now(), estimate, rows, List.of()));
    }

    /** The verdict on locked rows, with the ledger's time. */
    Verdict judge(Snapshot snapshot, LedgerView rows) {
        return judge(snapshot, rows, List.of());
    }

    /** As above, where what asked for an approval and got it asks no more. */
    Verdict judge(Snapshot snapshot, LedgerView rows, List<Reason> approved) {
        Verdict verdict = judge(snapshot, rows.now(), rows, approved);
        if (rows.run().filter(RunState::isStopped).isPresent()) {
            return inItsRun(verdict, rows);
        }
        if (!verdict.effect().allows()) {
            return verdict;
        }
        List<Reason> shortages = shortages(verdict.claims(), rows);
        if (!shortages.isEmpty()) {
            Verdict refused = verdict;
            for (int i = shortages.size() - 1; i >= 0; i--) {
                refused = refused.stoppedBy(shortages.get(i));
            }
            return refused;
        }
        return verdict.warnedOf(crossings(verdict.claims(), rows));
    }

    /** A STOP for this reason, whatever the rules say. */
    Verdict refused(Snapshot snapshot, LedgerView rows, Reason reason) {
        return inItsRun(judgeUnheld(snapshot).stoppedBy(reason), rows);
    }

    /** In a run that has ended there is nothing but that to say first. */
    private static Verdict inItsRun(Verdict verdict, LedgerView rows) {
        return rows.run()
                .filter(RunState::isStopped)
                .map(run -> verdict.stoppedBy(Reason.of(
                        ReasonCode.RUN_STOPPED,
                        "Run '" + run.run() + "' was stopped by decision " + run.stoppedBy() + " (" + run.stopCode()
                                + "): a stop ends its run. Start a new run.")))
                .orElse(verdict);
    }

    private Verdict judge(Snapshot snapshot, Instant now, @Nullable LedgerView rows, List<Reason> approved) {
        Action asked = snapshot.action();
        Estimate estimate = estimator.estimate(asked, now);
        Evaluation evaluation = contract.evaluate(new Input(snapshot, now, estimate, rows, approved));
        Verdict verdict = Verdict.of(evaluation, asked, estimate);
        // What only watches is sized on the call that really runs, which is the unpatched one.
        if (evaluation.effect() == Effect.DEGRADE && contract.mode() == Mode.ENFORCE) {
            verdict = degrade(verdict, now);
        }
        if (!verdict.effect().allows()) {
            return verdict;
        }
        Claims.Result result = claims.of(snapshot, verdict.effective(), verdict.estimate(), now);
        return result.refusal() != null ? verdict.stoppedBy(result.refusal()) : verdict.claiming(result.claims());
    }

    /** Applies the patch and estimates again; a patch that cannot be applied or saves nothing is a STOP. */
    private Verdict degrade(Verdict verdict, Instant now) {
        Action asked = verdict.effective();
        Patch patch = verdict.patch();
        Action.Builder patched = patch.applyTo(asked);
        if (patch.modelAlias().isPresent()) {
            Optional<ModelRef> model = catalogue.resolve(
                    ModelAlias.parse(patch.modelAlias().get()), asked.provider().orElse(null));
            if (model.isEmpty()) {
                return verdict.stoppedBy(Reason.of(
                        ReasonCode.DEGRADE_FAILED,
                        "Model alias '" + patch.modelAlias().get()
                                + "' is in no catalogue, so the degrade cannot be applied. Add the alias."));
            }
            patched.model(model.get().provider(), model.get().model());
        }
        Action effective = patched.build();
        Estimate estimate = estimator.estimate(effective, now);
        if (estimate.problem() == null
                && isMore(estimate.cost(), verdict.estimate().cost())) {
            return verdict.stoppedBy(Reason.of(
                    ReasonCode.DEGRADE_FAILED,
                    "The degraded action may cost " + estimate.cost() + ", more than "
                            + verdict.estimate().cost()
                            + " before: a degrade must not cost more. Choose a cheaper model."));
        }
        return verdict.degradedTo(effective, estimate);
    }

    private static boolean isMore(@Nullable Money degraded, @Nullable Money asked) {
        return degraded != null
                && asked != null
                && degraded.currency().equals(asked.currency())
                && degraded.compareTo(asked) > 0;
    }

    /** Why claims cannot be held, one reason for each budget that stands against it, in order of budget. */
    private List<Reason> shortages(List<Claim> claimed, LedgerView rows) {
        SortedMap<String, Reason> shortages = new TreeMap<>();
        for (Claim claim : claimed) {
            String budget = claim.account().budgetId();
            Optional<AccountState> state = rows.find(claim.account().id());
            Optional<AccountState> blocking = claims.blocking(claim, rows);
            if (state.isEmpty()) {
                shortages.put(budget, keysExhausted(claims.budget(budget)));
            } else if (blocking.isPresent()) {
                shortages.put(budget, unresolved(blocking.get()));
            } else if (claim.atomic() > state.get().available()) {
                shortages.putIfAbsent(budget, exhausted(claim, state.get()));
            }
        }
        return List.copyOf(shortages.values());
    }

    /** Which shares of their limits, of those to be reported, the claims take their budgets past. */
    private List<Reason> crossings(List<Claim> claimed, LedgerView rows) {
        List<Reason> crossings = new ArrayList<>();
        for (Claim claim : claimed) {
            Budget budget = claims.budget(claim.account().budgetId());
            AccountState state = rows.account(claim.account().id());
            if (budget.warnAt().isEmpty()
                    || !claim.account().window().equals(budget.window().period(rows.now()))) {
                continue;
            }
            long taken = state.spent() + state.held();
            budget.warnAt().stream()
                    .filter(percent -> !reaches(taken, percent, state.limit())
                            && reaches(Math.addExact(taken, claim.atomic()), percent, state.limit()))
                    .max(Integer::compare)
                    .ifPresent(percent -> crossings.add(Reason.of(
                            ReasonCode.BUDGET_THRESHOLD,
                            "Budget '" + budget.id() + "'" + keyed(claim.account()) + " passes " + percent
                                    + " % of its limit: " + state.amount(taken + claim.atomic()) + " of "
                                    + state.allowance() + " are spent or held. Nothing to do yet.")));
        }
        return crossings;
    }

    private static boolean reaches(long taken, int percent, long limit) {
        return BigInteger.valueOf(taken)
                        .multiply(BigInteger.valueOf(100))
                        .compareTo(BigInteger.valueOf(limit).multiply(BigInteger.valueOf(percent)))
                >= 0;
    }

    private static Reason keysExhausted(Budget budget) {
        return Reason.of(
                ReasonCode.BUDGET_KEYS_EXHAUSTED,
                "Budget '" + budget.id() + "' has accounts for " + budget.maxKeys()
                        + " keys, and the action's is another:"
                        + " maxKeys allows no more in one window. Raise maxKeys, or look for labels that never repeat.");
    }

    private static Reason unresolved(AccountState state) {
        Account account = state.account();
        return Reason.of(
                ReasonCode.OVERRUN_UNRESOLVED,
                "Budget '" + account.budgetId() + "'" + keyed(account) + " owes " + state.amount(state.debt())
                        + ": it blocks until an operator has settled that. Grant the account what it owes.");
    }

    private Reason exhausted(Claim claim, AccountState state) {
        Account account = claim.account();
        Budget budget = claims.budget(account.budgetId());
        String until = budget.window() instanceof WindowSpec.Rolling rolling
                ? " in " + rolling.length()
                : account.window().equals(Period.ALWAYS)
                        ? ""
                        : " until " + account.window().until();
        String whose = budget.window().perRun() && budget.per().isEmpty()
                ? " for run '" + account.key() + "'"
                : keyed(account);
        return Reason.of(
                ReasonCode.BUDGET_EXHAUSTED,
                "Budget '" + account.budgetId() + "' cannot hold " + claim.amount() + ": "
                        + state.amount(state.available()) + " available" + whose + until
                        + ". Raise its limit or handle Stop.");
    }

    private static String keyed(Account account) {
        return account.key().isEmpty() ? "" : " for key '" + account.key() + "'";
    }

    /** What the contract's rules see. */
    private final class Input implements EvaluationInput {
        private final Snapshot snapshot;
        private final Instant now;
        private final Estimate estimate;
        private final @Nullable LedgerView rows;
        private final List<Reason> approved;

        private Input(
                Snapshot snapshot, Instant now, Estimate estimate, @Nullable LedgerView rows, List<Reason> approved) {
            this.approved = approved;
            this.snapshot = snapshot;
            this.now = now;
            this.estimate = estimate;
            this.rows = rows;
        }

        @Override
        public Action action() {
            return snapshot.action();
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public List<Amount> estimate() {
            return estimate.cost() == null ? List.of() : List.of(estimate.cost().toAmount());
        }

        @Override
        public @Nullable Usage estimatedUsage() {
            return estimate.usage();
        }

        @Override
        public @Nullable BudgetBalance budget(String id) {
            AccountState state = claims.account(claims.budget(id), snapshot, now)
                    .flatMap(account -> rows().find(account.id()))
                    .orElse(null);
            return state == null
                    ? null
                    : new BudgetBalance(
                            state.allowance(),
                            state.amount(state.spent()),
                            state.amount(state.held()),
                            state.amount(state.available()));
        }

        @Override
        public List<Reason> approved() {
            return approved;
        }

        @Override
        public ModelCatalogue catalogue() {
            return catalogue;
        }

        @Override
        public long runSteps() {
            return rows().run().map(RunState::steps).orElse(0L);
        }

        @Override
        public long runRepeats() {
            Long fingerprint = snapshot.fingerprint();
            return fingerprint == null
                    ? 0
                    : rows().run().map(run -> run.recent().count(fingerprint)).orElse(0L);
        }

        private LedgerView rows() {
            if (rows == null) {
                throw new IllegalStateException("A rule read the ledger although the contract said that none does.");
            }
            return rows;
        }
    }
}
