package io.spendguard.test;

import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A sealer that chains and builds batch trees as the real one does, but authenticates roots by HMAC with a published key: it
 * needs no keys and is fast, and it proves nothing to anybody but the test.
 *
 * <p>It refuses calls out of order with {@link IllegalStateException}, so that a ledger that forgets to tell the outcome of a
 * batch is found out, and so that a ledger that uses it from two threads at once most likely is.
 */
final class TestSealer implements EventSealer {
    static final String OPENED = "test.stream.opened";
    static final String CLOSED = "test.stream.closed";
    static final String FENCED = "test.stream.fenced";

    private static final Digest GENESIS = Digest.of(new byte[32]);
    private static final String ALGORITHM = "HmacSHA256";

    private final IdSource ids;
    private final UUID writer;
    private final Key key;
    private Map<String, Tail> tails = new LinkedHashMap<>();
    private @Nullable Map<String, Tail> pending;
    private Map.@Nullable Entry<String, Tail> fence;
    private boolean isClosed;

    TestSealer(IdSource ids) {
        this.ids = ids;
        this.writer = ids.next();
        UUID id = ids.next();
        byte[] secret =
                Digest.sha256(id.toString().getBytes(StandardCharsets.UTF_8)).bytes();
        this.key = new Key("test-" + id, ALGORITHM, secret);
    }

    @Override
    public List<SealedEvent> seal(List<EventDraft> drafts) {
        Map<String, Tail> next = begin();
        List<Placed> placed = new ArrayList<>();
        for (EventDraft draft : drafts) {
            Tail tail = next.get(draft.tenant());
            if (tail == null) {
                tail = new Tail(ids.next(), 0, GENESIS);
                tail = place(placed, tail, marker(draft.tenant(), OPENED));
            }
            next.put(draft.tenant(), place(placed, tail, draft));
        }
        pending = next;
        return sign(placed);
    }

    @Override
    public List<SealedEvent> sealClosing() {
        Map<String, Tail> open = begin();
        List<Placed> placed = new ArrayList<>();
        open.forEach((tenant, tail) -> place(placed, tail, marker(tenant, CLOSED)));
        isClosed = true;
        pending = new LinkedHashMap<>();
        return placed.isEmpty() ? List.of() : sign(placed);
    }

    @Override
    public List<SealedEvent> sealFence() {
        Map<String, Tail> outstanding = pending;
        if (outstanding == null) {
            throw new IllegalStateException("Sealer has no batch to put a fence against. Seal one first.");
        }
        List<Placed> placed = new ArrayList<>();
        Map.Entry<String, Tail> open = tails.entrySet().stream()
                .filter(tail -> !tail.getValue().equals(outstanding.get(tail.getKey())))
                .findFirst()
                .orElse(null);
        if (open != null) {
            fence = Map.entry(open.getKey(), place(placed, open.getValue(), marker(open.getKey(), FENCED)));
        } else {
            Map.Entry<String, Tail> fresh = outstanding.entrySet().stream()
                    .filter(tail -> !tails.containsKey(tail.getKey()))
                    .findFirst()
                    .orElseThrow();
            Tail start = new Tail(fresh.getValue().stream, 0, GENESIS);
            fence = Map.entry(fresh.getKey(), place(placed, start, marker(fresh.getKey(), OPENED)));
        }
        return sign(placed);
    }

    @Override
    public List<SealedEvent> sealClosingOf(EventSealer.Tail dead, String openedBy) {
        Map<String, Tail> next = begin();
        List<Placed> placed = new ArrayList<>();
        Tail own = next.get(dead.tenant());
        Tail open = own != null ? own : place(placed, new Tail(ids.next(), 0, GENESIS), marker(dead.tenant(), OPENED));
        place(placed, new Tail(dead.stream(), dead.seq(), dead.chain()), marker(dead.tenant(), CLOSED));
        if (own == null) {
            place(placed, open, marker(dead.tenant(), CLOSED));
        }
        pending = next;
        return sign(placed);
    }

    @Override
    public void fenced() {
        Map.Entry<String, Tail> after = fence;
        if (after == null) {
            throw new IllegalStateException("Sealer has no fence. Seal one first.");
        }
        end("fenced");
        tails.put(after.getKey(), after.getValue());
        isClosed = false;
    }

    @Override
    public void committed() {
        tails = end("committed");
    }

    @Override
    public void abandoned() {
        end("abandoned");
        isClosed = false;
    }

    @Override
    public void lost() {
        Map<String, Tail> lost = end("lost");
        // Whatever stream the batch touched has an unknown tail now.
        tails.entrySet().removeIf(tail -> !tail.getValue().equals(lost.get(tail.getKey())));
    }

    @Override
    public List<EventSealer.Tail> tails() {
        return tails.entrySet().stream()
                .map(tail -> new EventSealer.Tail(
                        tail.getKey(), tail.getValue().stream, tail.getValue().seq, tail.getValue().chain))
                .toList();
    }

    @Override
    public void tailsLost(List<EventSealer.Tail> lost) {
        lost.forEach(tail -> tails.remove(tail.tenant()));
    }

    /** Dates nothing, so that nothing can differ. */
    @Override
    public void ledgerTime(Instant ledger, Duration age) {}

    @Override
    public UUID writer() {
        return writer;
    }

    @Override
    public Key key() {
        return key;
    }

    /** The chain value that follows another one; the first follows {@code null}. */
    static Digest chain(@Nullable Digest previous, Digest event) {
        return Digest.sha256((previous == null ? GENESIS : previous).bytes(), event.bytes());
    }

    /** Tells whether an event, taken alone, verifies under one of these keys. */
    static boolean verifies(SealedEvent event, List<Key> keys) {
        Digest root = leaf(event.draft().tenant(), event.stream(), event.seq(), event.chain());
        int index = event.leafIndex();
        int last = event.batchSize() - 1;
        for (Digest sibling : event.path()) {
            if (index % 2 == 1 || index == last) {
                root = node(sibling, root);
                while (index % 2 == 0 && index != 0) {
                    index /= 2;
                    last /= 2;
                }
            } else {
                root = node(root, sibling);
            }
            index /= 2;
            last /= 2;
        }
        byte[] expected = event.signature();
        Digest top = root;
        return last == 0
                && keys.stream()
                        .filter(candidate -> candidate.id().equals(event.keyId()))
                        .anyMatch(candidate -> Arrays.equals(hmac(candidate, top), expected));
    }

    private Map<String, Tail> begin() {
        if (pending != null) {
            throw new IllegalStateException(
                    "Sealer was not told what became of its last batch: it is sealed and neither"
                            + " committed nor abandoned. Tell it before sealing on.");
        }
        if (isClosed) {
            throw new IllegalStateException("Sealer is closed: its streams have their last events. Connect again.");
        }
        return new LinkedHashMap<>(tails);
    }

    private Map<String, Tail> end(String outcome) {
        Map<String, Tail> batch = pending;
        if (batch == null) {
            throw new IllegalStateException("Sealer has no batch to be " + outcome + ". Seal one first.");
        }
        pending = null;
        fence = null;
        return batch;
    }

    private EventDraft marker(String tenant, String type) {
        return TestEvents.draft(ids, tenant, type, TestEvents.entries(List.of()), List.of());
    }

    private static Tail place(List<Placed> placed, Tail tail, EventDraft draft) {
        Tail next = new Tail(tail.stream, tail.seq + 1, chain(tail.chain, draft.digest()));
        placed.add(new Placed(draft, next));
        return next;
    }

    private List<SealedEvent> sign(List<Placed> placed) {
        List<Digest> leaves = placed.stream()
                .map(p -> leaf(p.draft.tenant(), p.at.stream, p.at.seq, p.at.chain))
                .toList();
        byte[] signature = hmac(key, root(leaves));
        List<SealedEvent> sealed = new ArrayList<>();
        for (int i = 0; i < placed.size(); i++) {
            Tail at = placed.get(i).at;
            sealed.add(new SealedEvent(
                    placed.get(i).draft,
                    at.stream,
                    at.seq,
                    at.chain,
                    leaves.size(),
                    i,
                    path(i, leaves),
                    signature,
                    key.id()));
        }
        return sealed;
    }

    private static Digest leaf(String tenant, UUID stream, long seq, Digest chain) {
        byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
        ByteBuffer position = ByteBuffer.allocate(29 + name.length)
                .put((byte) 0)
                .putInt(name.length)
                .put(name)
                .putLong(stream.getMostSignificantBits())
                .putLong(stream.getLeastSignificantBits())
                .putLong(seq);
        return Digest.sha256(position.array(), chain.bytes());
    }

    private static Digest node(Digest left, Digest right) {
        return Digest.sha256(new byte[] {1}, left.bytes(), right.bytes());
    }

    private static Digest root(List<Digest> leaves) {
        if (leaves.size() == 1) {
            return leaves.get(0);
        }
        int left = leftSize(leaves);
        return node(root(leaves.subList(0, left)), root(leaves.subList(left, leaves.size())));
    }

    private static List<Digest> path(int index, List<Digest> leaves) {
        if (leaves.size() == 1) {
            return List.of();
        }
        int left = leftSize(leaves);
        List<Digest> leftLeaves = leaves.subList(0, left);
        List<Digest> rightLeaves = leaves.subList(left, leaves.size());
        List<Digest> path = new ArrayList<>(index < left ? path(index, leftLeaves) : path(index - left, rightLeaves));
        path.add(root(index < left ? rightLeaves : leftLeaves));
        return path;
    }

    /** The largest power of two below the number of leaves. */
    private static int leftSize(List<Digest> leaves) {
        return Integer.highestOneBit(leaves.size() - 1);
    }

    private static byte[] hmac(Key key, Digest root) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key.encoded(), ALGORITHM));
            return mac.doFinal(root.bytes());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "This Java platform has no HMAC-SHA256, which every platform must have.", e);
        }
    }

    private record Tail(UUID stream, long seq, Digest chain) {}

    private record Placed(EventDraft draft, Tail at) {}
}
