package io.spendguard.ledger;

import java.time.Instant;
import java.util.List;

/** What a ledger asks of the guard that writes through it. */
public interface LedgerHost {
    /** Orders and signs one writer's events: each call begins a writer incarnation, with streams of its own. */
    EventSealer newSealer();

    /**
     * The store was found to lack so many streams' tails that had been durable. Called by a writer's thread; must not block.
     *
     * @param streams how many, more than none
     */
    void tailsLost(int streams);

    /**
     * The posting that opens an account with a limit: a grant and the event that tells of it.
     *
     * @param account the account, new
     * @param limit its budget's limit, in atoms
     * @param now the ledger's time
     */
    Posting opening(Account account, long limit, Instant now);

    /**
     * The posting that gives accounts the limit their budget has by now, and the event that tells of it. Asked for before an
     * operation that needs one of them is planned.
     *
     * @param due accounts of one tenant and namespace, locked, one or more
     * @param now the ledger's time
     */
    Posting carrying(List<LimitDue> due, Instant now);
}
