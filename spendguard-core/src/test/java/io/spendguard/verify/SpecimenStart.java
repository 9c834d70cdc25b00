package io.spendguard.verify;

import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleRange;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.SignedNote;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;

/** What a {@link SpecimenLog} came to since an earlier checkpoint, as its keeper exports it, or a keeper who starts too late. */
final class SpecimenStart implements LogExport {
    private final SpecimenLog log;
    private final int from;
    private final int movedOn;

    SpecimenStart(SpecimenLog log, int from, int movedOn) {
        this.log = log;
        this.from = from;
        this.movedOn = movedOn;
    }

    @Override
    public SignedNote checkpoint() {
        return log.checkpoint();
    }

    @Override
    public void heads(Consumer<LogHead> sink) {
        log.heads().subList(from, log.heads().size()).forEach(sink);
    }

    @Override
    public void runs(Consumer<LogRun> sink) {
        for (String tenant : tenants()) {
            List<SealedAuditEvent> events = log.taken(tenant);
            for (int i = base(tenant); i < events.size(); i++) {
                SealedAuditEvent event = events.get(i);
                sink.accept(new LogRun(tenant, i, event.stream(), event.seq(), event.seq()));
            }
        }
    }

    @Override
    public void start(Consumer<LogStart> sink) {
        List<Digest> all =
                log.heads().subList(0, from).stream().map(LogHead::leaf).toList();
        sink.accept(new LogStart.OfLog(from, frontier(all)));
        for (String tenant : tenants()) {
            int index = head(tenant);
            if (index < 0) {
                continue;
            }
            LogStart.OfTenant start = new LogStart.OfTenant(
                    tenant,
                    base(tenant),
                    Objects.requireNonNull(log.heads().get(index).shown()).balanceRoot(),
                    index,
                    MerkleTree.of(all).path(index),
                    frontier(log.leaves(tenant).subList(0, base(tenant))));
            sink.accept(start);
            ends(tenant)
                    .forEach((stream, leaf) -> sink.accept(new LogStart.OfStream(
                            tenant,
                            stream,
                            log.taken(tenant).get(leaf).seq(),
                            log.taken(tenant).get(leaf).chain(),
                            leaf,
                            MerkleTree.of(log.leaves(tenant).subList(0, base(tenant)))
                                    .path(leaf))));
        }
    }

    @Override
    public long lastBefore(String tenant, UUID stream) {
        Integer leaf = ends(tenant).get(stream);
        return leaf == null ? 0 : log.taken(tenant).get(leaf).seq();
    }

    /** Each stream's last leaf before the start. */
    private Map<UUID, Integer> ends(String tenant) {
        Map<UUID, Integer> ends = new LinkedHashMap<>();
        for (int i = 0; i < base(tenant); i++) {
            ends.put(log.taken(tenant).get(i).stream(), i);
        }
        return ends;
    }

    /** Those with a head after the start. */
    private Iterable<String> tenants() {
        return new TreeSet<>(log.headOf().subList(from, log.headOf().size()));
    }

    private int head(String tenant) {
        return log.headOf().subList(0, from).lastIndexOf(tenant);
    }

    private int base(String tenant) {
        int index = head(tenant);
        return index < 0
                ? 0
                : movedOn
                        + (int) Objects.requireNonNull(log.heads().get(index).shown())
                                .size();
    }

    private static List<Digest> frontier(List<Digest> leaves) {
        MerkleRange range = MerkleRange.startingAt(0);
        leaves.forEach(range::append);
        return range.frontier();
    }
}
