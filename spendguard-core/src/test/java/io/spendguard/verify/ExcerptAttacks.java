package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.PACKAGE;
import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.HonestPackage.ACME;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.LogInclusion;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.model.Digest;
import io.spendguard.verify.Attack.Spot;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Attacks on a package that was exported by a filter: what run-1 did. */
final class ExcerptAttacks {
    private static final EvidenceFilter RUN_1 = EvidenceFilter.ALL.ofRun("run-1");

    private ExcerptAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Attack(
                        "an excerpt passed off as everything",
                        PACKAGE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 1),
                        honest -> HonestPackage.unsigned(honest.excerpt(), EvidenceFilter.ALL)),
                new Attack(
                        "an event added to an excerpt that its filter does not match",
                        PACKAGE,
                        FindingCode.EVENT_OUTSIDE_FILTER,
                        Spot.event("acme", 5),
                        honest -> lines(honest, lines -> lines.add(alone(ACME, 5)))),
                new Attack(
                        "an excerpt's filter edited",
                        PACKAGE,
                        FindingCode.EVENT_OUTSIDE_FILTER,
                        Spot.event("acme", 3),
                        honest -> HonestPackage.unsigned(honest.excerpt(), EvidenceFilter.ALL.ofRun("run-2"))),
                new Attack(
                        "an excerpt's filter widened",
                        PACKAGE,
                        FindingCode.MANIFEST_NOT_SIGNED,
                        Spot.file("manifest.sig"),
                        honest -> HonestPackage.unsigned(
                                honest.excerpt(), EvidenceFilter.ALL.between(Specimen.NOW.minusSeconds(60), null))),
                new Attack(
                        "an event of an excerpt edited",
                        PACKAGE,
                        FindingCode.EVENT_EDITED,
                        Spot.event("acme", 3),
                        honest -> lines(
                                honest,
                                lines -> lines.set(0, Tampered.edited(lines.get(0), "300000000", "150000000")))),
                new Attack(
                        "an event of an excerpt left without what binds it to its seal",
                        PACKAGE,
                        FindingCode.LINE_MALFORMED,
                        Spot.line("acme", 1),
                        honest -> lines(honest, lines -> lines.set(0, EventLine.of(ACME.get(2))))),
                new Attack(
                        "an excerpt's last event removed",
                        PACKAGE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 4),
                        honest -> {
                            Tampered excerpt = honest.excerpt();
                            return excerpt.lines("acme", lines -> lines.remove(1))
                                    .toBytes();
                        }),
                new Attack(
                        "an excerpt's events reordered",
                        PACKAGE,
                        FindingCode.EVENT_REORDERED,
                        Spot.event("acme", 3),
                        honest -> lines(honest, Collections::reverse)),
                new Attack(
                        "an excerpt of a fork, under the log's proof of what really stands there",
                        WRITER,
                        FindingCode.LOG_DIFFERS,
                        Spot.event("acme", 3),
                        ExcerptAttacks::fork));
    }

    /** The manifest matches, but nobody signs it. */
    private static byte[] lines(HonestPackage honest, Consumer<List<EventLine>> change) throws IOException {
        return HonestPackage.unsigned(honest.excerpt().lines("acme", change), RUN_1);
    }

    private static byte[] fork(HonestPackage honest) throws IOException {
        List<LogInclusion> places = honest.excerpt().lines("acme").stream()
                .map(EventLine::inclusion)
                .map(Objects::requireNonNull)
                .toList();
        List<SealedAuditEvent> forged = KeyHolderAttacks.life("acme", 0x1000, 1, 2, 3, 4);
        Tampered excerpt = honest.excerpt(forged).lines("acme", lines -> {
            for (int i = 0; i < places.size(); i++) {
                EventLine line = lines.get(i);
                lines.set(i, line.alone(Objects.requireNonNull(line.before()), places.get(i)));
            }
        });
        return HonestPackage.signed(excerpt, RUN_1);
    }

    private static EventLine alone(List<SealedAuditEvent> events, int seq) {
        Digest before = events.get(seq - 2).chain();
        return EventLine.of(events.get(seq - 1)).alone(before, null);
    }
}
