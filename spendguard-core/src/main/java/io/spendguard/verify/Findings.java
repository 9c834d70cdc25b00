package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects findings: all are counted, of each kind the first thousand are kept, in whatever order they are found. What events say is compared with what other events
 * say; where one of these is known to be missing or altered, what does not agree may be its fault, and nobody is accused of it.
 */
final class Findings {
    private static final int KEPT_PER_CODE = 1_000;
    /** What a message quotes may be as long as a line; a thousand of them would not fit into memory. */
    private static final int LONGEST_MESSAGE = 4_000;

    private static final Comparator<Finding> ORDER = Comparator.comparing(
                    (Finding finding) -> finding.code().group())
            .thenComparing(finding -> finding.place().file(), Comparator.nullsLast(Comparator.naturalOrder()))
            .thenComparingLong(finding -> finding.place().line())
            .thenComparing(Finding::code)
            .thenComparing(Finding::message);

    /** Facts of an event are not there, or are not those that were signed. */
    private static final Set<FindingCode> LOSSES = EnumSet.of(
            FindingCode.EVENT_EDITED,
            FindingCode.EVENT_FORGED,
            FindingCode.EVENT_MISSING,
            FindingCode.EVENT_REORDERED,
            FindingCode.EVENT_FOREIGN,
            FindingCode.LINE_MALFORMED,
            FindingCode.TAIL_LOST,
            FindingCode.EVENT_NOT_CANONICAL,
            FindingCode.EVENT_DATA_MALFORMED,
            FindingCode.EVENT_LEFT_OUT,
            FindingCode.FILE_MISSING);
    /** What an event says does not agree with what others say. */
    private static final Set<FindingCode> DISAGREEMENTS = EnumSet.of(
            FindingCode.OUTCOME_WITHOUT_DECISION,
            FindingCode.OUTCOME_OF_REFUSAL,
            FindingCode.CORRECTION_WITHOUT_OUTCOME,
            FindingCode.CORRECTION_UNFIT,
            FindingCode.APPROVAL_MISSING,
            FindingCode.APPROVAL_UNFIT,
            FindingCode.EXPIRED_EARLY,
            FindingCode.HOLD_NOT_DISSOLVED,
            FindingCode.EXTENSION_UNFIT,
            FindingCode.ACCOUNT_NOT_OPENED,
            FindingCode.CONTRACT_NOT_ACTIVATED,
            FindingCode.BALANCE_IMPOSSIBLE,
            FindingCode.BALANCES_DIFFER);

    /** The last one on top. */
    private final Map<FindingCode, PriorityQueue<Finding>> kept = new EnumMap<>(FindingCode.class);

    private final Map<FindingCode, Long> counts = new EnumMap<>(FindingCode.class);
    /** Tenants of whose events some are missing or altered. */
    private final Set<String> losers = new HashSet<>();

    void add(FindingCode code, Place place, String message) {
        String tenant = tenantOf(place);
        if (tenant != null && LOSSES.contains(code)) {
            losers.add(tenant);
        }
        counts.merge(code, 1L, Long::sum);
        PriorityQueue<Finding> ofCode = kept.computeIfAbsent(code, none -> new PriorityQueue<>(ORDER.reversed()));
        ofCode.add(new Finding(code, place, Texts.cut(message, LONGEST_MESSAGE)));
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
                .map(this::excused)
                .sorted(ORDER)
                .toList();
    }

    private Finding excused(Finding finding) {
        String tenant = tenantOf(finding.place());
        if (tenant == null || !DISAGREEMENTS.contains(finding.code()) || !losers.contains(tenant)) {
            return finding;
        }
        return new Finding(
                finding.code(),
                finding.place(),
                finding.message() + " First look for the events of tenant '" + tenant
                        + "' that are missing or altered: what does not agree may be due to them alone.");
    }

    private static @Nullable String tenantOf(Place place) {
        if (place.tenant() != null || place.file() == null) {
            return place.tenant();
        }
        return PackageNames.parseEvents(place.file())
                .map(PackageNames.StreamName::tenant)
                .orElse(null);
    }
}
