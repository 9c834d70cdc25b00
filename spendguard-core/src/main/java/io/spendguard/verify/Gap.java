package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.model.Digest;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Positions that a trusted event passed over, and those of them that came late.
 *
 * @param first the first position passed over
 * @param last the last one
 * @param before the chain value before the first; null where it is unknown
 * @param place where the event stands
 * @param type its type
 * @param chain its chain value
 * @param digest its payload's
 * @param filled the chain values of the positions that came late
 */
record Gap(
        long first,
        long last,
        @Nullable Digest before,
        Place place,
        String type,
        Digest chain,
        Digest digest,
        SortedMap<Long, Digest> filled) {
    Gap(long first, long last, @Nullable Digest before, Place place, EventLine after, Digest digest) {
        this(first, last, before, place, after.type(), after.chain(), digest, new TreeMap<>());
    }

    /** Whether the position is one of the gap's and came for the first time. */
    boolean fill(long seq, Digest value) {
        return seq >= first && seq <= last && filled.putIfAbsent(seq, value) == null;
    }

    /** The chain value before a position of the gap; null where it is unknown. */
    @Nullable
    Digest chainBefore(long seq) {
        return seq == first ? before : filled.get(seq - 1);
    }
}
