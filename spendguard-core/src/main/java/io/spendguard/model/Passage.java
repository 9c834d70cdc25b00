package io.spendguard.model;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one permit lets through the gates met inside its own call, and what was heard of it there.
 *
 * <p>A gate behind another gate recognises the call that was decided and held for already, and charges nothing. What stands
 * between the two may call the inner one again, to retry or to ask for a better answer, and each such call is a spend of its
 * own: so one call passes, or as many as are parts of it, and the next is decided. What passed tells here what it cost,
 * because what comes out of the outer gate may be the answer to another call. Safe for any number of threads.
 */
public final class Passage {
    private final Permit permit;
    private boolean isTaken;
    private int parts;
    private long partTokens;
    private @Nullable Heard heard;

    private Passage(Permit permit) {
        this.permit = permit;
    }

    /** The way through the gates inside this permit's call. Nothing has passed yet. */
    public static Passage of(Permit permit) {
        return new Passage(Objects.requireNonNull(permit, "permit"));
    }

    /** The permit it belongs to. */
    public Permit permit() {
        return permit;
    }

    /** Tells whether this action may pass as the permit's own, and takes the passage: nothing else passes then. */
    public synchronized boolean take(Action inner) {
        if (isTaken || parts > 0 || !permit.covers(inner)) {
            return false;
        }
        isTaken = true;
        return true;
    }

    /**
     * As {@link #take}, for an action that may be one part of the permit's own, as a batch is embedded in several calls: parts
     * pass while all their input tokens together are no more than what the permit was decided for. One without tokens
     * counts as one, so that there is an end to them.
     */
    public synchronized boolean takePart(Action inner) {
        OptionalLong most = permit.effective().inputTokens();
        if (most.isEmpty() || inner.inputTokens().isEmpty()) {
            return take(inner);
        }
        long tokens = tokens(inner);
        boolean fits = parts == 0 ? tokens <= Math.max(1, most.getAsLong()) : tokens <= most.getAsLong() - partTokens;
        if (isTaken || !fits || !permit.covers(inner)) {
            return false;
        }
        parts++;
        partTokens += tokens;
        return true;
    }

    /** What passed provably cost nothing: the next may pass in its place. */
    public synchronized void giveBack(Action inner) {
        if (isTaken) {
            isTaken = false;
        } else if (parts > 0) {
            parts--;
            partTokens -= tokens(inner);
        }
    }

    /** What passed has ended, and cost this much. Unknown usage says that it may have cost something. */
    public synchronized void report(Heard more) {
        heard = heard == null
                ? more
                : new Heard(heard.usage().plus(more.usage()), heard.isCounted() || more.isCounted());
    }

    /** What everything that passed and ended has cost; empty when nothing did. */
    public synchronized Optional<Heard> heard() {
        return Optional.ofNullable(heard);
    }

    private static long tokens(Action part) {
        return Math.max(1, part.inputTokens().orElse(1));
    }

    /**
     * What was heard of calls that passed.
     *
     * @param usage their tokens together; unknown when those of one are
     * @param isCounted whether some of it is our own count of a stream that was cut, and not the provider's
     */
    public record Heard(Usage usage, boolean isCounted) {}
}
