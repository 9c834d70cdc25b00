package io.spendguard.decision;

import io.spendguard.contract.BudgetBalance;
import io.spendguard.contract.Contract;
import io.spendguard.contract.Evaluation;
import io.spendguard.contract.EvaluationInput;
import io.spendguard.contract.Mode;
import io.spendguard.contract.ModelAlias;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.ModelRef;
import io.spendguard.contract.RuleExplanation;
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
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
        return judge(snapshot, snapshot.at(), null);
    }

    /** What the action is and may cost, with nothing held: for calls that shadow mode lets pass a second time. */
    Verdict judgeUnheld(Snapshot snapshot) {
        return new Verdict(
                Effect.CONTINUE,
                List.of(),
                List.of(),
                Patch.NONE,
                snapshot.action(),
                estimator.estimate(snapshot.action(), snapshot.at()),
                List.of());
    }

    /** What each rule makes of the action on these rows. */
    List<RuleExplanation> explain(Snapshot snapshot, LedgerView rows) {
        Estimate estimate = estimator.estimate(snapshot.action(), rows.now());
        return contract.explain(new Input(snapshot, rows.now(), estimate, rows));
    }

    /** The verdict on locked rows, with the ledger's time. */
    Verdict judge(Snapshot snapshot, LedgerView rows) {
        Optional<RunState> stopped = rows.run().filter(RunState::isStopped);
        Verdict verdict = judge(snapshot, rows.now(), rows);
        if (stopped.isPresent()) {
            RunState run = stopped.get();
            return verdict.stoppedBy(Reason.of(
                    ReasonCode.RUN_STOPPED,
                    "Run '" + run.run() + "' was stopped by decision " + run.stoppedBy() + " (" + run.stopCode()
                            + "): a stop ends its run. Start a new run."));
        }
        if (!verdict.effect().allows()) {
            return verdict;
        }
        for (Claim claim : verdict.claims()) {
            AccountState state = rows.account(claim.account().id());
            if (claim.atomic() > state.available()) {
                return verdict.stoppedBy(exhausted(claim, state));
            }
        }
        return verdict;
    }

    private Verdict judge(Snapshot snapshot, Instant now, @Nullable LedgerView rows) {
        Action asked = snapshot.action();
        Estimate estimate = estimator.estimate(asked, now);
        Evaluation evaluation = contract.evaluate(new Input(snapshot, now, estimate, rows));
        Verdict verdict = new Verdict(
                evaluation.effect(),
                evaluation.reasons(),
                evaluation.matchedRules(),
                evaluation.patch(),
                asked,
                estimate,
                List.of());
        // What only watches is sized on the call that really runs, which is the unpatched one.
        if (evaluation.effect() == Effect.DEGRADE && contract.mode() == Mode.ENFORCE) {
            verdict = degrade(verdict, now);
        }
        if (!verdict.effect().allows()) {
            return verdict;
        }
        Claims.Result result = claims.of(snapshot, verdict.effective(), verdict.estimate(), now);
        return result.refusal() != null
                ? verdict.stoppedBy(result.refusal())
                : new Verdict(
                        verdict.effect(),
                        verdict.reasons(),
                        verdict.matched(),
                        verdict.patch(),
                        verdict.effective(),
                        verdict.estimate(),
                        result.claims());
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
        return new Verdict(
                verdict.effect(), verdict.reasons(), verdict.matched(), patch, effective, estimate, List.of());
    }

    private static boolean isMore(@Nullable Money degraded, @Nullable Money asked) {
        return degraded != null
                && asked != null
                && degraded.currency().equals(asked.currency())
                && degraded.compareTo(asked) > 0;
    }

    private static String whereOrUntil(Account account) {
        if (!account.key().isEmpty()) {
            return " for run '" + account.key() + "'";
        }
        return account.window().equals(Period.ALWAYS)
                ? ""
                : " until " + account.window().until();
    }

    private static Reason exhausted(Claim claim, AccountState state) {
        Account account = claim.account();
        return Reason.of(
                ReasonCode.BUDGET_EXHAUSTED,
                "Budget '" + account.budgetId() + "' cannot hold " + claim.amount() + ": "
                        + state.amount(state.available()) + " available" + whereOrUntil(account)
                        + ". Raise its limit or handle Stop.");
    }

    /** What the contract's rules see. */
    private final class Input implements EvaluationInput {
        private final Snapshot snapshot;
        private final Instant now;
        private final Estimate estimate;
        private final @Nullable LedgerView rows;

        private Input(Snapshot snapshot, Instant now, Estimate estimate, @Nullable LedgerView rows) {
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
            Optional<Account> account = claims.account(claims.budget(id), snapshot, now);
            if (account.isEmpty()) {
                return null;
            }
            AccountState state = rows().account(account.get().id());
            return new BudgetBalance(
                    state.amount(state.limit()),
                    state.amount(state.spent()),
                    state.amount(state.held()),
                    state.amount(state.available()));
        }

        @Override
        public ModelCatalogue catalogue() {
            return catalogue;
        }

        @Override
        public long runSteps() {
            return rows().run().map(RunState::steps).orElse(0L);
        }

        private LedgerView rows() {
            if (rows == null) {
                throw new IllegalStateException("A rule read the ledger although the contract said that none does.");
            }
            return rows;
        }
    }
}
