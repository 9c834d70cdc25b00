package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts audit events into their order: assigns stream positions, chains them and signs each batch once. One sealer is one
 * writer incarnation; it keeps one stream per tenant.
 *
 * <p>Sealing is tentative. {@link #committed()} makes the last sealed batch the streams' tail; {@link #abandoned()}
 * forgets it, so that its positions are given again; {@link #lost()} gives its streams up. Nothing blocks; a batch costs
 * one signature and about three hashes per event. A certificate of the signer's key is stated in the event that opens a
 * stream, and again whenever it was renewed; how far the ledger's clock is from the writer's, once it is far; how many decisions could
 * not be recorded, once something can be. Not safe for several threads: it belongs to the single writer.
 */
public final class StreamSealer {
    private final Signer signer;
    private final IdSource ids;
    private final Clock clock;
    private final UUID writer;
    private final boolean signsEachEvent;
    private final UnrecordedDecisions unrecorded;
    /** Tenants that ever had a stream here: nobody else's belong into this store. */
    private final Set<String> known = new HashSet<>();

    /** By tenant; the tails that are known to be durable. */
    private final Map<String, Tail> durable = new LinkedHashMap<>();
    /** The tails after the last sealed batch, of the tenants it touched; null when no batch is pending. */
    private @Nullable Map<String, Tail> pending;
    /** By tenant; tails that were durable and are gone, until a new stream has stated it. */
    private final Map<String, List<StreamEnd>> gone = new LinkedHashMap<>();
    /** The two clocks when they were last compared; null before that. */
    private @Nullable ClockDifference clocks;
    /** By how much the ledger's clock was ahead when somebody was last told. */
    private Duration reported = Duration.ZERO;
    /** By tenant; what the last sealed batch states of decisions that were not recorded. */
    private final Map<String, UnrecordedDecisions.Unstated> stating = new HashMap<>();
    /** The tail after the fence against the pending batch; null when none was sealed. */
    private @Nullable Tail fence;

    /** Starts a writer incarnation, with an id of its own and no stream yet. */
    public StreamSealer(Signer signer, IdSource ids, Clock clock) {
        this(signer, ids, clock, false, new UnrecordedDecisions());
    }

    /**
     * As {@link #StreamSealer(Signer, IdSource, Clock)}.
     *
     * @param signsEachEvent whether every event is signed as a batch of its own, at one signature each
     * @param unrecorded what the streams are to state of decisions that could not be recorded; may be shared by several sealers
     */
    public StreamSealer(
            Signer signer, IdSource ids, Clock clock, boolean signsEachEvent, UnrecordedDecisions unrecorded) {
        this.unrecorded = Objects.requireNonNull(unrecorded, "unrecorded");
        this.signsEachEvent = signsEachEvent;
        this.signer = Objects.requireNonNull(signer, "signer");
        this.ids = Objects.requireNonNull(ids, "ids");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.writer = ids.next();
    }

    /**
     * Seals a batch in the order given. The first event of a tenant is preceded by the event that opens its stream, so
     * that more events may come back than were given. An empty batch stays empty and leaves nothing pending.
     *
     * @throws IllegalStateException when the last batch was neither committed, abandoned nor lost
     */
    public List<SealedAuditEvent> seal(List<AuditEvent> events) {
        requireNothingPending();
        stating.clear(); // had signing thrown, it would still be there
        KeyCertificate certificate = signer.certificate().orElse(null);
        Map<String, Tail> tails = new LinkedHashMap<>();
        List<Placed> batch = new ArrayList<>(events.size() + 1);
        for (AuditEvent event : events) {
            Tail tail = tails.get(event.tenant());
            if (tail == null) {
                tail = statingUnrecorded(batch, statingLoss(batch, durableOrNew(batch, event.tenant(), certificate)));
            }
            tail = stating(certificate, batch, tail);
            tails.put(event.tenant(), append(batch, tail, event));
        }
        return sign(batch, tails);
    }

    /**
     * Seals the closing events of every open stream, as one batch; empty when no stream is open. Once committed, the
     * next event of a tenant opens a new stream.
     *
     * @throws IllegalStateException when the last batch was neither committed, abandoned nor lost
     */
    public List<SealedAuditEvent> sealClosing() {
        requireNothingPending();
        stating.clear();
        KeyCertificate certificate = signer.certificate().orElse(null);
        Map<String, Tail> tails = new LinkedHashMap<>();
        List<Placed> batch = new ArrayList<>(durable.size());
        for (String tenant : tenantsToClose()) {
            Tail open = durableOrNew(batch, tenant, certificate);
            Tail tail = stating(certificate, batch, statingUnrecorded(batch, statingLoss(batch, open)));
            tails.put(tenant, append(batch, tail, closed(tail)).closed());
        }
        return sign(batch, tails);
    }

    /** Those with open streams, after those that have something to state, which would not be stated otherwise. */
    private Set<String> tenantsToClose() {
        Set<String> tenants = new LinkedHashSet<>(gone.keySet());
        unrecorded.tenants().stream().filter(known::contains).sorted().forEach(tenants::add);
        tenants.removeAll(durable.keySet());
        tenants.addAll(durable.keySet());
        return tenants;
    }

    /**
     * Seals a fence against the pending batch, as a batch of its own: one event at the first position the pending one takes in
     * one of its streams. Where all its streams are new, that is the event which opens one of them.
     *
     * @throws IllegalStateException when no batch is pending
     */
    public List<SealedAuditEvent> sealFence() {
        Map<String, Tail> outstanding = pending;
        if (outstanding == null) {
            throw new IllegalStateException(
                    "No batch is pending: there is nothing to put a fence against. Seal one first.");
        }
        Tail before = outstanding.keySet().stream()
                .map(durable::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        List<Placed> batch = new ArrayList<>(1);
        if (before != null) {
            fence = append(batch, before, fenced(before));
        } else {
            Tail opened = outstanding.values().iterator().next();
            fence = append(
                    batch,
                    Tail.start(opened.tenant(), opened.stream(), opened.stated()),
                    opened(opened.tenant(), opened.stream(), opened.stated()));
        }
        return sign(batch);
    }

    /**
     * Seals the closing of a dead writer's stream, as one batch: the event that takes the position after its last one, and where
     * this writer has no stream of that tenant, one of its own around it, which is opened and closed at once. Of that event and
     * whatever the dead writer may still write at the position one at most becomes durable.
     *
     * @param dead where the stream ends
     * @param openedBy the key it was opened with
     * @throws IllegalStateException when the last batch was neither committed, abandoned nor lost
     */
    public List<SealedAuditEvent> sealClosingOf(StreamEnd dead, String openedBy) {
        requireNothingPending();
        KeyCertificate certificate = signer.certificate().orElse(null);
        List<Placed> batch = new ArrayList<>(3);
        boolean isNew = !durable.containsKey(dead.tenant());
        Tail own = stating(certificate, batch, statingLoss(batch, durableOrNew(batch, dead.tenant(), certificate)));
        AuditEvent last = closedByFence(dead, openedBy, own);
        batch.add(new Placed(last, dead.stream(), dead.seq() + 1, SealFormat.next(dead.chain(), last.digest())));
        if (isNew) {
            own = append(batch, own, closed(own)).closed();
        }
        return sign(batch, Map.of(own.tenant(), own));
    }

    /** The fence is durable: the pending batch can never be, and its stream goes on after the fence. */
    public void fenced() {
        Tail after = fence;
        if (after == null) {
            throw new IllegalStateException(
                    "No fence was sealed: nothing is known of the pending batch. Seal one first.");
        }
        durable.put(after.tenant(), after);
        forgetPending();
    }

    /** The last sealed batch is durable. Without a pending batch nothing happens. */
    public void committed() {
        if (pending == null) {
            return;
        }
        stating.forEach(unrecorded::stated);
        for (Tail tail : pending.values()) {
            known.add(tail.tenant());
            gone.remove(tail.tenant());
            if (tail.isClosed()) {
                durable.remove(tail.tenant());
            } else {
                durable.put(tail.tenant(), tail);
            }
        }
        forgetPending();
    }

    /** The last sealed batch was rolled back and can never commit. Without a pending batch nothing happens. */
    public void abandoned() {
        forgetPending();
    }

    /**
     * The last sealed batch may or may not be durable and nobody can tell: its streams are given up unclosed, and the
     * next event of each of its tenants opens a new one. Without a pending batch nothing happens.
     */
    public void lost() {
        if (pending != null) {
            durable.keySet().removeAll(pending.keySet());
            forgetPending();
        }
    }

    /** Where the open streams end, as far as they are known to be durable. */
    public List<StreamEnd> tails() {
        return durable.values().stream()
                .map(tail -> new StreamEnd(tail.tenant(), tail.stream(), tail.seq(), tail.chain()))
                .toList();
    }

    /**
     * These tails were durable and are gone. Their streams are given up unclosed, and the next event of each of their tenants opens
     * a new one, whose second event states the loss.
     */
    public void tailsLost(List<StreamEnd> lost) {
        for (StreamEnd end : lost) {
            durable.remove(end.tenant());
            gone.computeIfAbsent(end.tenant(), tenant -> new ArrayList<>()).add(end);
        }
    }

    /**
     * The ledger's clock was read. The streams state it before their next event where it and the writer's own differ by more than
     * {@link ClockDifference#TOLERANCE} from what they stated before; a new one begins as if they agreed.
     *
     * @param ledger what it said
     * @param age how long ago that was at most, zero or more
     * @return how they differ, where that is another difference than was returned before, by more than the tolerance
     */
    public Optional<ClockDifference> ledgerTime(Instant ledger, Duration age) {
        ClockDifference read = new ClockDifference(ledger, clock.instant(), age);
        clocks = read;
        if (!read.differsFrom(reported)) {
            return Optional.empty();
        }
        reported = read.ahead();
        return Optional.of(read);
    }

    /** Identifies this writer incarnation; the events that open its streams name it. */
    public UUID writer() {
        return writer;
    }

    /** The key that signs, to be stored beside the streams. */
    public VerificationKey key() {
        return signer.verificationKey();
    }

    private void forgetPending() {
        pending = null;
        fence = null;
        stating.clear();
    }

    private Tail durableOrNew(List<Placed> batch, String tenant, @Nullable KeyCertificate certificate) {
        Tail tail = durable.get(tenant);
        if (tail != null) {
            return tail;
        }
        UUID stream = ids.next();
        return append(batch, Tail.start(tenant, stream, certificate), opened(tenant, stream, certificate));
    }

    /** The tail after what was lost of the tenant's streams before, as long as that is not durably stated. */
    private Tail statingLoss(List<Placed> batch, Tail tail) {
        Tail after = tail;
        for (StreamEnd end : gone.getOrDefault(tail.tenant(), List.of())) {
            after = append(batch, after, lost(after, end));
        }
        return after;
    }

    /** The tail after what was answered without a record was counted, as long as that is not durably stated. */
    private Tail statingUnrecorded(List<Placed> batch, Tail tail) {
        UnrecordedDecisions.Unstated some = unrecorded.of(tail.tenant()).orElse(null);
        if (some == null) {
            return tail;
        }
        stating.put(tail.tenant(), some);
        return append(
                batch,
                tail,
                AuditEvent.of(EventTypes.UNRECORDED, ids.next(), tail.tenant(), clock.instant())
                        .data(JsonObject.create()
                                .put("stream", tail.stream().toString())
                                .put("unrecorded", some.toJson()))
                        .build());
    }

    private static Tail append(List<Placed> batch, Tail tail, AuditEvent event) {
        Digest chain = SealFormat.next(tail.chain(), event.digest());
        long seq = tail.seq() + 1;
        batch.add(new Placed(event, tail.stream(), seq, chain));
        return new Tail(tail.tenant(), tail.stream(), seq, chain, tail.stated(), tail.ahead(), false);
    }

    /** The tail after what the stream does not tell of yet was stated, of the key's certificate and of the clocks. */
    private Tail stating(@Nullable KeyCertificate certificate, List<Placed> batch, Tail tail) {
        return statingClocks(batch, statingCertificate(certificate, batch, tail));
    }

    private Tail statingClocks(List<Placed> batch, Tail tail) {
        if (clocks == null || !clocks.differsFrom(tail.ahead())) {
            return tail;
        }
        AuditEvent anomaly = AuditEvent.of(EventTypes.CLOCK_ANOMALY, ids.next(), tail.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", tail.stream().toString())
                        .put("clocks", clocks.toJson(tail.ahead())))
                .build();
        return append(batch, tail, anomaly).statingAhead(clocks.ahead());
    }

    private Tail statingCertificate(@Nullable KeyCertificate certificate, List<Placed> batch, Tail tail) {
        if (certificate == null || certificate.equals(tail.stated())) {
            return tail;
        }
        AuditEvent certified = AuditEvent.of(EventTypes.KEY_CERTIFIED, ids.next(), tail.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", tail.stream().toString())
                        .put("keyId", signer.keyId())
                        .put("certificate", certificate.toJson()))
                .build();
        return append(batch, tail, certified).stating(certificate);
    }

    private List<SealedAuditEvent> sign(List<Placed> batch, Map<String, Tail> tails) {
        if (batch.isEmpty()) {
            return List.of();
        }
        List<SealedAuditEvent> sealed = sign(batch);
        pending = tails; // only now: had signing thrown, there would be nothing to commit
        return sealed;
    }

    private List<SealedAuditEvent> sign(List<Placed> batch) {
        return signsEachEvent
                ? batch.stream()
                        .flatMap(event -> signAsOne(List.of(event)).stream())
                        .toList()
                : signAsOne(batch);
    }

    private List<SealedAuditEvent> signAsOne(List<Placed> batch) {
        MerkleTree tree = MerkleTree.of(batch.stream().map(Placed::leaf).toList());
        byte[] signature = signer.sign(SealFormat.batch(tree.size(), tree.root()));
        List<SealedAuditEvent> sealed = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            Placed placed = batch.get(i);
            sealed.add(new SealedAuditEvent(
                    placed.event(),
                    placed.stream(),
                    placed.seq(),
                    placed.chain(),
                    tree.size(),
                    i,
                    tree.path(i),
                    signature,
                    signer.keyId()));
        }
        return sealed;
    }

    private AuditEvent opened(String tenant, UUID stream, @Nullable KeyCertificate certificate) {
        JsonObject data = JsonObject.create()
                .put("stream", stream.toString())
                .put("writer", writer.toString())
                .put("keyId", signer.keyId())
                .put("algorithm", signer.algorithm())
                .put("publicKey", Base64.getEncoder().encodeToString(signer.publicKey()));
        if (certificate != null) {
            data.put("certificate", certificate.toJson());
        }
        return AuditEvent.of(EventTypes.STREAM_OPENED, ids.next(), tenant, clock.instant())
                .data(data)
                .build();
    }

    private AuditEvent fenced(Tail tail) {
        return AuditEvent.of(EventTypes.STREAM_FENCED, ids.next(), tail.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", tail.stream().toString())
                        .put("position", tail.seq() + 1))
                .build();
    }

    private AuditEvent lost(Tail tail, StreamEnd end) {
        return AuditEvent.of(EventTypes.TAIL_LOST, ids.next(), tail.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", tail.stream().toString())
                        .put(
                                "lost",
                                JsonObject.create()
                                        .put("stream", end.stream().toString())
                                        .put("position", end.seq())
                                        .put("chain", end.chain().hex())))
                .build();
    }

    private AuditEvent closed(Tail tail) {
        return AuditEvent.of(EventTypes.STREAM_CLOSED, ids.next(), tail.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", tail.stream().toString())
                        .put("events", tail.seq() + 1))
                .build();
    }

    private AuditEvent closedByFence(StreamEnd dead, String openedBy, Tail own) {
        return AuditEvent.of(EventTypes.STREAM_CLOSED_BY_FENCE, ids.next(), dead.tenant(), clock.instant())
                .data(JsonObject.create()
                        .put("stream", dead.stream().toString())
                        .put("events", dead.seq() + 1)
                        .put("keyId", openedBy)
                        .put(
                                "by",
                                JsonObject.create()
                                        .put("stream", own.stream().toString())
                                        .put("keyId", signer.keyId())))
                .build();
    }

    private void requireNothingPending() {
        if (pending != null) {
            throw new IllegalStateException("A sealed batch is pending: its positions are taken until it is known to be"
                    + " durable or not. Call committed(), abandoned(), fenced() or lost() first.");
        }
    }

    /** Where a stream ends, the last certificate it states, and by how much it says that the ledger's clock is ahead. */
    private record Tail(
            String tenant,
            UUID stream,
            long seq,
            Digest chain,
            @Nullable KeyCertificate stated,
            Duration ahead,
            boolean isClosed) {
        static Tail start(String tenant, UUID stream, @Nullable KeyCertificate stated) {
            return new Tail(tenant, stream, 0, SealFormat.start(tenant, stream), stated, Duration.ZERO, false);
        }

        Tail stating(KeyCertificate certificate) {
            return new Tail(tenant, stream, seq, chain, certificate, ahead, isClosed);
        }

        Tail statingAhead(Duration difference) {
            return new Tail(tenant, stream, seq, chain, stated, difference, isClosed);
        }

        Tail closed() {
            return new Tail(tenant, stream, seq, chain, stated, ahead, true);
        }
    }

    /** An event with its place, not signed yet. */
    private record Placed(AuditEvent event, UUID stream, long seq, Digest chain) {
        Digest leaf() {
            return SealFormat.leaf(event.tenant(), stream, seq, chain);
        }
    }
}
