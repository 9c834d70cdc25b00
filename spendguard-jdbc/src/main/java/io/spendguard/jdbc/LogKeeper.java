package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.ledger.internal.PeriodicThread;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import io.spendguard.proof.SigningException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the evidence log without anybody asking: takes new events up, and signs a checkpoint over them where it has a signer.
 * Decisions never wait for it. Each of the two is done by one process at a time, the holder of a lease; a second one that
 * believes to hold it does no harm, because a tree's row is locked while it grows.
 *
 * <p>The two have a thread each, so that events are taken up while the signer is away. What could not be signed is part of the
 * next checkpoint. A tenant whose evidence is faulty is left out of both and named in the log, and no other is held up.
 *
 * <p>Safe for any number of threads.
 */
public final class LogKeeper implements AutoCloseable {
    /** Longer than a round takes; after a process died another one goes on within this time. */
    static final Duration LEASE = Duration.ofSeconds(30);
    /** From one failure to sign to the next attempt, or {@link LogKeeping#checkpointEvery} where that is shorter. */
    static final Duration RETRY = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(LogKeeper.class);

    private final LogDatabase database;
    private final LogForwarder forwarder;
    private final LogCheckpoints checkpoints;
    private final LogKeeping keeping;
    private final Clock clock;
    private final UUID self;
    private final PeriodicThread forwarding;
    private final @Nullable PeriodicThread signing;
    /** Of the forwarding thread alone, as the next. */
    private List<String> known = List.of();

    private boolean isAway;
    private volatile boolean isClosing;
    private Instant lastSigned;
    private @Nullable Instant failedAt;

    private LogKeeper(DataSource dataSource, LogKeeping keeping, Clock clock, IdSource ids) {
        this.database = new LogDatabase(dataSource, "spendguard_log");
        this.forwarder = new LogForwarder(database);
        this.checkpoints = new LogCheckpoints(database);
        this.keeping = keeping;
        this.clock = clock;
        this.self = ids.next();
        this.lastSigned = clock.instant();
        this.forwarding = new PeriodicThread("spendguard-log-forwarder", keeping.forwardEvery(), this::forwardQuietly);
        this.signing = keeping.signer() == null
                ? null
                : new PeriodicThread("spendguard-log-checkpoints", keeping.forwardEvery(), this::checkpointQuietly);
    }

    /**
     * A keeper that works by itself until it is closed. Blocks for two round trips.
     *
     * @param dataSource makes a new connection on each call, as a login role to which {@code spendguard_log} was granted
     * @throws LedgerSetupException when the role may not keep the log
     * @throws IllegalArgumentException when the log has another name already
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public static LogKeeper start(DataSource dataSource, LogKeeping keeping) {
        LogKeeper keeper = of(dataSource, keeping, Clock.systemUTC(), IdSource.system());
        keeper.requireFit();
        keeper.forwarding.start();
        if (keeper.signing != null) {
            keeper.signing.start();
        }
        return keeper;
    }

    /**
     * A keeper that works only when told to, by {@link #forward} and {@link #checkpoint}.
     *
     * @param clock tells when a checkpoint is due
     * @param ids names the keeper among others
     */
    public static LogKeeper of(DataSource dataSource, LogKeeping keeping, Clock clock, IdSource ids) {
        return new LogKeeper(
                Objects.requireNonNull(dataSource, "dataSource"),
                Objects.requireNonNull(keeping, "keeping"),
                Objects.requireNonNull(clock, "clock"),
                Objects.requireNonNull(ids, "ids"));
    }

    /**
     * Takes up every new event, unless another keeper does so at this time. Blocks for a transaction for each tenant that has
     * new events.
     *
     * @throws LedgerUnavailableException when the database cannot be reached; what was taken up before stays
     */
    public Forwarded forward() {
        if (!leads("log forwarding")) {
            return new Forwarded(false, 0, List.of());
        }
        long events = 0;
        List<String> faults = new ArrayList<>();
        for (String tenant : forwarder.waiting()) {
            try {
                events += forwarder.forward(tenant);
            } catch (EvidenceException blocked) {
                faults.add(String.valueOf(blocked.getMessage()));
            }
        }
        return new Forwarded(true, events, faults);
    }

    /**
     * Signs a checkpoint if one is due: there are events taken up that none covers, and there are enough of them or they have
     * waited long enough. Empty when none is due, when another keeper signs at this time, and without a signer.
     *
     * @throws SigningException when the signer is away or refuses; nothing is lost, and the next attempt is made after ten
     *     seconds at the earliest
     * @throws EvidenceException when the last checkpoint is not a beginning of the tree
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public synchronized Optional<SignedNote> checkpoint() {
        Signer signer = keeping.signer();
        String origin = keeping.origin();
        if (signer == null || origin == null || !mayTry() || !leads("log checkpoints")) {
            return Optional.empty();
        }
        long unsigned = checkpoints.unsigned();
        boolean isDue = unsigned >= keeping.checkpointEvents()
                || (unsigned > 0 && hasPassed(lastSigned, keeping.checkpointEvery()));
        if (!isDue) {
            return Optional.empty();
        }
        try {
            SignedNote note = checkpoints.sign(origin, signer);
            lastSigned = clock.instant();
            failedAt = null;
            return Optional.of(note);
        } catch (RuntimeException failed) {
            failedAt = clock.instant();
            throw failed;
        }
    }

    /** Breaks off what is under way and waits for the threads. The signer stays open. */
    @Override
    public void close() {
        isClosing = true;
        forwarding.close();
        if (signing != null) {
            signing.close();
        }
    }

    private void requireFit() {
        database.transaction(sql -> {
            SetupCheck.requireLogKeeper(sql);
            return true;
        });
        if (keeping.origin() != null) {
            checkpoints.requireOrigin(keeping.origin());
        }
    }

    private boolean leads(String duty) {
        return database.transaction(sql -> Leadership.take(sql, duty, self, LEASE));
    }

    private boolean mayTry() {
        Duration retry = RETRY.compareTo(keeping.checkpointEvery()) < 0 ? RETRY : keeping.checkpointEvery();
        return failedAt == null || hasPassed(failedAt, retry);
    }

    /** A clock that was set back counts as well: rather too early than hours too late. */
    private boolean hasPassed(Instant since, Duration time) {
        return Duration.between(since, clock.instant()).abs().compareTo(time) >= 0;
    }

    private void forwardQuietly() {
        try {
            List<String> faults = forward().faults();
            if (!faults.equals(known)) {
                faults.forEach(LOG::warn);
                known = faults;
            }
            isAway = false;
        } catch (LedgerUnavailableException away) {
            if (isAway || isClosing) { // closing breaks off whatever is under way
                LOG.debug("Events could not be taken up into the log", away);
            } else {
                LOG.warn("Events cannot be taken up into the log now; it is tried again: {}", away.getMessage());
            }
            isAway = true;
        }
    }

    private void checkpointQuietly() {
        boolean failedBefore = isFailing();
        try {
            checkpoint().ifPresent(note -> {
                if (failedBefore) {
                    LOG.info(
                            "Checkpoints are signed again, up to {}",
                            Checkpoint.parse(note.text()).size());
                }
            });
        } catch (SigningException | EvidenceException unsigned) {
            if (failedBefore || isClosing) {
                LOG.debug("Checkpoint could not be signed", unsigned);
            } else {
                LOG.warn(
                        "Checkpoint could not be signed; events are taken up meanwhile, and it is tried again",
                        unsigned);
            }
        } catch (LedgerUnavailableException away) {
            LOG.debug("Checkpoint could not be signed now", away);
        }
    }

    private synchronized boolean isFailing() {
        return failedAt != null;
    }

    /**
     * What one round took up.
     *
     * @param leads whether this keeper did the round; another one does otherwise
     * @param events how many events were taken up
     * @param faults what is wrong with the evidence of tenants that were left out, one message each
     */
    public record Forwarded(boolean leads, long events, List<String> faults) {
        /** Copies the list. */
        public Forwarded {
            faults = List.copyOf(faults);
        }
    }
}
