package io.spendguard.verify;

import static io.spendguard.verify.Specimen.correcting;
import static io.spendguard.verify.Specimen.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What corrections may name: the outcome of their decision before them, wherever it stands. */
class CorrectionTest {
    private static final Place DROPPED = Place.file("log/dropped.jsonl");
    private static final String TENANT = "acme";

    private final Specimen writer = Specimen.writer(HonestPackage.WRITER, 0x1000);
    private final UUID decision = writer.id();
    private final AuditEvent outcome =
            writer.outcome(TENANT, decision, "COMMITTED", entry("HELD", -5), entry("SPENT", 5));

    private final Findings findings = new Findings();
    private final Facts facts = new Facts(FactSpool.create());
    private final DecisionCheck check = new DecisionCheck(facts);

    private int exports;

    @TempDir
    Path directory;

    @Test
    void verify_correctionsInARow_areSound() {
        AuditEvent first = correcting(later(writer, "CORRECTED"), outcome.id().toString());
        AuditEvent second = correcting(later(writer, "REFUNDED"), first.id().toString());
        settled();
        writer.write(first, second);

        assertThat(verify(writer.close()).findings()).isEmpty();
    }

    @Test
    void verify_correctionsOfWhatCameAfterAnExpiry_areSound() {
        AuditEvent late = correcting(later(writer, "COMMITTED"), "EXPIRED");
        writer.write(writer.opening(TENANT), writer.decision(TENANT, decision, 5));
        writer.at(Specimen.NOW.plus(Duration.ofMinutes(10)));
        writer.write(
                writer.outcome(TENANT, decision, "EXPIRED", entry("HELD", -5), entry("SPENT", 5)),
                late,
                correcting(later(writer, "CORRECTED"), late.id().toString()));

        assertThat(verify(writer.close()).findings()).isEmpty();
    }

    /** Streams are read by their ids: the first one read corrects what the second one tells. */
    @Test
    void verify_correctionInAStreamThatIsReadBefore_isSound() {
        Specimen operator = Specimen.writer(HonestPackage.WRITER, 0x10);
        operator.write(correcting(later(operator, "CORRECTED"), outcome.id().toString()));
        settled();

        assertThat(verify(both(operator)).findings()).isEmpty();
    }

    @Test
    void verify_correctionBeforeWhatItNames_isFound() {
        writer.write(writer.opening(TENANT), writer.decision(TENANT, decision, 5));
        writer.write(correcting(later(writer, "CORRECTED"), outcome.id().toString()), outcome);

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.CORRECTION_WITHOUT_OUTCOME);
            assertThat(finding.place().seq()).isEqualTo(4);
            assertThat(finding.message())
                    .isEqualTo("Event " + finding.place().event() + " corrects what became of decision " + decision
                            + " and names an event which does not come before it: a correction names the outcome before"
                            + " it. Ask who wrote it.");
        });
    }

    /** Whoever wrote the correction did nothing wrong. */
    @Test
    void verify_correctionOfAnOutcomeThatWasDeleted_accusesNobodyBeforeItIsLookedFor() {
        AuditEvent correction =
                correcting(later(writer, "CORRECTED"), outcome.id().toString());
        settled();
        writer.write(correction);
        List<SealedAuditEvent> all = new ArrayList<>(writer.close());
        all.removeIf(one -> one.event().id().equals(outcome.id()));

        VerificationReport report = verify(all);

        assertThat(codes(report)).containsExactly(FindingCode.EVENT_MISSING, FindingCode.CORRECTION_WITHOUT_OUTCOME);
        assertThat(report.findings().get(1).message())
                .isEqualTo("Event " + correction.id() + " corrects what became of decision " + decision
                        + " and names an event which is no outcome of that decision: a correction names the outcome before"
                        + " it. Ask who wrote it. First look for the events of tenant 'acme' that are missing or altered:"
                        + " what does not agree may be due to them alone.");
        assertThat(report.money()).isEqualTo(VerificationReport.Money.NOT_PROVEN);
    }

    /** In two streams, between which no order is proved. */
    @Test
    void verify_correctionsOfEachOther_areFound() {
        Specimen operator = Specimen.writer(HonestPackage.WRITER, 0x10);
        AuditEvent first = later(operator, "CORRECTED");
        AuditEvent second = later(writer, "CORRECTED");
        operator.write(correcting(first, second.id().toString()));
        settled();
        writer.write(correcting(second, first.id().toString()));

        assertThat(codes(verify(both(operator))))
                .containsExactly(FindingCode.CORRECTION_WITHOUT_OUTCOME, FindingCode.CORRECTION_WITHOUT_OUTCOME);
    }

    /** What goes on from a correction of nothing is not told as well. */
    @Test
    void verify_correctionOfACorrectionOfNothing_isOneFinding() {
        AuditEvent first = correcting(later(writer, "CORRECTED"), writer.id().toString());
        settled();
        writer.write(first, correcting(later(writer, "CORRECTED"), first.id().toString()));

        assertThat(codes(verify(writer.close()))).containsExactly(FindingCode.CORRECTION_WITHOUT_OUTCOME);
    }

    @Test
    void verify_correctionsOfWhatLiesBeforeTheCheckpoint_areNotProvenAndAtMostOneRow() {
        AuditEvent first = correcting(later(writer, "CORRECTED"), outcome.id().toString());
        settled();
        writer.write(first, correcting(later(writer, "CORRECTED"), first.id().toString()));
        List<SealedAuditEvent> all = writer.close();

        VerificationReport honest = fromCheckpoint(all, 4);
        VerificationReport settledHere = fromCheckpoint(all, 3);
        VerificationReport decidedHere = fromCheckpoint(all, 2);

        assertThat(honest.findings()).isEmpty();
        assertThat(honest.beginning()).isEqualTo(new Beginning(1, 1));
        assertThat(settledHere.findings()).isEmpty();
        assertThat(decidedHere.findings()).isEmpty();
    }

    @Test
    void verify_correctionsOfTwoOutcomesBeforeTheCheckpoint_areFound() {
        settled();
        writer.write(
                correcting(later(writer, "CORRECTED"), outcome.id().toString()),
                correcting(later(writer, "CORRECTED"), writer.id().toString()));

        assertThat(codes(fromCheckpoint(writer.close(), 4))).containsExactly(FindingCode.CORRECTION_WITHOUT_OUTCOME);
    }

    @Test
    void verify_correctionOfNothingAfterACheckpointThatItsOutcomeFollows_isFound() {
        settled();
        writer.write(correcting(later(writer, "CORRECTED"), writer.id().toString()));

        List<SealedAuditEvent> all = writer.close();

        assertThat(codes(fromCheckpoint(all, 3))).containsExactly(FindingCode.CORRECTION_WITHOUT_OUTCOME);
        assertThat(codes(fromCheckpoint(all, 2))).containsExactly(FindingCode.CORRECTION_WITHOUT_OUTCOME);
    }

    @Test
    void end_correctionsOfADroppedOutcome_areOneRow() {
        AuditEvent first = correcting(later(writer, "CORRECTED"), outcome.id().toString());
        facts.droppedDecision(TENANT, decision);
        facts.droppedOutcome(TENANT, decision);

        take(first, 1);
        take(correcting(later(writer, "REFUNDED"), first.id().toString()), 2);
        tell();
        assertThat(findings.inOrder()).isEmpty();

        take(correcting(later(writer, "REFUNDED"), writer.id().toString()), 3);
        tell();
        assertThat(findings.inOrder()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.CORRECTION_WITHOUT_OUTCOME);
            assertThat(finding.place().seq()).isEqualTo(3);
        });
    }

    @Test
    void verify_excerptWithoutWhatItsCorrectionNames_isSound() {
        settled();
        AuditEvent correction =
                correcting(later(writer, "CORRECTED"), outcome.id().toString());
        writer.write(Specimen.inRun(correction, "run-2"));
        Path file = Specimen.export(
                directory.resolve("e.zip"),
                writer.close(),
                HonestPackage.EXPORTER,
                null,
                EvidenceFilter.ALL.ofRun("run-2"));

        VerificationReport report = BothWays.verify(file, StartAttacks.TRUST);

        assertThat(report.findings()).isEmpty();
        assertThat(report.events()).isEqualTo(1);
    }

    /** Whichever stream comes first in the package. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void end_outcomeBesideADroppedOne_isFound(boolean droppedFirst) {
        facts.droppedDecision(TENANT, decision);
        if (droppedFirst) {
            facts.droppedOutcome(TENANT, decision);
        }
        take(outcome, 1);
        if (!droppedFirst) {
            facts.droppedOutcome(TENANT, decision);
        }
        tell();

        assertThat(findings.inOrder()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.OUTCOME_TWICE);
            assertThat(finding.place().event()).isEqualTo(outcome.id());
        });
    }

    @Test
    void end_decisionBesideADroppedOne_isFound() {
        check.decision(place(1), envelope(), decided());
        facts.droppedDecision(TENANT, decision);
        tell();

        assertThat(findings.inOrder())
                .extracting(Finding::code, Finding::place)
                .containsExactly(tuple(FindingCode.DECISION_TWICE, DROPPED));
    }

    /** In shadow mode a call may pass without a hold: there is nothing that a part could come too late for. */
    @Test
    void end_partOfACallWithoutAHold_afterItsOutcome_isSound() {
        JsonObject part = JsonObject.create()
                .put(
                        "part",
                        JsonObject.create()
                                .put("decision", decision.toString())
                                .put("number", 1)
                                .put("committed", true))
                .put("entries", List.of());
        JsonObject last = JsonObject.create()
                .put(
                        "outcome",
                        JsonObject.create()
                                .put("decision", decision.toString())
                                .put("kind", "COMMITTED")
                                .put("final", true))
                .put("entries", List.of());
        JsonObject watched = decided();
        watched.object("decision").put("mode", "shadow");
        check.decision(place(1), envelope(), watched);
        check.outcome(place(2), Specimen.NOW, envelope(), last);
        check.part(place(3), envelope(), part);
        tell();

        assertThat(findings.inOrder()).isEmpty();
    }

    /** Says what follows from all facts so far. */
    private void tell() {
        DecisionBook book = new DecisionBook(new Scope(), findings);
        facts.tell(
                new IdBook(findings),
                new KeyBook(findings),
                book,
                new CostBook(findings),
                new ApprovalBook(new ContractBook(new Scope(), findings), book, findings));
    }

    private JsonObject envelope() {
        return JsonObject.create().put("id", writer.id().toString()).put("decisionid", decision.toString());
    }

    /** Without a hold. */
    private JsonObject decided() {
        return JsonObject.create()
                .put(
                        "decision",
                        JsonObject.create().put("id", decision.toString()).put("effect", "STOP"))
                .put("entries", List.of());
    }

    private static Place place(long seq) {
        return new Place("events", seq, TENANT, new UUID(1, 1), seq, new UUID(2, seq));
    }

    private void take(AuditEvent event, long seq) {
        JsonObject envelope = JsonObject.parse(event.payload());
        Place place = new Place("events", seq, TENANT, new UUID(1, 1), seq, event.id());
        check.outcome(place, Specimen.NOW, envelope, envelope.object("data"));
    }

    /** Opened, account, decision, outcome. */
    private void settled() {
        writer.write(writer.opening(TENANT), writer.decision(TENANT, decision, 5));
        writer.write(outcome);
    }

    /** What is said later of the call, and moves nothing more. */
    private AuditEvent later(Specimen by, String kind) {
        return by.outcome(TENANT, decision, kind);
    }

    private List<SealedAuditEvent> both(Specimen operator) {
        List<SealedAuditEvent> all = new ArrayList<>(operator.close());
        all.addAll(writer.close());
        return all;
    }

    /** What comes after the stream's first events, so many. */
    private VerificationReport fromCheckpoint(List<SealedAuditEvent> all, int first) {
        SpecimenLog log = SpecimenLog.by(HonestPackage.LOG).take(all.subList(0, first));
        Anchors auditor = StartAttacks.TRUST.with(log.signed());
        return verify(all, log.take(all.subList(first, all.size())).from(1), auditor);
    }

    private VerificationReport verify(List<SealedAuditEvent> events) {
        return verify(events, null, StartAttacks.TRUST);
    }

    private VerificationReport verify(List<SealedAuditEvent> events, @Nullable LogExport log, Anchors anchors) {
        Path file = directory.resolve("e" + exports++ + ".zip");
        return BothWays.verify(Specimen.export(file, events, HonestPackage.EXPORTER, log), anchors);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
