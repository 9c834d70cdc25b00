package io.spendguard.verify;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Collects findings: all are counted, of each kind the first thousand are kept, in whatever order they are found. */
final class Findings {
    private static final int KEPT_PER_CODE = 1_000;
    private static final Comparator<Finding> ORDER = Comparator.comparing(
                    (Finding finding) -> finding.code().group())
            .thenComparing(finding -> finding.place().file(), Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparingLong(finding -> finding.place().line())
            .thenComparing(Finding::code)
            .thenComparing(Finding::message);

    /** The last one on top. */
    private final Map<FindingCode, PriorityQueue<Finding>> kept = new EnumMap<>(FindingCode.class);

    private final Map<FindingCode, Long> counts = new EnumMap<>(FindingCode.class);

    void add(FindingCode code, Place place, String message) {
        counts.merge(code, 1L, Long::sum);
        PriorityQueue<Finding> ofCode = kept.computeIfAbsent(code, none -> new PriorityQueue<>(ORDER.reversed()));
        ofCode.add(new Finding(code, place, message));
        if (ofCode.size() > KEPT_PER_CODE) {
            ofCode.remove();
        }
    }

    long count() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    boolean has(FindingCode.Group group) {
        return counts.keySet().stream().anyMatch(code -> code.group() == group);
    }

    /** What explains the others first; then in order of file and line. */
    List<Finding> inOrder() {
        return kept.values().stream()
                .flatMap(PriorityQueue::stream)
                .sorted(ORDER)
                .toList();
    }
}
