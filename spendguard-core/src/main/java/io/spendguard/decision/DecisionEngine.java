package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.Mode;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.ModelRef;
import io.spendguard.contract.Situation;
import io.spendguard.evidence.Commitments;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Action;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Patch;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.SpendGuardException;
import io.spendguard.model.Sweep;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimator;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import io.spendguard.trace.Scope;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The eight stages, in order: snapshot, evaluate, prepare effect, reserve, audit decision, publish effect, commit or
 * release, audit outcome.
 *
 * <p>The first three are pure and in memory. Reserve and audit decision are one ledger transaction, and so are commit or
 * release and audit outcome; an answer is published only after its transaction committed. Safe for any number of
 * threads.
 */
public final class DecisionEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DecisionEngine.class);

    /** On a small machine the default would start a thread for each step. */
    private static final Executor CALLBACKS =
            ForkJoinPool.getCommonPoolParallelism() > 0 ? ForkJoinPool.commonPool() : Runnable::run;

    private final Contract contract;
    private final Namespace namespace;
    private final Clock clock;
    private final IdSource ids;
    private final Duration patience;
    private final Ledger ledger;
    private final LedgerSession session;
    private final Claims claims;
    private final Judge judge;
    private final Postings postings;
    private final HoldSweeper sweeper;
    private @Nullable SweepThread sweeping;
    /** By tenant; what failed is taken out again. */
    private final Map<String, CompletableFuture<PostResult>> activations = new ConcurrentHashMap<>();

    /**
     * An engine that writes to the ledger from now on.
     *
     * @param patience how long a caller waits for the ledger
     * @param signsEachEvent whether each audit event has a signature of its own
     */
    public DecisionEngine(
            Contract contract,
            ModelCatalogue catalogue,
            PriceBook prices,
            Ledger ledger,
            Signer signer,
            Clock clock,
            IdSource ids,
            Duration patience,
            boolean signsEachEvent) {
        this.contract = contract;
        this.namespace = contract.mode() == Mode.SHADOW ? Namespace.SHADOW : Namespace.ENFORCE;
        this.clock = clock;
        this.ids = ids;
        this.patience = patience;
        this.ledger = ledger;
        KeyNames names = new KeyNames(ledger::keySecret);
        this.claims = new Claims(contract.budgets(), degradedTo(contract, catalogue), contract.budgetsRead(), names);
        this.judge = new Judge(contract, catalogue, new Estimator(prices), claims);
        this.postings = new Postings(contract, prices, Commitments.system(), ids);
        this.session =
                ledger.connect(new WriterHost(() -> new StreamSealer(signer, ids, clock, signsEachEvent), postings));
        this.sweeper = new HoldSweeper(ledger, session, postings, ids, patience);
    }

    /** Decides one action; the front door's {@code Guard.decide} says what that promises. */
    public Decision decide(Action asked) {
        // 1 snapshot
        Snapshot snapshot = snapshot(asked);
        try {
            activate(snapshot.tenant());
            // 2 evaluate and 3 prepare effect: here, or on locked rows when a rule or a balance needs them
            DecideOperation operation = operation(snapshot);
            // 4 reserve and 5 audit decision: one transaction
            PostResult result = await(operation, late -> giveBack(snapshot, late));
            // 6 publish effect
            return published(snapshot, operation, result);
        } catch (LedgerUnavailableException unavailable) {
            return unrecorded(snapshot, unavailable);
        }
    }

    /** As {@link #decide}, without a thread that waits; the front door's {@code Guard.decideAsync} says what that promises. */
    public CompletableFuture<Decision> decideAsync(Action asked) {
        Snapshot snapshot = snapshot(asked);
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused = activated(snapshot.tenant())
                .thenCompose(active -> {
                    DecideOperation operation = operation(snapshot);
                    Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
                    // Async: callers hang their own work on the answer, and the ledger's writer completes what it is
                    // asked.
                    return session.submit(operation, left)
                            .thenAcceptAsync(
                                    result -> {
                                        if (answer.isDone()
                                                || !answer.complete(published(snapshot, operation, result))) {
                                            giveBack(snapshot, result);
                                        }
                                    },
                                    CALLBACKS);
                })
                .exceptionallyAsync(
                        failure -> {
                            fail(
                                    snapshot,
                                    answer,
                                    failure instanceof CompletionException ? failure.getCause() : failure);
                            return null;
                        },
                        CALLBACKS);
        CompletableFuture<Void> patient =
                new CompletableFuture<Void>().completeOnTimeout(null, patience.toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture<Void> timer = patient.thenRunAsync(
                () -> fail(
                        snapshot,
                        answer,
                        new LedgerUnavailableException("Ledger did not answer DECIDE '"
                                + snapshot.action().key() + "' within " + patience
                                + ". Try again, or give the guard more patience.")),
                CALLBACKS);
        CompletableFuture<Decision> unusedEnd = answer.whenComplete((decision, failure) -> {
            timer.cancel(false);
            patient.cancel(false);
        });
        return answer;
    }

    private void fail(Snapshot snapshot, CompletableFuture<Decision> answer, @Nullable Throwable reason) {
        if (answer.isDone()) {
            LOG.debug("Nobody waited for decision {} any more, and it failed", snapshot.decisionId(), reason);
        } else if (reason instanceof LedgerUnavailableException unavailable) {
            answer.complete(unrecorded(snapshot, unavailable));
        } else {
            answer.completeExceptionally(Objects.requireNonNull(reason));
        }
    }

    private DecideOperation operation(Snapshot snapshot) {
        return new DecideOperation(
                snapshot,
                judge,
                claims,
                postings,
                contract.readsLedger(snapshot.action().kind()));
    }

    private Decision published(Snapshot snapshot, DecideOperation operation, PostResult result) {
        return result instanceof PostResult.Written written
                ? written(snapshot, operation.verdict(), written)
                : replayed(snapshot, StoredDecision.parse(result.answer()));
    }

    /** As {@link #decide}, on rows that are brought to a situation first, with everything behind the answer. */
    Rehearsal.Answer rehearse(Action asked, Situation situation) {
        Snapshot snapshot = snapshot(asked);
        activate(snapshot.tenant());
        SituateOperation situate = new SituateOperation(snapshot, situation, claims, judge, postings);
        await(situate, late -> {});
        DecideOperation operation = operation(snapshot);
        PostResult result = await(operation, late -> {});
        Decision decision = published(snapshot, operation, result);
        if (result instanceof PostResult.Replayed) {
            return new Rehearsal.Answer(
                    decision,
                    decision.effect(),
                    decision.reasons(),
                    List.of(),
                    Patch.NONE,
                    asked,
                    List.of(),
                    situate.explanations());
        }
        Verdict verdict = operation.verdict();
        return new Rehearsal.Answer(
                decision,
                verdict.effect(),
                verdict.reasons(),
                verdict.matched(),
                verdict.patch(),
                verdict.effective(),
                verdict.claims(),
                situate.explanations());
    }

    /** The permit of an action decided before, by anyone, for settling only; empty when nothing is held for it. */
    public Optional<Permit> recover(String tenant, String key) {
        return ledger.answer(tenant, OperationKind.DECIDE, DecideOperation.key(namespace, key))
                .map(StoredDecision::parse)
                .flatMap(decision -> ledger.reservation(tenant, decision.decisionId()))
                .map(reservation -> new LedgerPermit(HeldTerms.of(reservation), this));
    }

    /** The tenant's balances under this contract's mode, in order of budget, key and window. */
    public List<Balance> balances(String tenant) {
        return ledger.accounts(tenant, namespace).stream()
                .filter(state -> !claims.isBucket(state.account()))
                .map(DecisionEngine::balance)
                .toList();
    }

    /** Ends the holds of all tenants that nobody settled in time, if this engine is the one who leads. */
    public Sweep sweep() {
        return sweeper.sweep();
    }

    /** Sweeps with this interval, on a daemon thread, until the engine is closed; called once at most. */
    public void sweepEvery(Duration interval) {
        sweeping = new SweepThread(sweeper, interval);
        sweeping.start();
    }

    /** Finishes what is under way and closes the evidence streams. The ledger itself stays open. */
    @Override
    public void close() {
        if (sweeping != null) {
            sweeping.close();
        }
        session.close();
    }

    /** 7 commit or release and 8 audit outcome: one transaction. */
    Settlement settle(
            HeldTerms held,
            Settlement.Outcome kind,
            @Nullable Usage usage,
            @Nullable Money cost,
            List<Terms.Charge> charges,
            @Nullable String note) {
        Outcome outcome = new Outcome(kind, usage, cost, charges, note, ids.next(), ids.next(), clock.instant());
        try {
            PostResult result = await(new SettleOperation(held, outcome, postings), late -> {});
            return StoredSettlement.parse(result.answer())
                    .toSettlement(held.decisionId(), result instanceof PostResult.Replayed);
        } catch (IdempotencyConflictException settledOtherwise) {
            throw new SettlementConflictException("Hold of decision " + held.decisionId()
                    + " was settled another way before: the first settlement stands, and " + kind
                    + " was not recorded. Settle a permit once.");
        }
    }

    private static List<ModelRef> degradedTo(Contract contract, ModelCatalogue catalogue) {
        return contract.rules().stream()
                .map(rule -> rule.mutation().modelAlias())
                .filter(Objects::nonNull)
                .flatMap(alias -> catalogue.resolve(alias).stream())
                .distinct()
                .toList();
    }

    /** Raises a hold to so much of each claim and makes it last, or says why not: one transaction. */
    StoredExtension extend(HeldTerms held, Duration atLeast, List<Claim> wanted) {
        PostResult result = await(new ExtendOperation(held, atLeast, wanted, postings.events(), ids), late -> {});
        return StoredExtension.parse(result.answer());
    }

    private Snapshot snapshot(Action asked) {
        Action completed = Scope.current().complete(asked);
        String tenant = completed
                .tenant()
                .or(contract::tenant)
                .orElseThrow(() -> new IllegalArgumentException(
                        asked + " names no tenant, and neither scope nor contract does. Set the action's tenant."));
        contract.tenant().filter(own -> !own.equals(tenant)).ifPresent(own -> {
            throw new IllegalArgumentException(asked + " belongs to tenant '" + tenant + "', but contract '"
                    + contract.name() + "' is for tenant '" + own + "'. Use that tenant's guard.");
        });
        Action action = completed.tenant().isPresent()
                ? completed
                : completed.toBuilder().tenant(tenant).build();
        return new Snapshot(action, tenant, namespace, clock.instant(), ids.next(), ids.next(), ids.next());
    }

    /** Before its first decision for a tenant, a guard puts the contract's limits in force, once, and says so in evidence. */
    private CompletableFuture<PostResult> activated(String tenant) {
        CompletableFuture<PostResult> mine = new CompletableFuture<>();
        CompletableFuture<PostResult> known = activations.putIfAbsent(tenant, mine);
        if (known != null) {
            return known;
        }
        List<BudgetLimit> limits = contract.budgets().stream()
                .map(budget -> new BudgetLimit(budget.id(), budget.limit(), budget.maxKeys()))
                .toList();
        CompletableFuture<PostResult> unused = session.submit(
                        new ActivateOperation(tenant, namespace, ids.next(), limits, postings), patience)
                .whenComplete((result, failure) -> {
                    if (failure == null) {
                        mine.complete(result);
                    } else {
                        activations.remove(tenant, mine); // before anybody is told, so that who tries again does
                        mine.completeExceptionally(failure);
                    }
                });
        return mine;
    }

    private void activate(String tenant) {
        await(activated(tenant), "ACTIVATE of tenant '" + tenant + "'", late -> {});
    }

    private Decision written(Snapshot snapshot, Verdict verdict, PostResult.Written result) {
        Posting.Hold hold = result.posting().hold();
        if (contract.mode() == Mode.SHADOW) {
            return passed(snapshot, verdict.reasons(), snapshot.eventId(), permit(snapshot, verdict, hold));
        }
        return hold == null
                ? refused(snapshot.decisionId(), verdict.effect(), verdict.reasons(), snapshot.eventId())
                : allowed(snapshot, verdict, permit(snapshot, verdict, hold));
    }

    private Decision allowed(Snapshot snapshot, Verdict verdict, Permit permit) {
        return switch (verdict.effect()) {
            case CONTINUE ->
                new Decision.Continue(
                        snapshot.decisionId(), verdict.reasons(), contract.digest(), snapshot.eventId(), permit);
            case DEGRADE ->
                new Decision.Degrade(
                        snapshot.decisionId(),
                        verdict.reasons(),
                        contract.digest(),
                        snapshot.eventId(),
                        verdict.patch(),
                        permit);
            case SKIP, REQUIRE_APPROVAL, STOP ->
                throw new IllegalStateException("Decision " + snapshot.decisionId() + " is " + verdict.effect()
                        + " and yet holds budget: a refusal holds nothing.");
        };
    }

    private Decision refused(UUID decisionId, Effect effect, List<Reason> reasons, UUID eventId) {
        return switch (effect) {
            case SKIP -> new Decision.Skip(decisionId, reasons, contract.digest(), eventId);
            case REQUIRE_APPROVAL -> new Decision.RequireApproval(decisionId, reasons, contract.digest(), eventId);
            case STOP -> new Decision.Stop(decisionId, reasons, contract.digest(), eventId);
            case CONTINUE, DEGRADE ->
                throw new IllegalStateException(
                        "Decision " + decisionId + " is " + effect + " and yet holds nothing: it must not run.");
        };
    }

    /** Shadow mode: the call passes whatever was decided; the reasons say what enforcement would have answered. */
    private Decision passed(Snapshot snapshot, List<Reason> reasons, @Nullable UUID eventId, Permit permit) {
        List<Reason> all = new ArrayList<>(reasons);
        all.add(Reason.of(
                ReasonCode.SHADOW,
                "Contract '" + contract.name() + "' is in shadow mode: the call passes, and this only tells what"
                        + " enforcement would have answered."));
        return new Decision.Continue(snapshot.decisionId(), all, contract.digest(), eventId, permit);
    }

    /** A replayed refusal is the first answer again; a replayed ALLOW never starts a second call. */
    private Decision replayed(Snapshot snapshot, StoredDecision first) {
        List<Reason> reasons = new ArrayList<>();
        Reason already = Reason.of(
                ReasonCode.ALREADY_DECIDED,
                "Action '" + snapshot.action().key() + "' was decided before as " + first.effect() + " (decision "
                        + first.decisionId() + "): one action runs once. Settle it by key, or build a new action.");
        if (contract.mode() == Mode.SHADOW) {
            reasons.addAll(first.reasons());
            reasons.add(already);
            Permit permit = recover(snapshot.tenant(), snapshot.action().key())
                    .orElseGet(() -> permit(snapshot, judge.judgeUnheld(snapshot), null));
            return passed(snapshot, reasons, first.eventId(), permit);
        }
        if (first.effect().allows()) {
            reasons.add(already);
            reasons.addAll(first.reasons());
            return new Decision.Stop(first.decisionId(), reasons, first.contract(), first.eventId());
        }
        reasons.addAll(first.reasons());
        reasons.add(already);
        return refused(first.decisionId(), first.effect(), reasons, first.eventId());
    }

    private Decision unrecorded(Snapshot snapshot, LedgerUnavailableException unavailable) {
        LOG.warn("Decision {} could not be recorded: {}", snapshot.decisionId(), unavailable.getMessage());
        List<Reason> reasons =
                List.of(Reason.of(ReasonCode.LEDGER_UNAVAILABLE, String.valueOf(unavailable.getMessage())));
        return contract.mode() == Mode.SHADOW
                ? passed(snapshot, reasons, null, new UnrecordedPermit(snapshot))
                : new Decision.Stop(snapshot.decisionId(), reasons, contract.digest(), null);
    }

    private Permit permit(Snapshot snapshot, Verdict verdict, Posting.@Nullable Hold hold) {
        Terms terms = postings.terms(verdict);
        HeldTerms held = hold == null
                ? new HeldTerms(
                        snapshot.decisionId(), snapshot.tenant(), namespace, false, List.of(), snapshot.at(), terms)
                : new HeldTerms(
                        snapshot.decisionId(),
                        snapshot.tenant(),
                        namespace,
                        true,
                        hold.claims(),
                        hold.expiresAt(),
                        terms);
        return new LedgerPermit(held, this);
    }

    /** A permit that arrived after its caller had gone is given back, so that its hold does not wait for its expiry. */
    private void giveBack(Snapshot snapshot, PostResult late) {
        if (late instanceof PostResult.Written written && written.posting().hold() != null) {
            HeldTerms held = ledger.reservation(snapshot.tenant(), snapshot.decisionId())
                    .map(HeldTerms::of)
                    .orElseThrow();
            new LedgerPermit(held, this).release(ReasonCode.NEVER_DELIVERED.value());
        }
    }

    private PostResult await(LedgerOperation operation, Consumer<PostResult> late) {
        return await(session.submit(operation, patience), operation.kind() + " '" + operation.key() + "'", late);
    }

    /** Waits for the ledger as long as the caller's patience lasts; an answer after that goes to {@code late}. */
    private PostResult await(CompletableFuture<PostResult> future, String operation, Consumer<PostResult> late) {
        try {
            return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new SpendGuardException("Operation " + operation + " failed.", e);
        } catch (TimeoutException e) {
            whenLate(future, operation, late);
            throw new LedgerUnavailableException(
                    "Ledger did not answer " + operation + " within " + patience
                            + ". Try again, or give the guard more patience.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            whenLate(future, operation, late);
            throw new LedgerUnavailableException(
                    "Thread was interrupted while it waited for the ledger's answer to " + operation
                            + ". Try again on a thread that is not being stopped.",
                    e);
        }
    }

    private static void whenLate(CompletableFuture<PostResult> future, String operation, Consumer<PostResult> late) {
        CompletableFuture<Void> unused = future.thenAcceptAsync(late).exceptionally(failure -> {
            LOG.warn("Nobody waited for {} any more, and it failed", operation, failure);
            return null;
        });
    }

    private static Balance balance(AccountState state) {
        return new Balance(
                state.account().budgetId(),
                state.account().key(),
                state.account().window(),
                state.amount(state.limit()),
                state.amount(state.spent()),
                state.amount(state.held()),
                state.amount(state.available()),
                state.amount(state.debt()));
    }
}
