package io.spendguard.verify;

import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which positions of one stream are there, come late or are missing. A malformed line and one without a trusted seal
 * explain a missing position and prove none.
 */
final class StreamPositions {
    private final String file;
    private final String tenant;
    private final UUID stream;
    private final Scope scope;
    private final Findings findings;

    /** By first position. */
    private final TreeMap<Long, Gap> gaps = new TreeMap<>();
    /** Positions that a line without a trusted seal claims. */
    private final TreeSet<Long> claimed = new TreeSet<>();

    private long malformedLines;
    private long highest;
    private @Nullable Digest lastChain;

    StreamPositions(String file, PackageNames.StreamName name, Scope scope, Findings findings) {
        this.file = file;
        this.tenant = name.tenant();
        this.stream = name.stream();
        this.scope = scope;
        this.findings = findings;
    }

    /** A line that is no event. */
    void malformed() {
        malformedLines++;
    }

    /** A trusted event behind all trusted ones so far. */
    void reached(long seq, Digest chain) {
        highest = Math.max(highest, seq);
        lastChain = chain;
    }

    /** Tells whether this is the first line without a trusted seal to claim the position. */
    boolean claim(long seq) {
        highest = Math.max(highest, seq);
        return claimed.add(seq);
    }

    /** A trusted event passed positions over. */
    void passed(Gap gap) {
        gaps.put(gap.first(), gap);
    }

    /** The gap whose position came late just now, for the first time; null where there is none. */
    @Nullable
    Gap fill(long seq, Digest chain) {
        Map.Entry<Long, Gap> before = gaps.floorEntry(seq);
        return before != null && before.getValue().fill(seq, chain) ? before.getValue() : null;
    }

    /** The last position that any line claims; 0 where there is none. */
    long highest() {
        return highest;
    }

    /**
     * Reports what is missing.
     *
     * @param manifest what the manifest says of the stream; null where it says nothing
     * @param lines how many lines its file has
     */
    void end(EvidenceManifest.@Nullable Stream manifest, long lines) {
        gaps.values().forEach(this::reportGap);
        if (manifest != null) {
            compare(manifest, lines);
        }
    }

    private void reportGap(Gap gap) {
        if (!gap.filled().isEmpty()) {
            findings.add(
                    FindingCode.EVENT_REORDERED,
                    gap.place(),
                    "Event " + gap.place().event() + " (position " + gap.place().seq() + " of stream " + stream
                            + ") stands before position "
                            + gap.filled().firstKey()
                            + ": events stand in order of position. Ask who moved it.");
        }
        // By what is there, not by what is missing: a position may be any number.
        Set<Long> there = new HashSet<>(claimed.subSet(gap.first(), true, gap.last(), true));
        there.addAll(gap.filled().keySet());
        long missing = gap.last() - gap.first() + 1 - there.size();
        long firstMissing = gap.first();
        while (there.contains(firstMissing)) {
            firstMissing++;
        }
        long explained = Math.min(missing, malformedLines);
        malformedLines -= explained;
        if (missing > explained) {
            reportMissing(
                    gap.place().line(),
                    firstMissing,
                    missing,
                    "position " + gap.place().seq() + " follows");
        }
    }

    private void compare(EvidenceManifest.Stream manifest, long lines) {
        long missing = manifest.lastSeq() - highest;
        if (missing > malformedLines && scope.isExcerpt()) {
            reportMissing(lines, manifest.lastSeq(), 1, "the manifest tells of it");
            return;
        }
        if (missing > malformedLines) {
            reportMissing(lines, highest + 1, missing, "the manifest counts " + manifest.lastSeq());
        } else if (missing < 0
                || (missing == 0
                        && lastChain != null
                        && !lastChain.equals(manifest.lastChain())
                        && claimed.isEmpty())) {
            findings.add(
                    FindingCode.MANIFEST_MALFORMED,
                    Place.file(PackageNames.MANIFEST),
                    "The manifest says that stream " + stream + " ends at position " + manifest.lastSeq()
                            + " with another chain value than the stream itself. Export again.");
        }
    }

    private void reportMissing(long line, long first, long count, String evidence) {
        String what = count == 1 ? "Event " + first + " is" : count + " events from " + first + " on are";
        findings.add(
                FindingCode.EVENT_MISSING,
                new Place(file, line, tenant, stream, first, null),
                what + " missing from stream " + stream + " of tenant '" + tenant + "': " + evidence
                        + ", and positions have no gaps. Look for it in a backup.");
    }
}
