package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.model.LedgerUnavailableException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
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
 * budget everybody asks for batches too. Callers are told after the commit, never before. When the connection
 * breaks while a commit is under way, nothing else is done until its outcome is known.
 *
 * <p>Of one another's faults operations of a batch see no more than a delay: what the database refuses is found by halving
 * the batch, what is locked by others waits in the {@link SideLane}, and what its own planner refuses leaves the batch.
 *
 * <p>Here is who comes next, and what is tried again when. {@link BatchPoster} tries a batch once, {@link OutcomeFence} tells
 * what became of a lost answer, and {@link WriterLink} holds the connection.
 */
final class Writer implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
    private static final int MOST_OPERATIONS = 256;
    /** How often a writer says that it is alive: several times within what others take for its death. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    /** So often a batch is looked at anew because what it saw is not so any more; then somebody in it is at fault. */
    private static final int MOST_OUTDATED_LOOKS = 3;

    private final UUID self;
    private final OperationQueue queue;
    private final SideLane lane = new SideLane();
    private final WriterLink link;
    private final BatchPoster poster;
    private final StreamClosing closing;

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
        this.queue = queue;
        EventSealer sealer = host.newSealer();
        self = sealer.writer();
        link = new WriterLink(dataSource, options, host, sealer, heartbeat);
        OutcomeFence outcomes = new OutcomeFence(link, sealer, queue);
        poster = new BatchPoster(link, sealer, host, outcomes, options.lockTimeout());
        closing = new StreamClosing(link, sealer, outcomes, queue);
    }

    @Override
    public void run() {
        try {
            Gathering awaited = Gathering.NONE;
            while (!queue.isExhausted() || !lane.isEmpty()) {
                List<Waiting> batch = queue.take(
                        MOST_OPERATIONS, Math.min(lane.nanosToNextLook(), link.nanosToNextHeartbeat()), awaited);
                long begun = System.nanoTime();
                if (batch.isEmpty() && queue.isClosed() && !lane.isEmpty()) {
                    queue.pause(lane.nanosToNextLook());
                }
                execute(lane.divert(batch));
                awaited = Gathering.after(batch.size(), System.nanoTime() - begun);
                visitLane();
                if (!queue.isClosed()) {
                    link.sayAliveIfDue();
                }
            }
            closing.run();
        } finally {
            link.disconnect();
        }
    }

    /** Identifies this incarnation among the store's writers. */
    UUID self() {
        return self;
    }

    /**
     * Connects now if it is not connected: to be called before the thread is started, if at all.
     *
     * @throws SQLException when the database cannot be reached
     * @throws LedgerSetupException when it is not fit
     */
    void connect() throws SQLException {
        link.connected();
    }

    /** Breaks off whatever the writer is waiting for. Called from other threads. */
    void disconnect() {
        link.disconnect();
    }

    private void visitLane() {
        lane.expired().forEach(waiting -> waiting.fail(OperationFailures.locked(waiting)));
        if (queue.isTimeUp()) {
            lane.all().forEach(waiting -> waiting.fail(OperationFailures.locked(waiting)));
        }
        if (lane.isEmpty() || lane.nanosToNextLook() > 0) {
            return;
        }
        try {
            execute(lane.released(link.connected().sql()));
        } catch (SQLException | DataAccessException | LedgerSetupException e) {
            LOG.debug("Locked rows could not be looked at", e);
            link.disconnect();
            new Backoff(queue).pause();
        }
    }

    private void execute(List<Waiting> batch) {
        List<Waiting> left = batch;
        boolean looks = poster.shouldLookFirst();
        boolean isFirst = true;
        int unexplained = 0;
        int outdated = 0;
        Backoff backoff = new Backoff(queue);
        Exception last = null;
        for (left = withoutExpired(left, last); !left.isEmpty(); left = withoutExpired(left, last)) {
            if (queue.isTimeUp() && !(isFirst && link.isConnected())) {
                fail(left, last);
                return;
            }
            isFirst = false;
            boolean assumes = !looks && AssumedPath.isOpenTo(left);
            try {
                left = assumes ? poster.assumed(left) : poster.ordered(left);
            } catch (SQLException e) {
                last = e;
                queue.failExpired();
                switch (SqlFailure.of(e)) {
                    case RETRY, POSITION_TAKEN -> {
                        // Once more, at once.
                    }
                    case OBJECTION -> {
                        if (!assumes && (!isOutdated(e) || ++outdated > MOST_OUTDATED_LOOKS)) {
                            halve(left, OperationFailures.refused(left.get(0), e));
                            return;
                        }
                        if (outdated > 1) {
                            backoff.pause(Patience.longestNanos(left));
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
                        link.disconnect();
                        backoff.pause(Patience.longestNanos(left));
                    }
                    case UNAVAILABLE -> {
                        fail(left, last);
                        return;
                    }
                    case REFUSED -> {
                        halve(left, OperationFailures.refused(left.get(0), e));
                        return;
                    }
                }
            } catch (LedgerSetupException e) {
                last = e;
                backoff.pause(Patience.longestNanos(left));
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
                waiting.fail(OperationFailures.notExecuted(waiting, reason));
            } else {
                left.add(waiting);
            }
        }
        return left;
    }

    private List<Waiting> withoutHeld(List<Waiting> batch) {
        try {
            return lane.divertHeld(link.connected().sql(), batch);
        } catch (SQLException | DataAccessException | LedgerSetupException e) {
            LOG.debug("Locked rows could not be looked for", e);
            link.disconnect();
            return batch;
        }
    }

    /** Between the look and the write a window ended, or a limit changed that reached all but our accounts: a new look finds it. */
    private static boolean isOutdated(SQLException failure) {
        return "SG003".equals(failure.getSQLState()) || "SG006".equals(failure.getSQLState());
    }

    private static void fail(List<Waiting> batch, @Nullable Exception reason) {
        batch.forEach(waiting -> waiting.fail(OperationFailures.notExecuted(waiting, reason)));
    }
}
