package io.spendguard.decision;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.StreamEnd;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.SigningException;
import io.spendguard.proof.VerificationKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lends the ledger's writer the evidence layer's streams, translating between the two layers' events. */
final class WriterHost implements LedgerHost {
    private static final Logger LOG = LoggerFactory.getLogger(WriterHost.class);

    private final Supplier<StreamSealer> sealers;
    private final IdSource ids;
    private final @Nullable Supplier<Postings> postings;
    private final Runnable whenSetBack;
    private final AtomicLong lostTails = new AtomicLong();

    /**
     * Takes what begins the streams of one more writer, what words the events of the contract then in force, and what to do when the
     * ledger was set back.
     */
    WriterHost(Supplier<StreamSealer> sealers, IdSource ids, Supplier<Postings> postings, Runnable whenSetBack) {
        this.sealers = sealers;
        this.ids = ids;
        this.postings = postings;
        this.whenSetBack = whenSetBack;
    }

    /** As above, for operations without a contract, which are done to accounts that are open. */
    WriterHost(Supplier<StreamSealer> sealers, IdSource ids) {
        this.sealers = sealers;
        this.ids = ids;
        this.postings = null;
        this.whenSetBack = () -> {};
    }

    @Override
    public EventSealer newSealer() {
        return new Sealer(sealers.get());
    }

    @Override
    public void tailsLost(int streams) {
        lostTails.addAndGet(streams);
        whenSetBack.run();
    }

    /** How many streams' tails the ledger has lost since. */
    long lostTails() {
        return lostTails.get();
    }

    @Override
    public Posting opening(Account account, long limit, Instant now) {
        if (postings == null) {
            throw new IllegalStateException("Account of budget '" + account.budgetId() + "' of tenant '"
                    + account.tenant() + "' cannot be opened without its contract. Name one that is open.");
        }
        return postings.get().opening(account, limit, now);
    }

    @Override
    public Posting carrying(List<LimitDue> due, Instant now) {
        return CarryOperation.posting(due, ids.next(), ids.next(), now);
    }

    private static final class Sealer implements EventSealer {
        private final StreamSealer streams;

        private Sealer(StreamSealer streams) {
            this.streams = streams;
        }

        @Override
        public List<SealedEvent> seal(List<EventDraft> drafts) {
            Map<UUID, EventDraft> given = new HashMap<>();
            drafts.forEach(draft -> given.put(draft.id(), draft));
            List<AuditEvent> events = drafts.stream()
                    .map(draft -> AuditEvent.stored(draft.id(), draft.tenant(), draft.type(), draft.payload()))
                    .toList();
            return signing(() -> streams.seal(events)).stream()
                    .map(placed -> toLedger(placed, given))
                    .toList();
        }

        @Override
        public List<SealedEvent> sealClosing() {
            return signing(streams::sealClosing).stream()
                    .map(placed -> toLedger(placed, Map.of()))
                    .toList();
        }

        @Override
        public List<SealedEvent> sealFence() {
            return signing(streams::sealFence).stream()
                    .map(placed -> toLedger(placed, Map.of()))
                    .toList();
        }

        @Override
        public List<SealedEvent> sealClosingOf(Tail dead, String openedBy) {
            StreamEnd end = new StreamEnd(dead.tenant(), dead.stream(), dead.seq(), dead.chain());
            return signing(() -> streams.sealClosingOf(end, openedBy)).stream()
                    .map(placed -> toLedger(placed, Map.of()))
                    .toList();
        }

        @Override
        public void fenced() {
            streams.fenced();
        }

        @Override
        public void committed() {
            streams.committed();
        }

        @Override
        public void abandoned() {
            streams.abandoned();
        }

        @Override
        public void lost() {
            streams.lost();
        }

        @Override
        public List<Tail> tails() {
            return streams.tails().stream()
                    .map(end -> new Tail(end.tenant(), end.stream(), end.seq(), end.chain()))
                    .toList();
        }

        @Override
        public void tailsLost(List<Tail> lost) {
            streams.tailsLost(lost.stream()
                    .map(tail -> new StreamEnd(tail.tenant(), tail.stream(), tail.seq(), tail.chain()))
                    .toList());
        }

        @Override
        public void ledgerTime(Instant ledger, Duration age) {
            streams.ledgerTime(ledger, age)
                    .ifPresent(clocks -> LOG.warn(
                            "Clocks differ: the ledger's says {}, this process's {}. Windows and expiry go by the ledger's, dates"
                                    + " in decisions by this one, and the evidence says so. Look at the time service of both hosts",
                            clocks.ledger(),
                            clocks.writer()));
        }

        @Override
        public UUID writer() {
            return streams.writer();
        }

        @Override
        public Key key() {
            VerificationKey key = streams.key();
            return new Key(key.id(), key.algorithm(), key.bytes());
        }

        /** What cannot be signed cannot be written: to the writer it is the same as a ledger that is away. */
        private static List<SealedAuditEvent> signing(Supplier<List<SealedAuditEvent>> sealing) {
            try {
                return sealing.get();
            } catch (SigningException unsigned) {
                throw new LedgerUnavailableException(
                        "Events cannot be signed, and nothing is written unsigned: " + unsigned.getMessage(), unsigned);
            }
        }

        /** An event that was not given is one that tells of a stream; it holds no personal value. */
        private static SealedEvent toLedger(SealedAuditEvent placed, Map<UUID, EventDraft> given) {
            AuditEvent event = placed.event();
            EventDraft draft = given.get(event.id());
            if (draft == null) {
                draft = new EventDraft(
                        event.id(), event.tenant(), event.type(), event.payload(), event.digest(), List.of());
            }
            return new SealedEvent(
                    draft,
                    placed.stream(),
                    placed.seq(),
                    placed.chain(),
                    placed.batchSize(),
                    placed.leafIndex(),
                    placed.path(),
                    placed.signature(),
                    placed.keyId());
        }
    }
}
