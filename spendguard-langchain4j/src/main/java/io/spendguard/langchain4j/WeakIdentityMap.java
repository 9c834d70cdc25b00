package io.spendguard.langchain4j;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Says something about particular objects for as long as they live. Keys compare by identity, also where their class
 * compares by value: two equal requests may belong to two callers. Safe for any number of threads.
 */
final class WeakIdentityMap<K, V> {
    private final Map<Object, V> entries = new ConcurrentHashMap<>();
    private final ReferenceQueue<K> dead = new ReferenceQueue<>();

    void put(K key, V value) {
        for (Reference<? extends K> gone = dead.poll(); gone != null; gone = dead.poll()) {
            entries.remove(gone);
        }
        entries.put(new Key<>(key, dead), value);
    }

    @Nullable
    V get(K key) {
        return entries.get(new Key<>(key, null));
    }

    int size() {
        return entries.size();
    }

    private static final class Key<K> extends WeakReference<K> {
        private final int hash;

        private Key(K key, @Nullable ReferenceQueue<K> queue) {
            super(key, queue);
            this.hash = System.identityHashCode(key);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // What this class is for.
        public boolean equals(@Nullable Object other) {
            if (this == other) {
                return true;
            }
            K own = get();
            return other instanceof Key<?> that && own != null && own == that.get();
        }
    }
}
