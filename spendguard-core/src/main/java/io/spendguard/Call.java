package io.spendguard;

import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Passage;
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
 *
 * <p>A call behind a second gate ({@link #within}) goes the same ways, but is settled by the outer call, which it tells what it
 * cost. So what the outer one commits is what passed on its permit, also when the code between the gates hands out the answer to
 * another call, or fails after it had one.
 */
public final class Call implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    private final Permit permit;
    private final Action effective;
    private final Books books;
    /** For the gates inside this call. */
    private final Passage passage;

    private final AtomicReference<State> state = new AtomicReference<>(State.DECIDED);

    private Call(Permit permit, Action effective, Books books) {
        this.permit = permit;
        this.effective = effective;
        this.books = books;
        this.passage = Passage.of(permit);
    }

    /** The call a permit was given for. Not started yet. */
    public static Call of(Permit permit) {
        Objects.requireNonNull(permit, "permit");
        return new Call(permit, permit.effective(), new Books.Own(permit));
    }

    /**
     * The call of an action that an outer gate decided and holds for already: it needs no decision of its own.
     *
     * @return empty when the action is a spend of its own, because the permit is for another or a call passed on it before
     */
    public static Optional<Call> within(Passage outer, Action action) {
        return outer.take(action) ? Optional.of(passing(outer, action)) : Optional.empty();
    }

    /** As {@link #within}, for an action that may be a part of the outer one: see {@link Passage#takePart}. */
    public static Optional<Call> partWithin(Passage outer, Action action) {
        return outer.takePart(action) ? Optional.of(passing(outer, action)) : Optional.empty();
    }

    private static Call passing(Passage outer, Action action) {
        return new Call(outer.permit(), action, new Books.Passing(outer, action));
    }

    /** The action to run, with the degrade patch applied where there is one. */
    public Action effective() {
        return effective;
    }

    /** The permit, for code that settles by itself; this call then has nothing left to settle. */
    public Permit permit() {
        return permit;
    }

    /** Where the call stands. */
    public CallPhase phase() {
        return state.get().phase();
    }

    /** What was recorded; empty until it was, when the outcome is unknown, and where an outer call settles. */
    public Optional<Settlement> settlement() {
        return Optional.ofNullable(state.get().settlement());
    }

    /** Why recording the outcome failed; empty unless it did. */
    public Optional<RuntimeException> settlementFailure() {
        return Optional.ofNullable(state.get().failure());
    }

    /** Makes this call's permit current for the calling thread, so that inner gates and tools find it. */
    public CurrentPermit.Handle open() {
        return CurrentPermit.open(passage);
    }

    /** What gates inside this call find, for code that carries it to them otherwise than by {@link #open()}. */
    public Passage passage() {
        return passage;
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
        OptionalLong cap = effective.maxOutputTokens();
        return cap.isEmpty() || after.outputTokens() <= cap.getAsLong();
    }

    /** The answer is complete. Unknown usage settles at the estimate, marked so. */
    public void completed(Usage usage) {
        settle(now -> () -> books.commit(passage.heard().orElseGet(() -> new Passage.Heard(usage, false))));
    }

    /** The call provably never reached the provider: its hold is given back, unless a gate inside saw it do so. */
    public void notSent(Throwable cause) {
        settle(now -> passage.heard().isPresent()
                ? abandoned(now, "failed: " + cause.getClass().getSimpleName())
                : () -> books.notSent(cause));
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
    private @Nullable Supplier<@Nullable Settlement> abandoned(State now, String why) {
        Optional<Passage.Heard> heard = passage.heard();
        if (heard.isPresent() && (heard.get().usage().isComplete() || now.phase() == CallPhase.STREAMING)) {
            return () -> books.commit(heard.get());
        }
        return switch (now.phase()) {
            case DECIDED -> () -> books.release(why);
            case STREAMING -> () -> books.commit(new Passage.Heard(counted(now.outputTokens()), true));
            case STARTED, SETTLING, SETTLED, UNKNOWN -> null;
        };
    }

    private Usage counted(long outputTokens) {
        Usage.Builder usage = Usage.builder().outputTokens(outputTokens);
        effective.inputTokens().ifPresent(usage::inputTokens);
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
        Supplier<@Nullable Settlement> settlement = ending.of(before);
        if (settlement == null) {
            state.set(State.UNKNOWN);
            books.unknown();
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
        Supplier<@Nullable Settlement> of(State before);
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
