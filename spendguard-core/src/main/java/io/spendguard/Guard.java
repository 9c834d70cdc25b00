package io.spendguard;

import io.spendguard.bundle.BundleException;
import io.spendguard.bundle.ContractBundle;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.decision.DecisionEngine;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.Approver;
import io.spendguard.model.Balance;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Decision;
import io.spendguard.model.IdSource;
import io.spendguard.model.Permit;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Sweep;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between an agent and everything that costs money: one contract, one ledger, one signing key.
 *
 * <p>Safe for any number of threads. Build one per process and contract, and close it when the process ends, so that its
 * evidence streams end with a signed event.
 */
public final class Guard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);

    private final DecisionEngine engine;
    private final Enforcement enforcement;
    private volatile boolean closed;

    private Guard(DecisionEngine engine, Enforcement enforcement) {
        this.engine = engine;
        this.enforcement = enforcement;
    }

    /** Starts with the bundled prices, the system's clock, a patience of five seconds and no contract or ledger. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Decides whether an action may run, before it does.
     *
     * <p>When this returns an {@link Decision.Allowed}, the hold and one signed audit event are durable; when it returns
     * a recorded {@link Decision.Refused}, its event is durable and nothing is held. When the ledger does not answer in
     * time the answer is a STOP with {@code LEDGER_UNAVAILABLE}; a hold that turns out to have been taken after all is
     * released. Blocks for one ledger transaction, at most as long as the guard's patience; for two of them where the action's decision
     * had asked for an approval, see {@link #approve}.
     *
     * @throws IllegalArgumentException when no tenant is known, or another than the contract's; nothing was written
     * @throws IllegalStateException when the guard is closed
     * @throws io.spendguard.model.IdempotencyConflictException when the action's key was used for another action;
     *     nothing was written
     */
    public Decision decide(Action action) {
        requireOpen();
        return engine.decide(Objects.requireNonNull(action, "action"));
    }

    /**
     * As {@link #decide}, without blocking: no thread waits, however many decisions are under way.
     *
     * <p>The future completes with what {@code decide} returns, on a thread of the common pool, within the guard's patience; it
     * completes exceptionally where {@code decide} throws once it has begun. A decision nobody gets any more, because the
     * future was cancelled, completed otherwise or too late, is found by its key and its hold is released as
     * {@code NEVER_DELIVERED}. Cancelling what was derived from the future cancels nothing here.
     *
     * @throws IllegalArgumentException when no tenant is known, or another than the contract's; nothing was written
     * @throws IllegalStateException when the guard is closed
     */
    public CompletableFuture<Decision> decideAsync(Action action) {
        requireOpen();
        return engine.decideAsync(Objects.requireNonNull(action, "action"));
    }

    /**
     * Decides an action, runs it and settles it.
     *
     * <p>The body runs under the action's permit ({@link Permit#current()} finds it) and runs {@link Permit#effective()}.
     * When it returns, what it did not settle itself is committed at the usage it reports, before this method returns.
     * When it throws, its exception passes untouched and the outcome is unknown, so that the hold stays, unless the body
     * called {@link Permit#notSent} or settled before. A settlement that fails hides neither result nor exception; the
     * ledger settles the hold when it expires.
     *
     * @param usage reads the provider's count from the result; {@link Usage#unknown()} settles at the estimate, and so
     *     does a count that cannot be read
     * @throws SpendDeniedException when the action is refused, or degraded and {@code accept} does not say that the body
     *     applies the patch; the body did not run
     * @throws X what the body threw
     */
    public <T extends @Nullable Object, X extends Throwable> T call(
            Action action, Set<Decision.Accept> accept, CallBody<T, X> body, Function<? super T, Usage> usage)
            throws X {
        Decision decision = decide(action);
        Permit permit = accept.contains(Decision.Accept.ACCEPT_DEGRADE)
                ? decision.orThrow(Decision.Accept.ACCEPT_DEGRADE)
                : decision.orThrow();
        return run(permit, body, usage);
    }

    /** Runs a body under a permit and settles it, as {@link #call(Action, Set, CallBody, Function)} promises. */
    static <T extends @Nullable Object, X extends Throwable> T run(
            Permit permit, CallBody<T, X> body, Function<? super T, Usage> usage) throws X {
        try (Call call = Call.of(permit);
                CurrentPermit.Handle open = call.open()) {
            call.started();
            T result = body.run(permit);
            call.completed(read(usage, result));
            return result;
        }
    }

    /** A call that succeeded is not lost because its count cannot be read. */
    private static <T> Usage read(Function<? super T, Usage> usage, T result) {
        try {
            return Objects.requireNonNull(usage.apply(result), "usage");
        } catch (RuntimeException unreadable) {
            LOG.warn("Usage cannot be read from a call's result; the call settles at its estimate", unreadable);
            return Usage.unknown();
        }
    }

    /** As {@link #call(Action, Set, CallBody, Function)}, for actions that are never degraded and report no usage. */
    public <T extends @Nullable Object, X extends Throwable> T call(Action action, CallBody<T, X> body) throws X {
        return call(action, Set.of(), body, result -> Usage.unknown());
    }

    /**
     * Puts another contract in force while decisions go on. Each decision ends under the contract it began with, and so
     * does the settlement of its permit. When this returns, the new limits stand in the ledger for every tenant decided
     * for so far, with an audit event that names the contract they replace. Blocks for one transaction for each tenant.
     *
     * @throws ContractException when the contract cannot be enforced with this guard's catalogue and prices, or has a lower
     *     revision than the one before: that one stays in force, and an audit event says so for each tenant
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger does not answer in time: the one before stays
     * @throws IllegalStateException when the guard is closed
     */
    public void swap(Contract next) {
        requireOpen();
        try {
            enforcement.require(next);
            engine.swap(next, next.catalogue().or(enforcement.catalogue()), enforcement.prices());
        } catch (ContractException refused) {
            rejected(next.name(), refused);
            throw refused;
        }
    }

    /**
     * Puts the contract of a signed bundle in force, as {@link #swap(Contract)} does. Blocks while it reads, too.
     *
     * @param trusted the keys whose bundles may come into force
     * @throws io.spendguard.bundle.BundleException when it cannot be read, is not signed by one of these keys, or was signed for
     *     other prices: the contract before stays in force, and an audit event says so for each tenant
     * @throws ContractException as {@link #swap(Contract)}, and when the bundle's contract has faults
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger does not answer in time: the one before stays
     * @throws IllegalStateException when the guard is closed
     */
    public void swap(Path bundle, Anchors trusted) {
        requireOpen();
        ContractBundle next;
        try {
            next = ContractBundle.load(bundle, trusted);
            next.requirePrices(enforcement.prices());
        } catch (BundleException | ContractException refused) {
            Path name = bundle.getFileName();
            rejected(name == null ? "bundle" : name.toString(), refused);
            throw refused;
        }
        swap(next.contract());
    }

    /** The refusal is what the caller has to see, also when it cannot be recorded. */
    private void rejected(String name, RuntimeException refused) {
        try {
            engine.reject(name, String.valueOf(refused.getMessage()));
        } catch (RuntimeException unrecorded) {
            refused.addSuppressed(unrecorded);
        }
    }

    /**
     * Approves an attempt at an action whose decision asked for that: {@link #decide deciding} the same action again under the same key
     * evaluates the contract anew, where the reasons that asked ask no more. Everything else stands as ever: other rules, budgets, the run. What
     * became of it is decided once; asked for after that, the action is decided already.
     *
     * <p>When this returns, the approval and one signed audit event are durable; whatever it throws but
     * {@code LedgerUnavailableException}, nothing was written. Blocks for one transaction.
     *
     * @param tenant whose action
     * @param key the action's key, as given to {@code Action.Builder.key} or fixed by {@code build()}
     * @param by who approves, in the role that was asked for or a stricter one; it is for the caller to know that he is who he says he is
     * @param reason why, for evidence; one to 500 characters and no personal value
     * @return what was approved; the same approval again is answered as before
     * @throws io.spendguard.model.ApprovalException when nothing was decided, when no approval was asked for or by somebody with a
     *     stricter role, when its time is over by the ledger's clock, in shadow mode, and when the reason is blank or too long
     * @throws io.spendguard.model.IdempotencyConflictException when it was approved or denied before, by somebody else or for another reason
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger does not answer in time; approve once more
     * @throws IllegalStateException when the guard is closed
     */
    public Approval approve(String tenant, String key, Approver by, String reason) {
        return resolve(tenant, key, Approval.State.APPROVED, by, reason);
    }

    /**
     * Denies the attempt: deciding the same action again is a recorded STOP with {@code APPROVAL_DENIED}, which ends its run. Otherwise
     * as {@link #approve}.
     */
    public Approval deny(String tenant, String key, Approver by, String reason) {
        return resolve(tenant, key, Approval.State.DENIED, by, reason);
    }

    private Approval resolve(String tenant, String key, Approval.State state, Approver by, String reason) {
        requireOpen();
        return engine.resolve(
                Objects.requireNonNull(tenant, "tenant"),
                Objects.requireNonNull(key, "key"),
                state,
                Objects.requireNonNull(by, "by"),
                Objects.requireNonNull(reason, "reason"));
    }

    /**
     * The permit of an action decided before, by this process or another, found by the action's key: for settling it,
     * not for running the action again. Empty when nothing was ever held for it; where it was settled already, settling
     * it the same way again answers as before. Blocks for two reads, or three where an approval was asked for.
     *
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger cannot be reached
     */
    public Optional<Permit> recover(String tenant, String key) {
        requireOpen();
        return engine.recover(tenant, key);
    }

    /**
     * The tenant's balances, in order of budget, key and window; budgets appear with their first action. Blocks for one
     * read.
     *
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger cannot be reached
     */
    public List<Balance> balances(String tenant) {
        requireOpen();
        return engine.balances(tenant);
    }

    /**
     * Ends the holds, of all tenants, that nobody settled in time: each as its decision's contract says ({@code onExpiry}),
     * with one audit event. On a ledger that outlives this process the guard does so by itself; of all guards on one
     * ledger one does, and the others do nothing here. A commit or release that comes later posts the difference.
     * Blocks for a read and a few transactions.
     *
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger cannot be reached; what was ended stays so
     */
    public Sweep sweep() {
        requireOpen();
        return engine.sweep();
    }

    /**
     * How many of its evidence streams this guard found cut short, since it was built: their last events had been durable, and after a
     * reconnect the ledger no longer had them. Zero is the only good figure; watch it. More means that the database was set
     * back, to a backup or to a standby that had not received everything, and that spend was forgotten. The evidence says so as well, as a
     * signed event, and verifies as {@code TAIL_LOST}. Reads memory only.
     */
    public long lostTails() {
        return engine.lostTails();
    }

    /**
     * How many decisions this guard has answered without knowing that they are recorded, because its ledger was away: they were STOP with
     * {@code LEDGER_UNAVAILABLE}, or passed in shadow mode. The next event of a tenant's stream says how many of them were its; what was counted
     * when the process ends without one is in no evidence. One whose record arrived late is counted, too. Reads memory only.
     */
    public long unrecordedDecisions() {
        return engine.unrecordedDecisions();
    }

    /** Where budgets and evidence are kept, for reading them: exports, reports, tests. The guard closes it. */
    public Ledger ledger() {
        return enforcement.ledger();
    }

    /**
     * Makes this guard the one that code without another way to find it uses, in this process.
     *
     * @throws IllegalStateException when another one is installed: which of two would decide must not depend on order
     */
    public void install() {
        CurrentGuard.install(this);
    }

    /** Makes this guard the one that code called by this thread uses, until the handle is closed on this thread. */
    public Handle open() {
        return CurrentGuard.open(this);
    }

    /** The guard open on this thread, else the installed one; empty when there is neither. */
    public static Optional<Guard> current() {
        return CurrentGuard.find();
    }

    /** Finishes what is under way, closes the evidence streams with a signed event each, and closes the ledger. */
    @Override
    public void close() {
        closed = true;
        CurrentGuard.remove(this);
        try {
            engine.close();
        } finally {
            enforcement.ledger().close();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("Guard is closed: its evidence streams have ended. Build a new one.");
        }
    }

    /** Ends the time a guard is open. */
    @FunctionalInterface
    public interface Handle extends AutoCloseable {
        /** Restores the guard that was open before. */
        @Override
        void close();
    }

    /** Collects what a guard needs. Not safe for several threads. */
    public static final class Builder {
        private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);
        private static final Duration DEFAULT_SWEEP_INTERVAL = Duration.ofSeconds(10);
        /** A living writer is heard of every ten seconds. */
        private static final Duration SHORTEST_SILENCE_OF_THE_DEAD = Duration.ofSeconds(30);

        private @Nullable Contract contract;
        private @Nullable ContractBundle bundle;
        private @Nullable Ledger ledger;
        private @Nullable Signer signer;
        private @Nullable PriceBook prices;
        private ModelCatalogue catalogue = ModelCatalogue.EMPTY;
        private Clock clock = Clock.systemUTC();
        private @Nullable IdSource ids;
        private Duration patience = DEFAULT_PATIENCE;
        private boolean signsEachEvent;
        private Duration sweepInterval = DEFAULT_SWEEP_INTERVAL;
        private @Nullable Duration silenceOfTheDead;

        private Builder() {}

        /** The contract that decides. Required, unless there is a bundle. */
        public Builder contract(Contract value) {
            this.contract = Objects.requireNonNull(value, "value");
            this.bundle = null;
            return this;
        }

        /** The contract that decides, and the prices it must be enforced with, in place of any contract given before. */
        public Builder bundle(ContractBundle value) {
            this.contract = value.contract();
            this.bundle = value;
            return this;
        }

        /** Where budgets and evidence are kept. Required. It belongs to the guard from here on, which closes it. */
        public Builder ledger(Ledger value) {
            this.ledger = Objects.requireNonNull(value, "value");
            return this;
        }

        /**
         * The file that keeps the key audit events are signed with, created readable for its owner only when there is
         * none. By default {@code .spendguard/signing-key.pem} in the user's home.
         */
        public Builder signingKey(Path pem) {
            return signer(Ed25519Signer.loadOrCreate(pem));
        }

        /** Who signs audit events, instead of a key file. */
        public Builder signer(Signer value) {
            this.signer = Objects.requireNonNull(value, "value");
            return this;
        }

        /** What calls cost; the library's own book by default. */
        public Builder prices(PriceBook value) {
            this.prices = Objects.requireNonNull(value, "value");
            return this;
        }

        /** Models that a degrade may name, beside those in the contract. */
        public Builder catalogue(ModelCatalogue value) {
            this.catalogue = Objects.requireNonNull(value, "value");
            return this;
        }

        /** The host's clock. The ledger's own decides windows and expiry. */
        public Builder clock(Clock value) {
            this.clock = Objects.requireNonNull(value, "value");
            return this;
        }

        /** Where ids come from; time-ordered ones of the clock by default. */
        public Builder ids(IdSource value) {
            this.ids = Objects.requireNonNull(value, "value");
            return this;
        }

        /** How long a caller waits for the ledger, more than zero; five seconds by default. */
        public Builder patience(Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException("Guard patience of " + value
                        + " is no time at all: every decision would be a STOP. Give more.");
            }
            this.patience = value;
            return this;
        }

        /**
         * Signs each audit event by itself, instead of all that are written together by one signature over their Merkle root.
         * Either way each event verifies alone; this one needs no inclusion path and costs a signature per event.
         */
        public Builder signEachEvent() {
            this.signsEachEvent = true;
            return this;
        }

        /**
         * How often to look for holds that nobody settled in time, where the ledger outlives this process; ten seconds by
         * default. Zero leaves that to others: to another guard, or to who calls {@link Guard#sweep}.
         *
         * @throws IllegalArgumentException when it is negative
         */
        public Builder sweepEvery(Duration interval) {
            if (interval.isNegative()) {
                throw new IllegalArgumentException("Guard sweep interval of " + interval
                        + " is negative: give a time, or zero for no sweeping at all.");
            }
            this.sweepInterval = interval;
            return this;
        }

        /**
         * After how long without a word from its process a writer counts as dead when sweeping, so that its evidence streams are
         * closed for it; 60 seconds by default. Choose more than any pause of a healthy process: one that comes back later loses nothing,
         * but goes on in new streams.
         *
         * @throws IllegalArgumentException when it is shorter than 30 seconds
         */
        public Builder deadAfter(Duration silence) {
            if (silence.compareTo(SHORTEST_SILENCE_OF_THE_DEAD) < 0) {
                throw new IllegalArgumentException("Guard counts writers as dead after " + silence
                        + ": a living one is heard of every 10 seconds, and may be late. Give at least 30 seconds.");
            }
            this.silenceOfTheDead = silence;
            return this;
        }

        /**
         * The guard, connected to its ledger.
         *
         * @throws IllegalStateException when contract or ledger is missing
         * @throws ContractException when the contract cannot be enforced with this catalogue, with all findings; or when it
         *     requires a stronger ledger or enforcement than this, with an audit event where the contract names its tenant
         */
        public Guard build() {
            Contract decides = require(
                    contract, "Guard has no contract: nothing would decide. Call contract(Contract.load(path)).");
            Ledger keeps = require(
                    ledger, "Guard has no ledger: nothing could be recorded. Call ledger(PostgresLedger.open(...)).");
            PriceBook book = prices == null ? PriceBook.bundled() : prices;
            Enforcement enforcement = new Enforcement(catalogue, book, keeps, clock);
            List<Finding> findings = enforcement.unpriced(decides);
            if (!findings.isEmpty()) {
                throw new ContractException(decides.name(), findings);
            }
            if (bundle != null) {
                bundle.requirePrices(book);
            }
            List<Finding> missing = enforcement.tooWeakFor(decides);
            DecisionEngine engine = engine(decides, enforcement);
            if (!missing.isEmpty()) {
                ContractException refused = new ContractException(decides.name(), missing);
                try (engine) {
                    engine.reject(decides.name(), String.valueOf(refused.getMessage()));
                } catch (RuntimeException unrecorded) {
                    refused.addSuppressed(unrecorded);
                }
                throw refused;
            }
            if (silenceOfTheDead != null) {
                engine.deadAfter(silenceOfTheDead);
            }
            if (keeps.outlivesProcess() && !sweepInterval.isZero()) {
                engine.sweepEvery(sweepInterval);
            }
            return new Guard(engine, enforcement);
        }

        private DecisionEngine engine(Contract decides, Enforcement enforcement) {
            return new DecisionEngine(
                    decides,
                    decides.catalogue().or(catalogue),
                    enforcement.prices(),
                    enforcement.ledger(),
                    signer == null ? Ed25519Signer.loadOrCreate(defaultKeyFile()) : signer,
                    clock,
                    ids == null ? IdSource.timeOrdered(clock) : ids,
                    patience,
                    signsEachEvent);
        }

        private static <T> T require(@Nullable T part, String message) {
            if (part == null) {
                throw new IllegalStateException(message);
            }
            return part;
        }

        private static Path defaultKeyFile() {
            return Path.of(System.getProperty("user.home"), ".spendguard", "signing-key.pem");
        }
    }
}
