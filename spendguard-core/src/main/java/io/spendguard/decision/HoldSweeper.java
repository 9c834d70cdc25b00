package io.spendguard.decision;

import io.spendguard.ledger.ExpiredHolds;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Sweep;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends holds that nobody settled in time. Of all sweepers of one ledger one leads; a second one that believes to lead does no
 * harm, because each hold is judged once more under its lock.
 *
 * <p>A sweep goes through the overdue holds in pages, each of which the ledger's writer carries out as few batches, and
 * past those that fail: one bad row delays nobody. What is left after {@value #MOST_PAGES} pages is where the next sweep begins, so
 * that any number of bad rows delay nobody either.
 *
 * <p>Afterwards it carries changed limits to the accounts that are still without them, and closes the evidence streams of writers that died, of whom nothing was heard for a bound.
 */
final class HoldSweeper {
    /** Longer than a sweep's page takes, shorter than anybody minds waiting for a hold of a dead process. */
    static final Duration LEASE = Duration.ofSeconds(30);

    /** Longer than any pause of a healthy process. */
    static final Duration DEFAULT_SILENCE = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(HoldSweeper.class);
    private static final int PAGE = 128;
    private static final int MOST_PAGES = 32;

    private final Ledger ledger;
    private final LedgerSession session;
    private final IdSource ids;
    private final Duration patience;
    private final LimitCarrier limits;
    private final UUID self;
    private final int page;
    private final int mostPages;
    private volatile Duration silence = DEFAULT_SILENCE;
    /** The last hold the sweep before saw when it was cut off; null when it saw all. */
    private volatile @Nullable Reservation last;

    HoldSweeper(Ledger ledger, LedgerSession session, IdSource ids, Duration patience) {
        this(ledger, session, ids, patience, PAGE, MOST_PAGES);
    }

    /** As above, for so many holds in a page and so many pages in a sweep. */
    HoldSweeper(Ledger ledger, LedgerSession session, IdSource ids, Duration patience, int page, int mostPages) {
        this.page = page;
        this.mostPages = mostPages;
        this.ledger = ledger;
        this.session = session;
        this.ids = ids;
        this.patience = patience;
        this.limits = new LimitCarrier(ledger, new LedgerCalls(session, patience), ids);
        this.self = ids.next();
    }

    /** A writer that was silent for so long counts as dead from now on. */
    void deadAfter(Duration value) {
        this.silence = value;
    }

    /**
     * Ends what is overdue now, carries limits, and closes the streams of dead writers. Blocks for one read and a few transactions for
     * each page.
     *
     * @throws LedgerUnavailableException when the ledger cannot be reached; holds ended before stay so
     */
    Sweep sweep() {
        Sweep holds = endHolds();
        if (!holds.leads()) {
            return holds;
        }
        int carried = limits.carry();
        int closed = session.closeDeadStreams(silence);
        return new Sweep(true, holds.expired(), holds.settledMeanwhile(), holds.failed(), closed, carried);
    }

    private Sweep endHolds() {
        Tally tally = new Tally();
        Reservation after = last;
        for (int pages = 0; pages < mostPages; pages++) {
            ExpiredHolds overdue = ledger.expired(self, LEASE, page, after);
            if (overdue.leads() && overdue.holds().isEmpty() && after != null && pages == 0) {
                after = null;
                overdue = ledger.expired(self, LEASE, page, null); // all were seen: from the beginning again
            }
            if (!overdue.leads() || overdue.holds().isEmpty()) {
                last = null;
                return tally.result(overdue.leads());
            }
            expire(overdue, tally);
            after = overdue.holds().get(overdue.holds().size() - 1);
        }
        last = after;
        LOG.info("More than {} holds are overdue; the next sweep goes on with the rest", page * mostPages);
        return tally.result(true);
    }

    private void expire(ExpiredHolds overdue, Tally tally) {
        Map<Reservation, CompletableFuture<PostResult>> underWay = new LinkedHashMap<>();
        overdue.holds().forEach(hold -> underWay.put(hold, session.submit(new ExpireOperation(hold, ids), patience)));
        underWay.forEach((hold, result) -> {
            try {
                if (result.get(patience.toNanos(), TimeUnit.NANOSECONDS) instanceof PostResult.Written) {
                    tally.expired++;
                } else {
                    tally.settledMeanwhile++;
                }
            } catch (ExecutionException e) {
                count(hold, e.getCause(), tally);
            } catch (TimeoutException e) {
                throw new LedgerUnavailableException(
                        "Ledger did not answer EXPIRE '" + hold.id() + "' within " + patience
                                + ". The next sweep tries again.",
                        e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LedgerUnavailableException(
                        "Thread was interrupted while it waited for the expiry of hold " + hold.id()
                                + ". The next sweep tries again.",
                        e);
            }
        });
    }

    private static void count(Reservation hold, @Nullable Throwable failure, Tally tally) {
        if (failure instanceof LedgerUnavailableException away) {
            throw away;
        }
        if (failure instanceof SettlementConflictException || failure instanceof NotOverdueException) {
            tally.settledMeanwhile++;
            return;
        }
        tally.failed++;
        LOG.warn(
                "Hold of decision {} of tenant '{}' is overdue since {} and cannot be ended; the next sweep tries again",
                hold.id(),
                hold.tenant(),
                hold.expiresAt(),
                failure);
    }

    private static final class Tally {
        private int expired;
        private int settledMeanwhile;
        private int failed;

        private Sweep result(boolean leads) {
            return new Sweep(leads, expired, settledMeanwhile, failed);
        }
    }
}
