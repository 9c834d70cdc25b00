package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.Situation;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.NotActivatedException;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Action;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Patch;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Receipt;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.SpendGuardException;
import io.spendguard.model.Sweep;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import io.spendguard.trace.Scope;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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

    /** How much of a refused contract's faults an event keeps; the caller has them all. */
    private static final int MOST_FAULT = 2_000;

    private final Clock clock;
    private final IdSource ids;
    private final Duration patience;
    private final Ledger ledger;
    private final WriterHost host;
    private final LedgerSession session;
    private final KeyNames names;
    private final Object swapping = new Object();
    private volatile InForce inForce;
    private final HoldSweeper sweeper;
    private final ReceiptIssuer receipts;
    private @Nullable SweepThread sweeping;

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
        this.clock = clock;
        this.ids = ids;
        this.patience = patience;
        this.ledger = ledger;
        this.receipts = new ReceiptIssuer(signer, clock);
        this.names = new KeyNames(ledger::keySecret);
        this.inForce = InForce.of(contract, catalogue, prices, names, ids);
        this.host = new WriterHost(
                () -> new StreamSealer(signer, ids, clock, signsEachEvent),
                () -> inForce.postings(),
                this::forgetActivations);
        this.session = ledger.connect(host);
        this.sweeper = new HoldSweeper(ledger, session, ids, patience);
    }

    /** Decides one action; the front door's {@code Guard.decide} says what that promises. */
    public Decision decide(Action asked) {
        // 1 snapshot
        InForce in = inForce;
        Snapshot snapshot = snapshot(in, asked);
        try {
            CompletableFuture<PostResult> active = activate(in, snapshot.tenant());
            // 2 evaluate and 3 prepare effect: here, or on locked rows when a rule or a balance needs them
            DecideOperation operation = in.operation(snapshot);
            // 4 reserve and 5 audit decision: one transaction
            PostResult result;
            try {
                result = await(operation, late -> giveBack(snapshot, late));
            } catch (NotActivatedException setBack) {
                forget(in, snapshot.tenant(), active);
                CompletableFuture<PostResult> unused = activate(in, snapshot.tenant());
                result = awaitActivated(operation, snapshot);
            }
            // 6 publish effect
            return published(in, snapshot, operation, result);
        } catch (LedgerUnavailableException unavailable) {
            return unrecorded(in, snapshot, unavailable);
        }
    }

    /** As {@link #decide}, without a thread that waits; the front door's {@code Guard.decideAsync} says what that promises. */
    public CompletableFuture<Decision> decideAsync(Action asked) {
        InForce in = inForce;
        Snapshot snapshot = snapshot(in, asked);
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        CompletableFuture<PostResult> active = activated(in, snapshot.tenant());
        CompletableFuture<Void> unused = active.thenCompose(activation -> {
                    DecideOperation operation = in.operation(snapshot);
                    // Async: callers hang their own work on the answer, and the ledger's writer completes what it is
                    // asked.
                    return session.submit(operation, left(deadlineNanos))
                            .exceptionallyCompose(failure -> {
                                if (!(unwrapped(failure) instanceof NotActivatedException)) {
                                    return CompletableFuture.failedFuture(failure);
                                }
                                forget(in, snapshot.tenant(), active);
                                return activated(in, snapshot.tenant())
                                        .thenCompose(again -> session.submit(operation, left(deadlineNanos)));
                            })
                            .thenAcceptAsync(
                                    result -> {
                                        if (answer.isDone()
                                                || !answer.complete(published(in, snapshot, operation, result))) {
                                            giveBack(snapshot, result);
                                        }
                                    },
                                    CALLBACKS);
                })
                .exceptionallyAsync(
                        failure -> {
                            fail(in, snapshot, answer, unwrapped(failure));
                            return null;
                        },
                        CALLBACKS);
        CompletableFuture<Void> patient =
                new CompletableFuture<Void>().completeOnTimeout(null, patience.toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture<Void> timer = patient.thenRunAsync(
                () -> fail(
                        in,
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

    private void fail(InForce in, Snapshot snapshot, CompletableFuture<Decision> answer, @Nullable Throwable reason) {
        if (answer.isDone()) {
            LOG.debug("Nobody waited for decision {} any more, and it failed", snapshot.decisionId(), reason);
        } else if (reason instanceof LedgerUnavailableException unavailable) {
            answer.complete(unrecorded(in, snapshot, unavailable));
        } else if (reason instanceof NotActivatedException setBack) {
            answer.complete(unrecorded(in, snapshot, setBackAgain(snapshot, setBack)));
        } else {
            answer.completeExceptionally(Objects.requireNonNull(reason));
        }
    }

    private static @Nullable Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException ? failure.getCause() : failure;
    }

    private static Duration left(long deadlineNanos) {
        return Duration.ofNanos(deadlineNanos - System.nanoTime());
    }

    private PostResult awaitActivated(DecideOperation operation, Snapshot snapshot) {
        try {
            return await(operation, late -> giveBack(snapshot, late));
        } catch (NotActivatedException setBack) {
            throw setBackAgain(snapshot, setBack);
        }
    }

    /** The ledger forgot what was activated: it was set back. The next decision activates, and this one may. */
    private static void forget(InForce in, String tenant, CompletableFuture<PostResult> activation) {
        in.activations().remove(tenant, activation);
    }

    private static LedgerUnavailableException setBackAgain(Snapshot snapshot, NotActivatedException reason) {
        return new LedgerUnavailableException(
                "Ledger forgot the contract of tenant '" + snapshot.tenant()
                        + "' twice within one decision: it is being set back. Try again when it is restored.",
                reason);
    }

    private Decision published(InForce in, Snapshot snapshot, DecideOperation operation, PostResult result) {
        return result instanceof PostResult.Written written
                ? written(in, snapshot, operation.verdict(written.posting()), written)
                : replayed(in, snapshot, StoredDecision.parse(result.answer()));
    }

    /** As {@link #decide}, on rows that are brought to a situation first, with everything behind the answer. */
    Rehearsal.Answer rehearse(Action asked, Situation situation, boolean explains) {
        InForce in = inForce;
        Snapshot snapshot = snapshot(in, asked);
        CompletableFuture<PostResult> unused = activate(in, snapshot.tenant());
        SituateOperation situate =
                new SituateOperation(snapshot, situation, explains, in.claims(), in.judge(), in.postings());
        if (explains || !situation.isAsLeft()) {
            await(situate, late -> {});
        }
        DecideOperation operation = in.operation(snapshot);
        PostResult result = await(operation, late -> {});
        Decision decision = published(in, snapshot, operation, result);
        if (!(result instanceof PostResult.Written written)) {
            return new Rehearsal.Answer(
                    decision,
                    decision.effect(),
                    decision.reasons(),
                    List.of(),
                    Patch.NONE,
                    null,
                    new TreeSet<>(),
                    asked,
                    List.of(),
                    situate.explanations());
        }
        Verdict verdict = operation.verdict(written.posting());
        return new Rehearsal.Answer(
                decision,
                verdict.effect(),
                verdict.reasons(),
                verdict.matched(),
                verdict.patch(),
                verdict.followUp().approval(),
                verdict.followUp().targets(),
                verdict.effective(),
                verdict.claims(),
                situate.explanations());
    }

    /** The permit of an action decided before, by anyone, for settling only; empty when nothing is held for it. */
    public Optional<Permit> recover(String tenant, String key) {
        return ledger.answer(tenant, OperationKind.DECIDE, DecideOperation.key(inForce.namespace(), key))
                .map(StoredDecision::parse)
                .flatMap(decision -> ledger.reservation(tenant, decision.decisionId()))
                .map(reservation -> new LedgerPermit(HeldTerms.of(reservation), this));
    }

    /** The tenant's balances under this contract's mode, in order of budget, key and window. */
    public List<Balance> balances(String tenant) {
        InForce in = inForce;
        return ledger.accounts(tenant, in.namespace()).stream()
                .filter(state -> !Claims.isBucket(state.account()))
                .map(DecisionEngine::balance)
                .toList();
    }

    /** A ledger that was set back may not know the contract any more: the next decision for each tenant activates it again. */
    private void forgetActivations() {
        inForce.activations().clear();
    }

    /** How many streams' tails the ledger was found to have lost. */
    public long lostTails() {
        return host.lostTails();
    }

    /** A writer that was silent for so long counts as dead from now on; 60 seconds without this. */
    public void deadAfter(Duration silence) {
        sweeper.deadAfter(silence);
    }

    /**
     * Ends the holds of all tenants that nobody settled in time and closes the streams of dead writers, if this engine is the one
     * who leads.
     */
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
            SettleOperation operation = new SettleOperation(held, outcome);
            PostResult result = await(operation, late -> {});
            return operation.settlement(result).toSettlement(held.decisionId(), result instanceof PostResult.Replayed);
        } catch (IdempotencyConflictException settledOtherwise) {
            throw new SettlementConflictException("Hold of decision " + held.decisionId()
                    + " was settled another way before: the first settlement stands, and " + kind
                    + " was not recorded. Settle a permit once.");
        }
    }

    /** Raises a hold to so much of each claim and makes it last, or says why not: one transaction. */
    StoredExtension extend(HeldTerms held, Duration atLeast, List<Claim> wanted) {
        PostResult result = await(new ExtendOperation(held, atLeast, wanted, ids), late -> {});
        return StoredExtension.parse(result.answer());
    }

    /** Commits part of a hold, or says why not: one transaction. */
    PartCommit commitPart(HeldTerms held, Part part) {
        PostResult result = await(new CommitPartOperation(held, part, ids), late -> {});
        return StoredPart.parse(result.answer())
                .toPartCommit(held, part.number(), result instanceof PostResult.Replayed);
    }

    private Snapshot snapshot(InForce in, Action asked) {
        Contract contract = in.contract();
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
        return new Snapshot(
                action,
                in.contract().readsRepeats() ? names.fingerprint(action, tenant) : null,
                tenant,
                in.namespace(),
                clock.instant(),
                ids.next(),
                ids.next(),
                ids.next());
    }

    /** Before its first decision for a tenant, a guard puts the contract's limits in force, once, and says so in evidence. */
    @SuppressWarnings("ReferenceEquality") // the very one, not one that says the same
    private CompletableFuture<PostResult> activated(InForce in, String tenant) {
        CompletableFuture<PostResult> mine = new CompletableFuture<>();
        CompletableFuture<PostResult> known = in.activations().putIfAbsent(tenant, mine);
        if (known != null) {
            return known;
        }
        CompletableFuture<PostResult> unused = submit(activation(in, tenant, null))
                .thenCompose(result -> {
                    InForce now = inForce;
                    return now == in || !now.activations().containsKey(tenant)
                            ? CompletableFuture.completedFuture(result)
                            // Swapped meanwhile: the limits just set are those of the contract before.
                            : submit(activation(now, tenant, in));
                })
                .whenComplete((result, failure) -> {
                    if (failure == null) {
                        mine.complete(result);
                    } else {
                        in.activations().remove(tenant, mine); // before anybody is told, so that who tries again does
                        mine.completeExceptionally(failure);
                    }
                });
        return mine;
    }

    private CompletableFuture<PostResult> submit(ActivateOperation activation) {
        return session.submit(activation, patience).thenApply(result -> told(activation, result));
    }

    /** Limits that stay as they are look like a contract that does not work: somebody has to be told why. */
    private static PostResult told(ActivateOperation activation, PostResult result) {
        activation
                .outranked()
                .forEach((budget, revision) -> LOG.warn(
                        "Budget '{}' of tenant '{}' keeps its limit, which revision {} of the contract set: this guard has a lower one."
                                + " Give it the newer contract, or raise metadata.revision to go back on purpose.",
                        budget,
                        activation.tenant(),
                        revision));
        return result;
    }

    private ActivateOperation activation(InForce in, String tenant, @Nullable InForce before) {
        return new ActivateOperation(
                tenant,
                in.namespace(),
                ids.next(),
                // What was set is put back in the name of the revision that had set it.
                in.limits(before == null ? in.revision() : Math.max(in.revision(), before.revision())),
                in.postings(),
                before == null ? null : before.digest());
    }

    private CompletableFuture<PostResult> activate(InForce in, String tenant) {
        CompletableFuture<PostResult> active = activated(in, tenant);
        await(active, "ACTIVATE of tenant '" + tenant + "'", late -> {});
        return active;
    }

    /**
     * Puts another contract in force, for every tenant decided for so far and every one to come. Decisions under way end
     * under the one they began with, and so do the settlements of its permits. When a tenant's ledger fails meanwhile,
     * the contract before stays in force, and its limits are put back where they had been changed already.
     *
     * @throws ContractException when it has a lower revision than the contract before, which stays
     * @throws LedgerUnavailableException when the ledger does not answer; the contract before stays
     */
    public void swap(Contract contract, ModelCatalogue catalogue, PriceBook prices) {
        synchronized (swapping) {
            InForce before = inForce;
            InForce next = InForce.of(contract, catalogue, prices, names, ids);
            requireNoEarlierRevision(before, next);
            List<String> done = new ArrayList<>();
            try {
                for (String tenant : tenants(before)) {
                    put(next, tenant, before);
                    done.add(tenant);
                }
            } catch (RuntimeException failure) {
                putBack(before, done, next, failure);
                throw failure;
            }
            inForce = next;
            // Who was decided for the first time meanwhile has the old limits.
            for (String tenant : tenants(before)) {
                if (!done.contains(tenant)) {
                    putOrLeaveToNextDecision(next, tenant, before);
                }
            }
            LOG.info(
                    "Contract '{}' {} is in force in place of {}", contract.name(), contract.digest(), before.digest());
        }
    }

    /** Its limits would change nothing, while its rules decided: neither the one contract nor the other. */
    private static void requireNoEarlierRevision(InForce before, InForce next) {
        if (next.revision() < before.revision()) {
            String name = next.contract().name();
            throw new ContractException(
                    name,
                    List.of(
                            new Finding(
                                    name,
                                    0,
                                    0,
                                    "metadata.revision",
                                    (next.revision() == 0 ? "there is none" : "is " + next.revision())
                                            + ", but the contract in force has " + before.revision()
                                            + ": a lower one changes no limit. Raise it, also to go back to what was before.")));
        }
    }

    /** Records for the contract's tenant, and for every tenant decided for so far, that a contract was refused, and why. */
    public void reject(String name, String fault) {
        InForce in = inForce;
        Set<String> tenants = new TreeSet<>(tenants(in));
        in.contract().tenant().ifPresent(tenants::add);
        String reason = fault.length() > MOST_FAULT ? fault.substring(0, MOST_FAULT) + "…" : fault;
        for (String tenant : tenants) {
            RejectOperation rejection = new RejectOperation(
                    tenant,
                    in.namespace(),
                    ids.next(),
                    name,
                    reason,
                    in.activations().containsKey(tenant),
                    in.postings());
            await(rejection, late -> {});
        }
    }

    private List<String> tenants(InForce in) {
        return in.activations().keySet().stream().sorted().toList();
    }

    private void put(InForce next, String tenant, InForce before) {
        ActivateOperation activation = activation(next, tenant, before);
        PostResult result = told(activation, await(activation, late -> takeBack(next, tenant)));
        next.activations().put(tenant, CompletableFuture.completedFuture(result));
    }

    /** The contract is in force already: what cannot be put now is put before the tenant's next decision, as for any tenant. */
    private void putOrLeaveToNextDecision(InForce next, String tenant, InForce before) {
        try {
            put(next, tenant, before);
        } catch (LedgerUnavailableException unavailable) {
            LOG.warn(
                    "Limits of contract {} wait for the next decision of tenant '{}': {}",
                    next.digest(),
                    tenant,
                    unavailable.getMessage());
        }
    }

    /** A swap that was given up while the ledger carried it out after all leaves no limits of the contract it wanted. */
    @SuppressWarnings("ReferenceEquality") // the very one, not one that says the same
    private void takeBack(InForce late, String tenant) {
        synchronized (swapping) {
            InForce now = inForce;
            if (now != late) {
                await(activation(now, tenant, late), again -> takeBack(late, tenant));
            }
        }
    }

    private void putBack(InForce before, List<String> tenants, InForce refused, RuntimeException failure) {
        for (String tenant : tenants) {
            try {
                await(activation(before, tenant, refused), late -> {});
            } catch (RuntimeException again) {
                failure.addSuppressed(again);
            }
        }
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
        Reason already = Reason.of(
                ReasonCode.ALREADY_DECIDED,
                "Action '" + snapshot.action().key() + "' was decided before as " + first.effect() + " (decision "
                        + first.decisionId() + "): one action runs once. Settle it by key, or build a new action.");
        if (in.isShadow()) {
            reasons.addAll(first.reasons());
            reasons.add(already);
            Permit permit = recover(snapshot.tenant(), snapshot.action().key())
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

    private Decision unrecorded(InForce in, Snapshot snapshot, LedgerUnavailableException unavailable) {
        LOG.warn("Decision {} could not be recorded: {}", snapshot.decisionId(), unavailable.getMessage());
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
                state.allowance(),
                state.amount(state.spent()),
                state.amount(state.held()),
                state.amount(state.available()),
                state.amount(state.debt()));
    }
}
