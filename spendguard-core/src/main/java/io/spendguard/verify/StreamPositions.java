package io.spendguard.verify;

import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which positions of one stream are there, come late or are missing. A malformed line and one without a trusted seal
 * explain a missing position and prove none.
 */
final class StreamPositions {
    /** More gaps, or events out of place, than any accident makes: of what goes beyond, less is told. */
    private static final int MOST = 10_000;

    private final String file;
    private final String tenant;
    private final UUID stream;
    private final Scope scope;
    private final Findings findings;

    /** By first position. */
    private final TreeMap<Long, Gap> gaps = new TreeMap<>();
    /** Positions that lines without a trusted seal claim: by the first of some in a row, the last. */
    private final TreeMap<Long, Long> claimed = new TreeMap<>();

    /** The last position of a gap that was concluded before the stream ended; mostly 0. */
    private long concluded;
    /** How many events came late. */
    private long late;

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
        Map.Entry<Long, Long> before = claimed.floorEntry(seq);
        if (before != null && before.getValue() >= seq) {
            return false;
        }
        boolean continues = before != null && before.getValue() == seq - 1;
        Long last = claimed.get(seq + 1);
        if (!continues && last == null && claimed.size() >= MOST) {
            return false;
        }
        if (last != null) {
            claimed.remove(seq + 1);
        }
        claimed.put(continues ? before.getKey() : seq, last == null ? seq : last);
        return true;
    }

    /** A trusted event passed positions over. */
    void passed(Gap gap) {
        gaps.put(gap.first(), gap);
        if (gaps.size() > MOST) {
            Gap first = gaps.pollFirstEntry().getValue();
            concluded = first.last();
            reportGap(first);
        }
    }

    /** The gap whose position came late just now, for the first time; null where there is none. */
    @Nullable
    Gap fill(long seq, Digest chain) {
        Map.Entry<Long, Gap> before = gaps.floorEntry(seq);
        if (late >= MOST || before == null || !before.getValue().fill(seq, chain)) {
            return null;
        }
        late++;
        return before.getValue();
    }

    /** Tells whether it is not known any more if a position that was passed was there or not. */
    boolean isForgotten(long seq) {
        return seq <= concluded || late >= MOST;
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
        long missing = gap.last() - gap.first() + 1 - there(gap);
        long firstMissing = gap.first();
        while (isClaimed(firstMissing) || gap.filled().containsKey(firstMissing)) {
            firstMissing =
                    isClaimed(firstMissing) ? claimed.floorEntry(firstMissing).getValue() + 1 : firstMissing + 1;
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

    /** How many positions of a gap came late, or are claimed. */
    private long there(Gap gap) {
        long there =
                gap.filled().keySet().stream().filter(seq -> !isClaimed(seq)).count();
        Map.Entry<Long, Long> run = claimed.floorEntry(gap.first());
        if (run == null) {
            run = claimed.higherEntry(gap.first());
        }
        while (run != null && run.getKey() <= gap.last()) {
            long first = Math.max(run.getKey(), gap.first());
            there += Math.max(0, Math.min(run.getValue(), gap.last()) - first + 1);
            run = claimed.higherEntry(run.getKey());
        }
        return there;
    }

    private boolean isClaimed(long seq) {
        Map.Entry<Long, Long> run = claimed.floorEntry(seq);
        return run != null && run.getValue() >= seq;
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
