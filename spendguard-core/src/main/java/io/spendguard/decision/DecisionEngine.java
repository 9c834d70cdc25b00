package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.Situation;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.evidence.UnrecordedDecisions;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.NotActivatedException;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.Approver;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Patch;
import io.spendguard.model.Permit;
import io.spendguard.model.Sweep;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import io.spendguard.trace.Scope;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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

    private final Clock clock;
    private final IdSource ids;
    private final Ledger ledger;
    private final KeyNames names;
    private final AtomicReference<InForce> inForce;
    private final WriterHost host;
    private final LedgerSession session;
    private final LedgerCalls calls;
    private final Activations activations;
    private final Answers answers;
    private final HoldSweeper sweeper;
    private final UnrecordedDecisions unrecorded = new UnrecordedDecisions();
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
        this.ledger = ledger;
        this.names = new KeyNames(ledger::keySecret);
        AtomicReference<InForce> current = new AtomicReference<>(InForce.of(contract, catalogue, prices, names, ids));
        this.inForce = current;
        this.host = new WriterHost(
                () -> new StreamSealer(signer, ids, clock, signsEachEvent, unrecorded),
                ids,
                () -> current.get().postings(),
                // A ledger that was set back may not know the contract any more: the next decision for each tenant
                // activates it
                // again.
                () -> current.get().activations().clear());
        this.session = ledger.connect(host);
        this.calls = new LedgerCalls(session, patience);
        this.activations = new Activations(current, calls, names, ids);
        this.answers =
                new Answers(ledger, new ReceiptIssuer(signer, clock), new Settlements(calls, ids, clock), unrecorded);
        this.sweeper = new HoldSweeper(ledger, session, ids, patience);
    }

    /** Decides one action; the front door's {@code Guard.decide} says what that promises. */
    public Decision decide(Action asked) {
        // 1 snapshot
        InForce in = inForce.get();
        Snapshot snapshot = snapshot(in, asked);
        try {
            // 2 evaluate and 3 prepare effect: here, or on locked rows when a rule or a balance needs them
            DecideOperation operation = in.operation(snapshot);
            // 4 reserve and 5 audit decision: one transaction
            PostResult result = await(in, snapshot, operation);
            // 6 publish effect
            return waitsForApproval(in, result)
                    ? decideApproved(in, snapshot, operation, result)
                    : answers.published(in, snapshot, operation, result);
        } catch (LedgerUnavailableException unavailable) {
            return answers.unrecorded(in, snapshot, unavailable);
        }
    }

    /** An action that had asked for an approval, and is decided again. */
    private Decision decideApproved(InForce in, Snapshot snapshot, DecidingOperation asked, PostResult first) {
        ApprovedOperation operation = in.approved(snapshot, asked);
        try {
            return answers.published(in, snapshot, operation, await(in, snapshot, operation));
        } catch (ApprovalPendingException nobodyAnswered) {
            return answers.published(in, snapshot, asked, first);
        }
    }

    private static boolean waitsForApproval(InForce in, PostResult result) {
        return !in.isShadow()
                && result instanceof PostResult.Replayed
                && StoredDecision.parse(result.answer()).effect() == Effect.REQUIRE_APPROVAL;
    }

    private PostResult await(InForce in, Snapshot snapshot, DecidingOperation operation) {
        CompletableFuture<PostResult> active = activations.activate(in, snapshot.tenant());
        try {
            return calls.await(operation, late -> answers.giveBack(snapshot, late));
        } catch (NotActivatedException setBack) {
            Activations.forget(in, snapshot.tenant(), active);
            CompletableFuture<PostResult> unused = activations.activate(in, snapshot.tenant());
            return awaitActivated(operation, snapshot);
        }
    }

    /** As {@link #decide}, without a thread that waits; the front door's {@code Guard.decideAsync} says what that promises. */
    public CompletableFuture<Decision> decideAsync(Action asked) {
        InForce in = inForce.get();
        Snapshot snapshot = snapshot(in, asked);
        long deadlineNanos = System.nanoTime() + calls.patience().toNanos();
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused = activations
                .activated(in, snapshot.tenant())
                .thenCompose(activation -> posted(in, snapshot, in.operation(snapshot), deadlineNanos))
                .thenCompose(posted -> waitsForApproval(in, posted.result())
                        ? postedApproved(in, snapshot, posted, deadlineNanos)
                        : CompletableFuture.completedFuture(posted))
                // Async: callers hang their own work on the answer, and the ledger's writer completes what it is asked.
                .thenAcceptAsync(
                        posted -> {
                            if (answer.isDone()
                                    || !answer.complete(
                                            answers.published(in, snapshot, posted.operation(), posted.result()))) {
                                answers.giveBack(snapshot, posted.result());
                            }
                        },
                        CALLBACKS)
                .exceptionallyAsync(
                        failure -> {
                            fail(in, snapshot, answer, unwrapped(failure));
                            return null;
                        },
                        CALLBACKS);
        CompletableFuture<Void> patient = new CompletableFuture<Void>()
                .completeOnTimeout(null, calls.patience().toNanos(), TimeUnit.NANOSECONDS);
        CompletableFuture<Void> timer = patient.thenRunAsync(
                () -> fail(
                        in,
                        snapshot,
                        answer,
                        new LedgerUnavailableException("Ledger did not answer DECIDE '"
                                + snapshot.action().key() + "' within " + calls.patience()
                                + ". Try again, or give the guard more patience.")),
                CALLBACKS);
        CompletableFuture<Decision> unusedEnd = answer.whenComplete((decision, failure) -> {
            timer.cancel(false);
            patient.cancel(false);
        });
        return answer;
    }

    private CompletableFuture<Posted> posted(
            InForce in, Snapshot snapshot, DecidingOperation operation, long deadlineNanos) {
        CompletableFuture<PostResult> active = activations.activated(in, snapshot.tenant());
        return calls.submit(operation, deadlineNanos)
                .exceptionallyCompose(failure -> {
                    if (!(unwrapped(failure) instanceof NotActivatedException)) {
                        return CompletableFuture.failedFuture(failure);
                    }
                    Activations.forget(in, snapshot.tenant(), active);
                    return activations
                            .activated(in, snapshot.tenant())
                            .thenCompose(again -> calls.submit(operation, deadlineNanos));
                })
                .thenApply(result -> new Posted(operation, result));
    }

    private CompletableFuture<Posted> postedApproved(InForce in, Snapshot snapshot, Posted first, long deadlineNanos) {
        ApprovedOperation operation = in.approved(snapshot, first.operation());
        return posted(in, snapshot, operation, deadlineNanos)
                .exceptionallyCompose(failure -> unwrapped(failure) instanceof ApprovalPendingException
                        ? CompletableFuture.completedFuture(first)
                        : CompletableFuture.failedFuture(failure));
    }

    private void fail(InForce in, Snapshot snapshot, CompletableFuture<Decision> answer, @Nullable Throwable reason) {
        if (answer.isDone()) {
            LOG.debug("Nobody waited for decision {} any more, and it failed", snapshot.decisionId(), reason);
        } else if (reason instanceof LedgerUnavailableException unavailable) {
            answer.complete(answers.unrecorded(in, snapshot, unavailable));
        } else if (reason instanceof NotActivatedException setBack) {
            answer.complete(answers.unrecorded(in, snapshot, setBackAgain(snapshot, setBack)));
        } else {
            answer.completeExceptionally(Objects.requireNonNull(reason));
        }
    }

    private static @Nullable Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException ? failure.getCause() : failure;
    }

    private PostResult awaitActivated(DecidingOperation operation, Snapshot snapshot) {
        try {
            return calls.await(operation, late -> answers.giveBack(snapshot, late));
        } catch (NotActivatedException setBack) {
            throw setBackAgain(snapshot, setBack);
        }
    }

    private static LedgerUnavailableException setBackAgain(Snapshot snapshot, NotActivatedException reason) {
        return new LedgerUnavailableException(
                "Ledger forgot the contract of tenant '" + snapshot.tenant()
                        + "' twice within one decision: it is being set back. Try again when it is restored.",
                reason);
    }

    /** As {@link #decide}, on rows that are brought to a situation first, with everything behind the answer. */
    Rehearsal.Answer rehearse(Action asked, Situation situation, boolean explains) {
        InForce in = inForce.get();
        Snapshot snapshot = snapshot(in, asked);
        CompletableFuture<PostResult> unused = activations.activate(in, snapshot.tenant());
        SituateOperation situate =
                new SituateOperation(snapshot, situation, explains, in.claims(), in.judge(), in.postings());
        if (explains || !situation.isAsLeft()) {
            calls.await(situate);
        }
        DecidingOperation operation = in.operation(snapshot);
        PostResult result = calls.await(operation);
        if (waitsForApproval(in, result)) {
            DecidingOperation approved = in.approved(snapshot, operation);
            try {
                result = calls.await(approved);
                operation = approved;
            } catch (ApprovalPendingException nobodyAnswered) {
                LOG.debug(
                        "Action {} waits for an approval still",
                        snapshot.action().key(),
                        nobodyAnswered);
            }
        }
        Decision decision = answers.published(in, snapshot, operation, result);
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
        return answers.recover(inForce.get(), tenant, key);
    }

    /** Answers a decision that asked for an approval; the front door's {@code Guard.approve} and {@code deny} say what that promises. */
    public Approval resolve(String tenant, String key, Approval.State state, Approver by, String reason) {
        if (inForce.get().isShadow()) {
            throw ApproveOperation.inShadow(key);
        }
        return new Approvals.Resolver(calls::await, names, ids).resolve(tenant, key, state, by, reason);
    }

    /** The tenant's balances under this contract's mode, in order of budget, key and window. */
    public List<Balance> balances(String tenant) {
        InForce in = inForce.get();
        return ledger.accounts(tenant, in.namespace()).stream()
                .filter(state -> !Claims.isBucket(state.account()))
                .map(DecisionEngine::balance)
                .toList();
    }

    /** How many streams' tails the ledger was found to have lost. */
    public long lostTails() {
        return host.lostTails();
    }

    /** How many decisions were answered without a record. */
    public long unrecordedDecisions() {
        return unrecorded.total();
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
                in.contract().asksForApproval() ? names.content(action, tenant) : null,
                tenant,
                in.namespace(),
                clock.instant(),
                ids.next(),
                ids.next(),
                ids.next());
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
        activations.swap(contract, catalogue, prices);
    }

    /** Records for the contract's tenant, and for every tenant decided for so far, that a contract was refused, and why. */
    public void reject(String name, String fault) {
        activations.reject(name, fault);
    }

    /** What an operation came to. */
    private record Posted(DecidingOperation operation, PostResult result) {}

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
