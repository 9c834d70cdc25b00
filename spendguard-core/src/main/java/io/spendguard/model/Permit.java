package io.spendguard.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The right to run one action, with its budget held. Settled once: by a commit of what it cost or by a release.
 *
 * <p>Settling twice the same way returns the first answer; settling another way throws
 * {@link SettlementConflictException}. Every settling method blocks for one durable round trip to the ledger; when it
 * throws {@link LedgerUnavailableException} the hold stands and the same call may be made again. Safe for any number
 * of threads.
 */
public interface Permit extends AutoCloseable {
    /**
     * The innermost permit under which this thread runs, so that a tool that learns its own price can commit it there;
     * empty outside a guarded call.
     */
    static Optional<Permit> current() {
        return CurrentPermit.get();
    }

    /** The decision that gave this permit. */
    UUID decisionId();

    /** The action to run: the caller's own, with the degrade patch applied where there is one. */
    Action effective();

    /** What is held, one amount for each budget claimed; empty when nothing is. */
    List<Amount> held();

    /** When the hold ends by itself. */
    Instant expiresAt();

    /**
     * Records the provider's token count as what was spent and gives the rest back. Unknown counts settle at the
     * estimate, marked so. A cost above the hold is recorded in full.
     */
    Settlement commit(Usage usage);

    /**
     * Records a cost known directly, such as a tool's price. A cost above the hold is recorded in full.
     *
     * @throws IllegalArgumentException when a budget holds another currency
     */
    Settlement commit(Money cost);

    /**
     * Records the caller's own count as what was spent, marked as an estimate: for the part of a stream that arrived
     * before it was cut, of which the provider reports nothing.
     */
    Settlement commitCounted(Usage counted);

    /**
     * Records what one part of a session cost, while the session goes on: so much of the hold is spent. Where the hold
     * does not cover it, more is held first, on every budget claimed: all of it or nothing. A part is known by its number:
     * the same one again, by any permit of this decision and also after the settlement, returns the first answer and
     * charges nothing. A refusal is such an answer and stays one; what was spent all the same belongs into the final commit.
     *
     * <p>Budgets of money and of tokens are charged; calls and credits are left to the settlement, which says what became
     * of the rest: a commit adds its cost to the parts', a release gives back what they left. Blocks for one durable round
     * trip. When it throws, nothing was written, but for {@link LedgerUnavailableException}: then the same part may be sent again.
     *
     * @param number names the part within the session, 0 or more, in any order
     * @param usage the provider's count for this part alone
     * @throws IllegalArgumentException when the number is negative, the usage is nothing, or it cannot be told what it
     *     costs or how many tokens of a claimed budget it has
     * @throws ArithmeticException when the price of so much is beyond any amount
     * @throws IdempotencyConflictException when the number named a part with another usage or cost before
     * @throws SettlementConflictException when the hold was settled or has expired
     */
    PartCommit commitPart(int number, Usage usage);

    /**
     * As {@link #commitPart(int, Usage)}, for a cost known directly; budgets of other units than money are left to the
     * settlement.
     *
     * @throws IllegalArgumentException when the number is negative, the cost is not positive, or a budget holds another
     *     currency
     */
    PartCommit commitPart(int number, Money cost);

    /** Gives back all that is held by now because the action had no effect beyond the parts committed; the reason goes into evidence. */
    Settlement release(String reason);

    /** Gives the whole hold back because the action provably never left this process; the cause's type is the reason. */
    default Settlement notSent(Throwable cause) {
        return release("not sent: " + cause.getClass().getSimpleName());
    }

    /**
     * Keeps the hold for at least so long from now on, by the ledger's clock, for a call that takes longer than its budgets'
     * time limit. Afterwards {@link #expiresAt()} says until when. Blocks for one durable round trip, also for a refusal;
     * when it throws, the hold is as it was, or extended, and the same call may be made again.
     *
     * @throws IllegalArgumentException when the time is not positive or longer than 366 days
     * @throws SettlementConflictException when the hold was settled or has expired
     */
    Extension extend(Duration atLeast);

    /**
     * As {@link #extend(Duration)}, and holds what the call costs at most when it uses so much, at the price of the
     * decision, on every budget claimed: all of it or nothing. What is held is never lowered. A refusal leaves hold and
     * time as they were.
     *
     * @throws IllegalArgumentException when the time is not positive or longer than 366 days, or a budget of money is claimed and the usage has
     *     no known price
     * @throws SettlementConflictException when the hold was settled or has expired
     */
    Extension extend(Duration atLeast, Usage most);

    /**
     * As {@link #extend(Duration, Usage)}, for a cost known directly; budgets of other units than its currency stay as
     * they are.
     *
     * @throws IllegalArgumentException when the time is not positive or longer than 366 days, or a budget holds another currency
     */
    Extension extend(Duration atLeast, Money most);

    /** How this object settled the hold; empty while it did not. Another permit of the same decision may have. */
    Optional<Settlement> settlement();

    /**
     * Tells whether an action met inside this permit's own is that very action again, behind a second gate: the same
     * tool, or the same model, while this permit is unsettled, and at no more than what this one's costs. It was decided and held
     * for already; a gate lets it pass and charges nothing. Anything else inside (a model called by a tool, another tool, the
     * same tool at a cost that nothing was held for, an action that was given another key) is a spend of its own.
     */
    default boolean covers(Action inner) {
        Action own = effective();
        return settlement().isEmpty()
                && (!inner.isNamed() || inner.key().equals(own.key()))
                && own.kind() == inner.kind()
                && own.tool().equals(inner.tool())
                && own.provider().equals(inner.provider())
                && own.model().equals(inner.model())
                && own.isAsDearAs(inner);
    }

    /**
     * Ends the permit. One that was not settled keeps its hold: the outcome is unknown, and only its expiry settles it.
     * Does not block and does not throw.
     */
    @Override
    void close();
}
