package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.SIGNING_KEY;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Period;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out operations in batches, on a connection of its own: it takes what is there, and what comes meanwhile is the next
 * batch.
 *
 * <p>A batch whose operations all know what to post is one statement in autocommit. Whatever stands against it, nothing was
 * written, and the ordered path runs for the batch; after a shortage it runs for the next few at once, so that an empty
 * budget everybody asks for batches too. Callers are told after the commit, never before. Every batch of events that is
 * sealed ends in exactly one of four ways before the next is sealed: committed, abandoned (rolled back),
 * fenced (another event took its position) or lost (the session ends before anybody could tell). When the connection
 * breaks while a commit is under way, nothing else is done until its outcome is known.
 *
 * <p>Of one another's faults operations of a batch see no more than a delay: what the database refuses is found by halving
 * the batch, what is locked by others waits in the {@link SideLane}, and what its own planner refuses leaves the batch.
 */
final class Writer implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
    private static final int MOST_OPERATIONS = 256;
    /** Batches that look first, after one in which somebody came away with less than assumed. */
    private static final int LOOKING_BATCHES = 4;

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** How often a writer says that it is alive: several times within what others take for its death. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    /** A writer that was silent for longer was not heard without a break. */
    private static final Duration BREAK = Duration.ofSeconds(30);

    private static final int CLOSING_STATEMENT_MILLIS = 2_000;
    private static final int FENCE_LOCK_WAIT_MILLIS = 1_000;
    /** However little time one caller has left, the others of its batch are not to fail for it. */
    private static final int SHORTEST_LOCK_WAIT_MILLIS = 20;

    private final DataSource dataSource;
    private final PostgresLedger.Options options;
    private final LedgerHost host;
    private final EventSealer sealer;
    private final OperationQueue queue;
    private final SideLane lane = new SideLane();
    private final UUID self;
    private final Duration heartbeat;
    private int lookingBatches;
    private long lostTails;
    private long nextHeartbeatNanos;
    /** Whether streams were given up that others still take for this writer's. */
    private boolean hasGivenUp;

    private volatile @Nullable WriterConnection connection;
    /** Meaningful once the queue is closed. */
    private volatile long endsAtNanos;

    Writer(DataSource dataSource, PostgresLedger.Options options, LedgerHost host, OperationQueue queue) {
        this(dataSource, options, host, queue, HEARTBEAT);
    }

    /** As above, saying so often that it is alive. */
    Writer(
            DataSource dataSource,
            PostgresLedger.Options options,
            LedgerHost host,
            OperationQueue queue,
            Duration heartbeat) {
        this.dataSource = dataSource;
        this.options = options;
        this.host = host;
        this.sealer = host.newSealer();
        this.self = sealer.writer();
        this.heartbeat = heartbeat;
        this.queue = queue;
    }

    @Override
    public void run() {
        try {
            while (!queue.isExhausted() || !lane.isEmpty()) {
                List<Waiting> batch =
                        queue.take(MOST_OPERATIONS, Math.min(lane.nanosToNextLook(), nanosToNextHeartbeat()));
                if (batch.isEmpty() && queue.isClosed() && !lane.isEmpty()) {
                    queue.pause(lane.nanosToNextLook());
                }
                execute(lane.divert(batch));
                visitLane();
                sayAliveIfDue();
            }
            closeStreams();
        } finally {
            disconnect();
        }
    }

    /** Identifies this incarnation among the store's writers. */
    UUID self() {
        return self;
    }

    /** The connection, made now if there is none. */
    WriterConnection connected() throws SQLException {
        WriterConnection current = connection;
        if (current == null) {
            current = WriterConnection.open(dataSource, self, options);
            connection = current;
            registerKey(current);
            lookForLostTails(current);
            sayAlive(current);
        }
        return current;
    }

    /** One statement in ten seconds, between batches, also when nothing else is to be written. */
    private void sayAliveIfDue() {
        if ((nanosToNextHeartbeat() > 0 && !hasGivenUp) || queue.isClosed()) {
            return;
        }
        try {
            sayAlive(connected());
        } catch (SQLException | LedgerSetupException e) {
            LOG.debug("Ledger was not told that its writer is alive", e);
            nextHeartbeatNanos = System.nanoTime() + heartbeat.toNanos();
        }
    }

    private void sayAlive(WriterConnection to) throws SQLException {
        try {
            to.sayAlive(self, BREAK);
            if (hasGivenUp) {
                to.letGoOfAllBut(self, sealer.tails());
                hasGivenUp = false;
            }
            nextHeartbeatNanos = System.nanoTime() + heartbeat.toNanos();
        } catch (SQLException e) {
            disconnect();
            throw e;
        }
    }

    private long nanosToNextHeartbeat() {
        return nextHeartbeatNanos - System.nanoTime();
    }

    /** Whatever the last batch touched is not this writer's any more. */
    private void giveUp() {
        sealer.lost();
        hasGivenUp = true;
    }

    /** What was durable must still be there: a database that was set back has forgotten what callers were told. */
    private void lookForLostTails(WriterConnection to) throws SQLException {
        List<EventSealer.Tail> tails = sealer.tails();
        List<EventSealer.Tail> lost;
        try {
            lost = tails.isEmpty() ? List.of() : to.missing(tails);
        } catch (SQLException e) {
            disconnect();
            throw e;
        }
        if (!lost.isEmpty()) {
            LOG.error(
                    "TAIL_LOST: the ledger lacks the last events of streams {}, which it had acknowledged: it was set back,"
                            + " and spend after that point is forgotten. Find out to when, and replay what the providers billed",
                    lost);
            sealer.tailsLost(lost);
            hasGivenUp = true;
            host.tailsLost(lost.size());
            lostTails += lost.size();
        }
    }

    /** When to stop trying, once the queue is closed. */
    void endAt(long nanos) {
        endsAtNanos = nanos;
    }

    /** Breaks off whatever the writer is waiting for. Called from other threads. */
    void disconnect() {
        WriterConnection current = connection;
        if (current != null) {
            connection = null;
            current.abort();
        }
    }

    private void visitLane() {
        lane.expired().forEach(waiting -> waiting.fail(locked(waiting)));
        if (mustEnd()) {
            lane.all().forEach(waiting -> waiting.fail(locked(waiting)));
        }
        if (lane.isEmpty() || lane.nanosToNextLook() > 0) {
            return;
        }
        try {
            execute(lane.released(connected().sql()));
        } catch (SQLException | DataAccessException | LedgerSetupException e) {
            LOG.debug("Locked rows could not be looked at", e);
            disconnect();
            queue.pause(FIRST_PAUSE_NANOS);
        }
    }

    private void execute(List<Waiting> batch) {
        List<Waiting> left = batch;
        boolean looks = lookingBatches > 0;
        boolean isFirst = true;
        int unexplained = 0;
        long pauseNanos = FIRST_PAUSE_NANOS;
        Exception last = null;
        for (left = withoutExpired(left, last); !left.isEmpty(); left = withoutExpired(left, last)) {
            if (mustEnd() && !(isFirst && connection != null)) {
                fail(left, last);
                return;
            }
            isFirst = false;
            boolean assumes = !looks && canBeAssumed(left);
            try {
                WriterConnection to = connected();
                left = assumes ? assumed(to, left) : ordered(to, left);
            } catch (SQLException e) {
                last = e;
                queue.failExpired();
                switch (SqlFailure.of(e)) {
                    case RETRY, POSITION_TAKEN -> {
                        // Once more, at once.
                    }
                    case OBJECTION -> {
                        if (!assumes && !isLate(e)) {
                            halve(left, refusal(left.get(0), e));
                            return;
                        }
                        looks = true;
                    }
                    case LOCKED -> {
                        List<Waiting> others = withoutHeld(left);
                        if (others.size() == left.size() && ++unexplained > 1) {
                            if (left.size() == 1) {
                                lane.park(left.get(0));
                                return;
                            }
                            halve(left, e);
                            return;
                        }
                        left = others;
                    }
                    case CONNECTION_LOST -> {
                        disconnect();
                        pauseNanos = pause(pauseNanos, longestNanosLeft(left));
                    }
                    case UNAVAILABLE -> {
                        fail(left, last);
                        return;
                    }
                    case REFUSED -> {
                        halve(left, refusal(left.get(0), e));
                        return;
                    }
                }
            } catch (LedgerSetupException e) {
                last = e;
                pauseNanos = pause(pauseNanos, longestNanosLeft(left));
            } catch (LedgerUnavailableException e) {
                left.forEach(waiting -> waiting.fail(e));
                return;
            } catch (RuntimeException | Error e) {
                halve(left, e);
                return;
            }
        }
    }

    /** Does each half on its own; what stands alone and is at fault fails. */
    private void halve(List<Waiting> batch, Throwable fault) {
        if (batch.size() == 1) {
            batch.get(0).fail(fault);
            return;
        }
        int middle = batch.size() / 2;
        execute(batch.subList(0, middle));
        execute(batch.subList(middle, batch.size()));
    }

    private List<Waiting> withoutExpired(List<Waiting> batch, @Nullable Exception reason) {
        List<Waiting> left = new ArrayList<>(batch.size());
        for (Waiting waiting : batch) {
            if (waiting.isExpired()) {
                waiting.fail(notExecuted(waiting, reason));
            } else {
                left.add(waiting);
            }
        }
        return left;
    }

    private List<Waiting> withoutHeld(List<Waiting> batch) {
        try {
            return lane.divertHeld(connected().sql(), batch);
        } catch (SQLException | DataAccessException | LedgerSetupException e) {
            LOG.debug("Locked rows could not be looked for", e);
            disconnect();
            return batch;
        }
    }

    /** Tells whether the postings made beforehand may be tried as one: each is there and none contradicts another. */
    private static boolean canBeAssumed(List<Waiting> batch) {
        Period shared = Period.ALWAYS;
        Set<RunKey> stopped = new HashSet<>();
        for (Waiting waiting : batch) {
            LedgerOperation operation = waiting.operation();
            Posting posting = operation.assumed().orElse(null);
            if (posting == null || !operation.limits().isEmpty()) {
                return false;
            }
            if (!shared.from().isBefore(posting.validIn().until())
                    || !posting.validIn().from().isBefore(shared.until())) {
                return false;
            }
            shared = shared.intersect(posting.validIn());
            Posting.RunChange run = posting.run();
            if (run != null) {
                RunKey key = RunKey.of(operation, run.run());
                if (stopped.contains(key)) {
                    return false;
                }
                if (run.stoppedBy() != null) {
                    stopped.add(key);
                }
            }
        }
        return true;
    }

    /**
     * Tries the postings that were made without looking: one round trip. What gives comes before what takes, so that the
     * batch is right in the order it is written in.
     *
     * @return what is left to do: nothing, or all when the connection broke and it is proved that nothing was written
     */
    private List<Waiting> assumed(WriterConnection to, List<Waiting> batch) throws SQLException {
        List<Write> writes = new ArrayList<>(batch.size());
        for (Waiting waiting : batch) {
            Posting posting = waiting.operation().assumed().orElseThrow();
            writes.add(new Write(waiting, new Planned.Writes(List.of(), posting, false)));
        }
        writes.sort(Comparator.comparing(write -> takes(write.plan().posting())));
        List<SealedEvent> sealed = sealer.seal(drafts(writes));
        return commit(writes, sealed, () -> {
            to.limitSilence(longestMillisLeft(batch));
            call(writes, sealed).execute(to.jdbc(), false, lockTimeoutMillis(batch));
        });
    }

    private static boolean takes(Posting posting) {
        return posting.settles() == null;
    }

    private List<Waiting> ordered(WriterConnection to, List<Waiting> batch) throws SQLException {
        to.limitSilence(longestMillisLeft(batch));
        to.jdbc().setAutoCommit(false);
        try {
            List<LedgerOperation> operations =
                    batch.stream().map(Waiting::operation).toList();
            OrderedPath path = new OrderedPath(to.sql(), operations, host);
            path.limitWaits(lockTimeoutMillis(batch), longestMillisLeft(batch));
            List<Planned> plans = path.plan();
            List<Write> writes = new ArrayList<>(batch.size());
            boolean mayCommit = true;
            for (int i = 0; i < plans.size(); i++) {
                Waiting waiting = batch.get(i);
                Planned plan = plans.get(i);
                if (plan instanceof Planned.Writes written) {
                    writes.add(new Write(waiting, written));
                } else if (plan instanceof Planned.Known known) {
                    waiting.future().complete(new PostResult.Replayed(known.answer()));
                } else if (plan instanceof Planned.Refused refused) {
                    waiting.fail(refused.reason());
                } else if (plan instanceof Planned.Failed failed) {
                    waiting.fail(failed.reason());
                    mayCommit = false;
                }
            }
            List<Waiting> left = writes.stream().map(Write::waiting).toList();
            if (left.isEmpty() || !mayCommit) {
                return left;
            }
            List<SealedEvent> sealed = sealer.seal(drafts(writes));
            write(to, writes, sealed);
            left = commit(writes, sealed, to.jdbc()::commit);
            boolean isShort = writes.stream().anyMatch(write -> write.plan().isPlannedAnew());
            lookingBatches = isShort ? LOOKING_BATCHES : Math.max(0, lookingBatches - 1);
            return left;
        } catch (DataAccessException e) {
            throw Jooq.driverFailure(e);
        } finally {
            endTransaction(to);
        }
    }

    /** Without a commit: whatever happens here, nothing became durable. */
    private void write(WriterConnection to, List<Write> writes, List<SealedEvent> sealed) throws SQLException {
        try {
            call(writes, sealed)
                    .execute(
                            to.jdbc(),
                            true,
                            lockTimeoutMillis(
                                    writes.stream().map(Write::waiting).toList()));
        } catch (SQLException | RuntimeException e) {
            forget(e);
            throw e;
        }
    }

    private static PostCall call(List<Write> writes, List<SealedEvent> sealed) {
        PostCall call = new PostCall();
        for (Write write : writes) {
            LedgerOperation operation = write.waiting().operation();
            write.plan().openings().forEach(opening -> call.opening(operation, opening));
            call.operation(operation, write.plan().posting());
        }
        return call.events(sealed);
    }

    private static List<EventDraft> drafts(List<Write> writes) {
        return writes.stream()
                .flatMap(write -> Stream.concat(
                        write.plan().openings().stream(), Stream.of(write.plan().posting())))
                .map(Posting::event)
                .toList();
    }

    /**
     * Makes a sealed batch durable, tells the sealer what became of it, and then the callers.
     *
     * @return what is left to do: nothing, or all when the connection broke and it is proved that nothing was written
     */
    private List<Waiting> commit(List<Write> writes, List<SealedEvent> sealed, SqlAction action) throws SQLException {
        try {
            action.run();
        } catch (SQLException e) {
            if (SqlFailure.of(e) != SqlFailure.CONNECTION_LOST) {
                forget(e);
                throw e;
            }
            if (!becameDurable(sealed, e)) {
                return writes.stream().map(Write::waiting).toList();
            }
        } catch (RuntimeException e) {
            forget(e);
            throw e;
        }
        sealer.committed();
        Map<UUID, SealedEvent> places = new HashMap<>();
        sealed.forEach(event -> places.put(event.draft().id(), event));
        for (Write write : writes) {
            Posting posting = write.plan().posting();
            SealedEvent event =
                    Objects.requireNonNull(places.get(posting.event().id()));
            write.waiting().future().complete(new PostResult.Written(posting, event));
        }
        return List.of();
    }

    /**
     * Finds out what became of the sealed batch whose answer was lost, with a fence at its first position: the server lets one
     * of the two become durable. Blocks, also beyond anybody's patience, until that is known; a transaction still under way
     * on the lost connection makes the fence wait, and the server ends it in bounded time. Afterwards the sealer knows
     * that the batch is fenced off, or is still to be told that it is durable. Where the ledger was set back meanwhile, the
     * batch is as little there as what came before it; and where another writer took this one for dead and closed its stream there, the
     * batch never will be.
     */
    private boolean becameDurable(List<SealedEvent> batch, SQLException reason) {
        disconnect();
        List<SealedEvent> fence = List.of();
        long lostBefore = lostTails;
        long pauseNanos = FIRST_PAUSE_NANOS;
        while (!mustEnd()) {
            try {
                if (fence.isEmpty()) {
                    fence = sealer.sealFence();
                }
                WriterConnection to = connected();
                if (lostTails > lostBefore) {
                    // A fence would stand in another history. Whatever is tried again has the same keys: it is there
                    // once.
                    giveUp();
                    return false;
                }
                UUID there = inPlaceOf(to, fence);
                if (there.equals(fence.get(0).draft().id())) {
                    sealer.fenced();
                    return false;
                }
                if (batch.stream().anyMatch(event -> event.draft().id().equals(there))) {
                    return true;
                }
                giveUp();
                return false;
            } catch (LedgerUnavailableException unsigned) {
                LOG.debug("Outcome of a commit is still unknown, no fence can be signed", unsigned);
            } catch (SQLException | LedgerSetupException e) {
                LOG.debug("Outcome of a commit is still unknown", e);
                if (!(e instanceof SQLException failure) || SqlFailure.of(failure) != SqlFailure.LOCKED) {
                    disconnect();
                }
            }
            pauseNanos = pause(pauseNanos, LAST_PAUSE_NANOS);
        }
        sealer.lost();
        throw new LedgerUnavailableException(
                "Ledger session ended while the outcome of its last commit was unknown: it may or may not be written. Ask"
                        + " again with the same key.",
                reason);
    }

    /** The id of what stands where the fence was to be put: the fence, now or since an attempt before, the batch, or another. */
    private static UUID inPlaceOf(WriterConnection to, List<SealedEvent> fence) throws SQLException {
        to.limitSilence(FENCE_LOCK_WAIT_MILLIS);
        SealedEvent wanted = fence.get(0);
        try {
            new PostCall().events(fence).execute(to.jdbc(), true, FENCE_LOCK_WAIT_MILLIS);
            return wanted.draft().id();
        } catch (SQLException e) {
            if (SqlFailure.of(e) == SqlFailure.POSITION_TAKEN) {
                return to.eventInPlaceOf(wanted).orElseThrow(() -> e);
            }
            throw e;
        }
    }

    private void forget(Exception reason) {
        if (reason instanceof SQLException e && SqlFailure.of(e) == SqlFailure.POSITION_TAKEN) {
            giveUp();
        } else {
            sealer.abandoned();
        }
    }

    private void endTransaction(WriterConnection of) {
        if (of != connection) {
            return; // lost, and replaced or let go of already
        }
        try {
            Connection jdbc = of.jdbc();
            jdbc.rollback(); // without effect after a commit
            jdbc.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debug("Connection broke while a transaction was rolled back", e);
            disconnect();
        }
    }

    private void closeStreams() {
        Exception last = null;
        long pauseNanos = FIRST_PAUSE_NANOS;
        List<SealedEvent> closing;
        try {
            closing = sealer.sealClosing();
        } catch (LedgerUnavailableException unsigned) {
            LOG.warn("Ledger streams stay open", unsigned);
            return;
        }
        do {
            if (closing.isEmpty()) {
                sealer.committed();
                return;
            }
            try {
                long lostBefore = lostTails;
                WriterConnection to = connected();
                if (lostTails > lostBefore) {
                    sealer.abandoned();
                    closing = sealer.sealClosing(); // of the streams that are left, and what states the loss
                }
                to.limitSilence(CLOSING_STATEMENT_MILLIS);
                new PostCall().events(closing).execute(to.jdbc(), true, CLOSING_STATEMENT_MILLIS);
                sealer.committed();
                return;
            } catch (SQLException e) {
                last = e;
                switch (SqlFailure.of(e)) {
                    case RETRY, LOCKED -> {
                        // Once more, at once.
                    }
                    case CONNECTION_LOST -> {
                        if (connection == null) {
                            break; // it could not be made: nothing was sent
                        }
                        try {
                            if (becameDurable(closing, e)) {
                                sealer.committed();
                                return;
                            }
                            closing = sealer.sealClosing(); // after the fence
                        } catch (LedgerUnavailableException unknown) {
                            LOG.warn("Ledger streams may lack their last events", unknown);
                            return;
                        }
                    }
                    default -> endsAtNanos = System.nanoTime();
                }
            } catch (LedgerSetupException e) {
                last = e;
            } catch (LedgerUnavailableException unsigned) {
                LOG.warn("Ledger streams stay open", unsigned);
                return;
            }
            pauseNanos = pause(pauseNanos, LAST_PAUSE_NANOS);
        } while (!mustEnd());
        sealer.lost();
        LOG.warn(
                "Ledger streams {} stay open, without their last events: the database could not be written to. They"
                        + " verify as OPEN until a sweep closes them.",
                closing.stream().map(SealedEvent::stream).toList(),
                last);
    }

    private void registerKey(WriterConnection to) throws SQLException {
        EventSealer.Key key = sealer.key();
        try {
            to.sql()
                    .insertInto(SIGNING_KEY, SIGNING_KEY.KEY_ID, SIGNING_KEY.ALGORITHM, SIGNING_KEY.ENCODED)
                    .values(key.id(), key.algorithm(), key.encoded())
                    .onConflictDoNothing()
                    .execute();
        } catch (DataAccessException e) {
            disconnect();
            throw Jooq.driverFailure(e);
        }
    }

    /** Waits, and returns how long to wait the next time. */
    private long pause(long nanos, long atMostNanos) {
        queue.pause(Math.min(nanos, Math.max(1, atMostNanos)));
        return Math.min(2 * nanos, LAST_PAUSE_NANOS);
    }

    private boolean mustEnd() {
        return queue.isClosed() && System.nanoTime() - endsAtNanos >= 0;
    }

    private int lockTimeoutMillis(List<Waiting> batch) {
        int shortest = batch.stream().mapToInt(Waiting::millisLeft).min().orElse(1);
        return (int) Math.min(
                options.lockTimeout().toMillis(),
                Math.max(Math.min(SHORTEST_LOCK_WAIT_MILLIS, longestMillisLeft(batch)), shortest));
    }

    private static int longestMillisLeft(List<Waiting> batch) {
        return batch.stream().mapToInt(Waiting::millisLeft).max().orElse(1);
    }

    private static long longestNanosLeft(List<Waiting> batch) {
        return batch.stream().mapToLong(Waiting::nanosLeft).max().orElse(1);
    }

    /** The window ended between the look at the clock and the write: a new look finds the next window. */
    private static boolean isLate(SQLException failure) {
        return "SG003".equals(failure.getSQLState());
    }

    private static void fail(List<Waiting> batch, @Nullable Exception reason) {
        batch.forEach(waiting -> waiting.fail(notExecuted(waiting, reason)));
    }

    private static IllegalStateException refusal(Waiting waiting, SQLException reason) {
        return new IllegalStateException(
                "Ledger refused operation " + waiting.name() + ": " + SqlFailure.firstLine(reason)
                        + " Nothing was written. Correct the operation.",
                reason);
    }

    private static LedgerUnavailableException notExecuted(Waiting waiting, @Nullable Exception reason) {
        if (reason == null) {
            return new LedgerUnavailableException(
                    "Operation " + waiting.name() + " was not executed: nobody waits for it any more. Try again.");
        }
        SqlFailure failure = reason instanceof SQLException sql ? SqlFailure.of(sql) : SqlFailure.CONNECTION_LOST;
        if (failure == SqlFailure.LOCKED || failure == SqlFailure.RETRY) {
            return locked(waiting);
        }
        return new LedgerUnavailableException(
                "Operation " + waiting.name() + " was not executed: " + SqlFailure.firstLine(reason)
                        + " Check the database, then try again.",
                reason);
    }

    private static LedgerUnavailableException locked(Waiting waiting) {
        return new LedgerUnavailableException("Operation " + waiting.name()
                + " was not executed: other transactions held the rows it needs for as long as anybody waited. Try again;"
                + " look for transactions left open on the ledger's tables.");
    }

    /** An operation and what is written for it. */
    private record Write(Waiting waiting, Planned.Writes plan) {}

    /** Something the driver may fail at. */
    private interface SqlAction {
        void run() throws SQLException;
    }
}
