package io.spendguard.ledger;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The last actions that were allowed in a run, each as a fingerprint: enough to tell how often one of them came before,
 * and nothing else.
 *
 * @param fingerprints the fingerprints, oldest first; at most {@value #MOST}
 */
public record RecentActions(List<Long> fingerprints) {
    /** How many actions back a repeat is seen. */
    public static final int MOST = 32;

    /** No action at all. */
    public static final RecentActions NONE = new RecentActions(List.of());

    /** Keeps the latest. */
    public RecentActions {
        fingerprints = List.copyOf(fingerprints.subList(Math.max(0, fingerprints.size() - MOST), fingerprints.size()));
    }

    /** One action. */
    public static RecentActions of(long fingerprint) {
        return new RecentActions(List.of(fingerprint));
    }

    /** Reads what {@link #toBytes} wrote; throws {@link IllegalArgumentException} for any other length. */
    public static RecentActions ofBytes(byte[] bytes) {
        if (bytes.length % Long.BYTES != 0) {
            throw new IllegalArgumentException("Recent actions of " + bytes.length
                    + " bytes are no list of fingerprints of " + Long.BYTES + " bytes each. Read the row again.");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        List<Long> fingerprints = new ArrayList<>(bytes.length / Long.BYTES);
        while (buffer.hasRemaining()) {
            fingerprints.add(buffer.getLong());
        }
        return new RecentActions(fingerprints);
    }

    /** Eight bytes for each action, oldest first. */
    public byte[] toBytes() {
        ByteBuffer buffer = ByteBuffer.allocate(fingerprints.size() * Long.BYTES);
        fingerprints.forEach(buffer::putLong);
        return buffer.array();
    }

    /** These actions and later ones. */
    public RecentActions then(RecentActions later) {
        if (later.fingerprints.isEmpty()) {
            return this;
        }
        List<Long> all = new ArrayList<>(fingerprints);
        all.addAll(later.fingerprints);
        return new RecentActions(all);
    }

    /** How many of these actions have a fingerprint. */
    public long count(long fingerprint) {
        return fingerprints.stream().filter(known -> known == fingerprint).count();
    }
}
