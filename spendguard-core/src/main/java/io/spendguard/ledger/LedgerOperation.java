package io.spendguard.ledger;

import io.spendguard.model.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Something to be done to the ledger exactly once: which rows it needs, and what to post once it has seen them.
 *
 * <p>The ledger first tries {@link #assumed()} without reading anything. Where there is none, or a balance (too little
 * available, or a debt to be paid from what is given back), run, window, reservation or key stands against it, nothing is written and the ordered path runs: it takes the key, then the
 * reservation, the run and the accounts in order of id, and asks {@link #plan} with all of them locked.
 */
public interface LedgerOperation {
    /** What is done. */
    OperationKind kind();

    /** Whose rows. */
    String tenant();

    /** Real or shadow. */
    Namespace namespace();

    /** The idempotency key, unique for this tenant and kind. */
    String key();

    /** What the caller asked for: the same key with another digest is a conflict. */
    Digest requestDigest();

    /** The run whose state is needed; none by default. */
    default Optional<String> run() {
        return Optional.empty();
    }

    /** The reservation that is needed, with the accounts it holds; none by default. */
    default Optional<UUID> reservation() {
        return Optional.empty();
    }

    /**
     * The accounts claimed or read at this time; missing ones are opened with their budget's limit. Those of a budget that limits
     * its keys are shown as if they were open, and opened by a posting that touches them only: who is refused uses no key up.
     * None by default.
     */
    default List<Account> accounts(Instant now) {
        return List.of();
    }

    /**
     * What earlier accounts left behind; those accounts are locked and in view too. Where there is a backlog to ask for, an
     * operation that opens an account is planned, whatever it assumed.
     */
    default List<Backlog> backlog(Instant now) {
        return List.of();
    }

    /**
     * What other operations of the tenant answered, to be read under this operation's transaction. An answer never changes once it is
     * there, so that none is locked: of an operation that commits meanwhile there is none yet. An operation that needs answers is
     * planned, whatever it assumed. None by default.
     */
    default List<AnswerKey> answersNeeded() {
        return List.of();
    }

    /**
     * Budgets whose limit is set, for every decision that is made from then on. Of their open accounts that have another limit in the
     * same unit a bounded number is locked and in view, and gets it with this operation; the others are
     * {@linkplain Ledger#behind behind} until they are carried or an operation needs them. Accounts in another unit keep theirs.
     * Empty but for an activation.
     */
    default List<BudgetLimit> limits() {
        return List.of();
    }

    /**
     * Tells whether its posting gives the accounts it names the limits that are {@linkplain LedgerView#due due}. Before any other
     * operation is asked, the ledger has given them to the accounts it needs, in the same transaction. False by default.
     */
    default boolean carriesLimits() {
        return false;
    }

    /**
     * A posting made beforehand on the assumption that nothing stands against it; empty, as by default, when rows must be
     * read.
     */
    default Optional<Posting> assumed() {
        return Optional.empty();
    }

    /**
     * What to post, given the locked rows. Pure and fast: locks are held. Whatever it throws reaches the caller, and
     * nothing is written.
     */
    Posting plan(LedgerView view);
}
