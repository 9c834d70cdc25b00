package io.spendguard.verify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects findings: all are counted, of each kind the first thousand are kept. */
final class Findings {
    private static final int KEPT_PER_CODE = 1_000;
    private static final Comparator<Finding> ORDER = Comparator.comparing(
                    (Finding finding) -> finding.code().group())
            .thenComparing(finding -> finding.place().file(), Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparingLong(finding -> finding.place().line())
            .thenComparing(Finding::code);

    private final List<Finding> kept = new ArrayList<>();
    private final Map<FindingCode, Long> counts = new EnumMap<>(FindingCode.class);

    void add(FindingCode code, Place place, String message) {
        if (counts.merge(code, 1L, Long::sum) <= KEPT_PER_CODE) {
            kept.add(new Finding(code, place, message));
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
        return kept.stream().sorted(ORDER).toList();
    }
}
