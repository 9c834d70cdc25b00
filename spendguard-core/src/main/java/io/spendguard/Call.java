package io.spendguard;

import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One guarded call from its permit to its settlement, whoever makes it: {@link Guard#call}, a LangChain4j or a Spring AI
 * adapter.
 *
 * <pre>{@code
 *            started()            part(n)
 *  DECIDED ------------> STARTED ---------> STREAMING --+ part(n)
 *     |                     |                   |    ^--+
 *     | anything else       | completed(usage)  | completed(usage): the provider's count
 *     |  : release          |  : commit         | failed, cancelled, close: our count, marked estimated
 *     |                     | notSent: release  |
 *     v                     v                   v
 *  SETTLED <------------ SETTLED             SETTLED
 *                           |
 *                           | failed, cancelled, close: nobody knows what it cost
 *                           v
 *                        UNKNOWN   (also when the settlement itself fails: the hold stands until its expiry)
 * }</pre>
 *
 * <p>The first event that ends the call wins; later ones change nothing, and so does every event once the permit was
 * settled by hand. Settling blocks for one ledger round trip and
 * never throws, so that a provider's answer or exception is never hidden by it: a failure is logged, kept in
 * {@link #settlementFailure()}, and leaves the outcome unknown. Safe for any number of threads.
 */
public final class Call implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    private final Permit permit;
    private final AtomicReference<State> state = new AtomicReference<>(State.DECIDED);

    private Call(Permit permit) {
        this.permit = permit;
    }

    /** The call a permit was given for. Not started yet. */
    public static Call of(Permit permit) {
        return new Call(Objects.requireNonNull(permit, "permit"));
    }

    /** The action to run, with the degrade patch applied where there is one. */
    public Action effective() {
        return permit.effective();
    }

    /** The permit, for code that settles by itself; this call then has nothing left to settle. */
    public Permit permit() {
        return permit;
    }

    /** Where the call stands. */
    public CallPhase phase() {
        return state.get().phase();
    }

    /** What was recorded; empty until it was, and when the outcome is unknown. */
    public Optional<Settlement> settlement() {
        return Optional.ofNullable(state.get().settlement());
    }

    /** Why recording the outcome failed; empty unless it did. */
    public Optional<RuntimeException> settlementFailure() {
        return Optional.ofNullable(state.get().failure());
    }

    /** Makes this call's permit current for the calling thread, so that inner gates and tools find it. */
    public CurrentPermit.Handle open() {
        return CurrentPermit.open(permit);
    }

    /**
     * The request is about to leave this process.
     *
     * @return whether it may: no longer once the call has ended, because a cancellation may overtake the request and
     *     give the hold back
     */
    public boolean started() {
        return state.updateAndGet(now -> now.phase() == CallPhase.DECIDED ? State.STARTED : now)
                .isOpen();
    }

    /**
     * So many more output tokens have arrived.
     *
     * @return whether the output still fits what is held; when not, the caller cuts the stream
     */
    public boolean part(long outputTokens) {
        State after = state.updateAndGet(now -> now.withPart(outputTokens));
        OptionalLong cap = permit.effective().maxOutputTokens();
        return cap.isEmpty() || after.outputTokens() <= cap.getAsLong();
    }

    /** The answer is complete. Unknown usage settles at the estimate, marked so. */
    public void completed(Usage usage) {
        settle(now -> () -> permit.commit(usage));
    }

    /** The call provably never reached the provider: its hold is given back. */
    public void notSent(Throwable cause) {
        settle(now -> () -> permit.notSent(cause));
    }

    /** The call ended with an exception, which the caller passes on untouched. */
    public void failed(Throwable cause) {
        settle(now -> abandoned(now, "failed: " + cause.getClass().getSimpleName()));
    }

    /** Nobody wants the answer any more. */
    public void cancelled() {
        settle(now -> abandoned(now, "cancelled"));
    }

    /** Ends the call if nothing did so before. */
    @Override
    public void close() {
        settle(now -> abandoned(now, "closed"));
    }

    /** Without an answer: nothing was sent, or some of it was counted, or nobody can say what it cost. */
    private @Nullable Supplier<Settlement> abandoned(State now, String why) {
        return switch (now.phase()) {
            case DECIDED -> () -> permit.release(why);
            case STREAMING -> () -> permit.commitCounted(counted(now.outputTokens()));
            case STARTED, SETTLING, SETTLED, UNKNOWN -> null;
        };
    }

    private Usage counted(long outputTokens) {
        Usage.Builder usage = Usage.builder().outputTokens(outputTokens);
        permit.effective().inputTokens().ifPresent(usage::inputTokens);
        return usage.build();
    }

    /** Whoever moves the state out of an open phase settles; all others find it settled or being settled. */
    private void settle(Ending ending) {
        State before = state.getAndUpdate(now -> now.isOpen() ? State.SETTLING : now);
        if (!before.isOpen()) {
            return;
        }
        Optional<Settlement> settledByHand = permit.settlement();
        if (settledByHand.isPresent()) {
            state.set(new State(CallPhase.SETTLED, before.outputTokens(), settledByHand.get(), null));
            return;
        }
        Supplier<Settlement> settlement = ending.of(before);
        if (settlement == null) {
            state.set(State.UNKNOWN);
            permit.close();
            return;
        }
        try {
            state.set(new State(CallPhase.SETTLED, before.outputTokens(), settlement.get(), null));
        } catch (RuntimeException failure) {
            LOG.warn("Outcome of decision {} was not recorded; its hold stands", permit.decisionId(), failure);
            state.set(new State(CallPhase.UNKNOWN, before.outputTokens(), null, failure));
        }
    }

    /** How a call in some open phase ends; null when its outcome is unknown. */
    @FunctionalInterface
    private interface Ending {
        @Nullable
        Supplier<Settlement> of(State before);
    }

    private record State(
            CallPhase phase,
            long outputTokens,
            @Nullable Settlement settlement,
            @Nullable RuntimeException failure) {
        private static final State DECIDED = new State(CallPhase.DECIDED, 0, null, null);
        private static final State STARTED = new State(CallPhase.STARTED, 0, null, null);
        private static final State SETTLING = new State(CallPhase.SETTLING, 0, null, null);
        private static final State UNKNOWN = new State(CallPhase.UNKNOWN, 0, null, null);

        private boolean isOpen() {
            return phase == CallPhase.DECIDED || phase == CallPhase.STARTED || phase == CallPhase.STREAMING;
        }

        /** A part that arrives before anybody said that the call started says so itself. */
        private State withPart(long tokens) {
            return isOpen() ? new State(CallPhase.STREAMING, Math.addExact(outputTokens, tokens), null, null) : this;
        }
    }
}
