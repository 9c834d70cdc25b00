package io.spendguard.verify;

import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.model.Digest;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One stream's part of its tenant's tree: which of its positions are which leaves, and which of them passed by. */
final class StreamLog {
    private final PackageNames.StreamName name;
    private final LogFindings findings;
    /** By first position. */
    private final TreeMap<Long, LogRun> runs = new TreeMap<>();
    /** By first position of a run: the next one of it that is to come. */
    private final Map<Long, Long> next = new HashMap<>();

    StreamLog(PackageNames.StreamName name, LogFindings findings) {
        this.name = name;
        this.findings = findings;
    }

    /**
     * Takes one more run of leaves. An event has one leaf: where a run could take the place of another, leaves would be of no
     * event, and unseen.
     */
    void add(LogRun run) {
        Map.Entry<Long, LogRun> before = runs.floorEntry(run.to());
        if (before != null && before.getValue().to() >= run.from()) {
            throw new JsonException("Position " + Math.max(run.from(), before.getKey()) + " of stream " + run.stream()
                    + " has two leaves.");
        }
        runs.put(run.from(), run);
    }

    /** The position's leaf in the tenant's tree, from 0; -1 where the checkpoint does not cover it. */
    long index(long seq) {
        return index(runs.floorEntry(seq), seq);
    }

    /** Puts an event's leaf in its place; returns its index, or -1 where the checkpoint does not cover the position. */
    long take(TenantLog tree, long seq, Digest leaf) {
        Map.Entry<Long, LogRun> run = runs.floorEntry(seq);
        long index = index(run, seq);
        if (run != null && index >= 0 && seq == next.getOrDefault(run.getKey(), run.getKey())) {
            tree.leaf(index, leaf);
            next.put(run.getKey(), seq + 1);
        }
        return index;
    }

    private static long index(Map.@Nullable Entry<Long, LogRun> run, long seq) {
        return run == null || seq > run.getValue().to()
                ? -1
                : run.getValue().index() + (seq - run.getValue().from());
    }

    /** Reports the first position that a run names and no event took. */
    void requireComplete() {
        for (LogRun run : runs.values()) {
            long missing = next.getOrDefault(run.from(), run.from());
            if (missing <= run.to()) {
                findings.refute(
                        FindingCode.EVENT_LEFT_OUT,
                        new Place(
                                PackageNames.events(name.tenant(), name.stream()),
                                0,
                                name.tenant(),
                                name.stream(),
                                missing,
                                null),
                        "Event " + missing + " of stream " + name.stream() + " of tenant '" + name.tenant()
                                + "' is not there in its place, but the checkpoint covers positions up to " + run.to()
                                + ". Look for it in a backup.");
                return;
            }
        }
    }
}
