package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.SealFormat;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.VerificationKey;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** Tells whether a trusted key signed an event's chain value at a place. */
final class SealCheck {
    /** Batches span tenants, whose files are read one after another; this many are remembered as good. */
    private static final int REMEMBERED_BATCHES = 4_096;
    /** How far off its signed position an event is looked for. */
    private static final int NEIGHBOURHOOD = 8;
    /** A flood of bad seals must not become hours of searching. */
    private static final int SEARCHES = 200;

    private static final int COUNTED_KEYS = 500;

    private final KeyTrust keys;
    private final Map<Batch, Boolean> verified = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Batch, Boolean> eldest) {
            return size() > REMEMBERED_BATCHES;
        }
    };
    private int searches;
    /** How many lines name each key; a package that names more keys than anybody has is counted as one. */
    private final SortedMap<String, Long> named = new TreeMap<>();

    SealCheck(KeyTrust keys) {
        this.keys = keys;
    }

    /** The verdict on a line at a place. */
    Trust check(String tenant, UUID stream, long seq, EventLine line) {
        Optional<VerificationKey> key = keys.find(line.keyId());
        if (key.isEmpty()) {
            return keys.isForged(line.keyId()) ? Trust.FORGED_CERTIFICATE : Trust.NOT_ANCHORED;
        }
        if (!keys.covers(line.keyId(), tenant)) {
            return Trust.OTHER_TENANT;
        }
        Digest leaf = SealFormat.leaf(tenant, stream, seq, line.chain());
        Digest root = MerkleTree.rootFrom(leaf, line.leafIndex(), line.batchSize(), line.path());
        if (root == null) {
            return Trust.INVALID;
        }
        Batch batch = new Batch(line.keyId(), line.batchSize(), root, ByteBuffer.wrap(line.signature()));
        if (verified.containsKey(batch)) {
            return Trust.TRUSTED;
        }
        if (!key.get().verify(SealFormat.batch(line.batchSize(), root), line.signature())) {
            return Trust.INVALID;
        }
        verified.put(batch, Boolean.TRUE);
        return Trust.TRUSTED;
    }

    /** Counts a line of the package for the key it names. */
    void count(String id) {
        String keyId = Texts.name(id);
        named.merge(named.size() < COUNTED_KEYS || named.containsKey(keyId) ? keyId : "(others)", 1L, Long::sum);
    }

    /** The keys that lines name, in order of id. */
    List<KeyReport> keys() {
        return named.entrySet().stream()
                .map(key -> new KeyReport(
                        key.getKey(), key.getValue(), keys.isAnchored(key.getKey()), keys.rootOf(key.getKey())))
                .toList();
    }

    /** The position near the claimed one that a trusted key did sign. */
    OptionalLong search(String tenant, UUID stream, EventLine line) {
        if (searches >= SEARCHES) {
            return OptionalLong.empty();
        }
        searches++;
        for (int distance = 1; distance <= NEIGHBOURHOOD; distance++) {
            for (long seq : new long[] {line.seq() + distance, line.seq() - distance}) {
                if (seq > 0 && check(tenant, stream, seq, line) == Trust.TRUSTED) {
                    return OptionalLong.of(seq);
                }
            }
        }
        return OptionalLong.empty();
    }

    /** What is known about a seal. */
    enum Trust {
        /** A trusted key signed exactly this. */
        TRUSTED,
        /** Nobody says the key is to be trusted. */
        NOT_ANCHORED,
        /** A certificate says so that its root did not sign. */
        FORGED_CERTIFICATE,
        /** A root says so, but not for this tenant. */
        OTHER_TENANT,
        /** The key did not sign this. */
        INVALID
    }

    /** A batch's signature that was found good. */
    private record Batch(String keyId, int size, Digest root, ByteBuffer signature) {}
}
