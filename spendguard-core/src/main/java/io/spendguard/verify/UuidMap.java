package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Values by UUID, kept as two longs and a reference in open addressing: 25 to 50 bytes each, and 75 for the moment in which it
 * doubles, where a {@link java.util.HashMap} with its nodes and ids takes 70 to 100. Grows only. Places are keyed by a secret of
 * this map, so that no package makes its ids collide.
 * Not safe for several threads.
 */
final class UuidMap<V> {
    private static final int SMALLEST = 16;

    private final long secret = new SecureRandom().nextLong();
    private long[] ids = new long[2 * SMALLEST];
    private @Nullable Object[] values = new Object[SMALLEST];
    private int size;

    /** What stands for facts of several parts: half a digest of all of them. */
    static UUID key(JsonObject facts) {
        ByteBuffer digest =
                ByteBuffer.wrap(Digest.sha256(facts.toCanonicalBytes()).bytes());
        return new UUID(digest.getLong(), digest.getLong());
    }

    /** The value kept under the id, or null. */
    @Nullable
    V get(UUID id) {
        return value(place(id.getMostSignificantBits(), id.getLeastSignificantBits()));
    }

    /** Keeps a value; returns the one it replaces, or null. */
    @Nullable
    V put(UUID id, V value) {
        int place = place(id.getMostSignificantBits(), id.getLeastSignificantBits());
        V before = value(place);
        if (before == null) {
            if (5L * (size + 1) > 4L * values.length) {
                grow();
                place = place(id.getMostSignificantBits(), id.getLeastSignificantBits());
            }
            ids[2 * place] = id.getMostSignificantBits();
            ids[2 * place + 1] = id.getLeastSignificantBits();
            size++;
        }
        values[place] = value;
        return before;
    }

    /** How many ids there are. */
    int size() {
        return size;
    }

    /** Hands over each id with its value, in no order. */
    void forEach(BiConsumer<UUID, V> sink) {
        for (int place = 0; place < values.length; place++) {
            V value = value(place);
            if (value != null) {
                sink.accept(new UUID(ids[2 * place], ids[2 * place + 1]), value);
            }
        }
    }

    @SuppressWarnings("unchecked") // only values of this type are put there
    private @Nullable V value(int place) {
        return (V) values[place];
    }

    /** Where the id is, or would be. */
    private int place(long high, long low) {
        int mask = values.length - 1;
        int place = (int) mix(mix(high ^ secret) + low) & mask;
        while (values[place] != null && (ids[2 * place] != high || ids[2 * place + 1] != low)) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private void grow() {
        long[] oldIds = ids;
        @Nullable Object[] oldValues = values;
        ids = new long[Math.multiplyExact(2, oldIds.length)];
        values = new Object[2 * oldValues.length];
        for (int old = 0; old < oldValues.length; old++) {
            if (oldValues[old] != null) {
                int place = place(oldIds[2 * old], oldIds[2 * old + 1]);
                ids[2 * place] = oldIds[2 * old];
                ids[2 * place + 1] = oldIds[2 * old + 1];
                values[place] = oldValues[old];
            }
        }
    }

    /** The finalizer of SplitMix64: each bit of the answer hangs on every bit. */
    static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
