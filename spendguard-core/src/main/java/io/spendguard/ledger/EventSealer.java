package io.spendguard.ledger;

import io.spendguard.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Puts audit events into their order: assigns stream positions, chains and signs. Owned by one ledger session and
 * called by its single writer only; not safe for several threads.
 *
 * <p>Sealing is tentative. {@link #committed()} makes the last sealed batch the streams' tail; {@link #abandoned()}
 * forgets it, so that its positions are given again; {@link #fenced()} puts a fence in its place. A signature of a batch that did not commit never leaves the
 * process.
 */
public interface EventSealer {
    /**
     * Seals a batch in the order given. The first event of a tenant is preceded by the event that opens its stream, so
     * that more events may come back than were given.
     *
     * @throws IllegalStateException when the last batch was neither committed nor abandoned
     */
    List<SealedEvent> seal(List<EventDraft> drafts);

    /** Seals the closing events of every open stream, as one batch; empty when no stream is open. */
    List<SealedEvent> sealClosing();

    /**
     * Seals a fence against the last sealed batch, whose outcome is unknown: an event at the first position the batch takes in
     * one of its streams. A position is taken once, so that of fence and batch one at most ever becomes durable: a fence that
     * could be written proves that the batch never will be, one that found its position taken by another event proves that
     * the batch was.
     *
     * @throws IllegalStateException when no batch is pending
     */
    List<SealedEvent> sealFence();

    /**
     * Seals the last event of another writer's stream, which died without closing it, as one batch: at the position after
     * its last event, signed by this writer, together with whatever its own stream needs for that. A position is taken once: when it
     * could be written the dead writer can write nothing more there, and when it was taken the writer was alive.
     *
     * @param dead where the stream ends
     * @param openedBy the id of the key the stream was opened with
     * @throws IllegalStateException when the last batch was neither committed nor abandoned
     */
    List<SealedEvent> sealClosingOf(Tail dead, String openedBy);

    /** The fence is durable: the last sealed batch can never be, and what is sealed next follows the fence. */
    void fenced();

    /** The last sealed batch is durable. */
    void committed();

    /** The last sealed batch was rolled back and can never commit. */
    void abandoned();

    /**
     * The last sealed batch may or may not be durable and nobody can tell: its streams are given up unclosed, and the
     * next event of each tenant opens a new one.
     */
    void lost();

    /** Where the open streams end, as far as they are known to be durable. */
    List<Tail> tails();

    /**
     * The store lacks these tails, which had been durable: it was set back. Their streams are given up, and the next event of each
     * of their tenants opens a new one, which states the loss.
     *
     * @param lost some of {@link #tails()}
     */
    void tailsLost(List<Tail> lost);

    /**
     * The ledger's clock was read. Where it and the writer's own differ by much, or differ no more, each stream says so before its next
     * event: dates in it are the writer's, windows and expiry the ledger's.
     *
     * @param ledger what it said
     * @param age how long ago that was at most, zero or more
     */
    void ledgerTime(Instant ledger, Duration age);

    /** Identifies the writer incarnation. */
    UUID writer();

    /** The key that signs, to be stored beside the streams. */
    Key key();

    /**
     * The end of a stream.
     *
     * @param tenant whose
     * @param stream the stream
     * @param seq its last position
     * @param chain the chain value there
     */
    record Tail(String tenant, UUID stream, long seq, Digest chain) {}

    /**
     * A public key.
     *
     * @param id its id
     * @param algorithm its algorithm's name
     * @param encoded the key itself, in the algorithm's raw form
     */
    record Key(String id, String algorithm, byte[] encoded) {}
}
