package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log's signed checkpoint contradicts, although every event is genuine and the manifest is signed. */
class LogFindingsTest {
    private static final Signer EVENTS = Ed25519Signer.generate();
    private static final Signer LOG = P256Signer.generate();
    private static final Anchors ANCHORS = Anchors.of(EVENTS.verificationKey(), LOG.verificationKey());

    private final List<SealedAuditEvent> acme = Specimen.life(EVENTS, "acme", 1);
    private final List<SealedAuditEvent> globex = Specimen.life(EVENTS, "globex", 0x9000);
    private int exports;

    @TempDir
    private Path directory;

    @Test
    void verify_genuineLog_isSound() {
        VerificationReport report = verify(log());

        assertThat(report.findings()).isEmpty();
        assertThat(report.log().covered()).isEqualTo(14);
    }

    @Test
    void verify_eventsInAnotherOrderThanTaken_differFromTheLog() {
        // The exporter says that the second writer's events were taken up first.
        SpecimenLog log = SpecimenLog.by(LOG).take(twoStreams("acme")).take(globex);
        SpecimenLog turned = log.showRuns(runs -> {
            List<LogRun> acmes =
                    runs.stream().filter(run -> run.tenant().equals("acme")).toList();
            LogRun first = acmes.get(0);
            LogRun second = acmes.get(1);
            List<LogRun> shown = new ArrayList<>();
            shown.add(new LogRun("acme", 0, second.stream(), second.from(), second.to()));
            shown.add(new LogRun("acme", second.end() - second.index(), first.stream(), first.from(), first.to()));
            shown.addAll(runs.subList(acmes.size(), runs.size()));
            return shown;
        });
        List<SealedAuditEvent> events = new ArrayList<>(twoStreams("acme"));
        events.addAll(globex);

        VerificationReport report = Verifier.verify(export(events, turned), ANCHORS);

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.LOG_DIFFERS);
            assertThat(finding.message())
                    .isEqualTo("The first 6 events of tenant 'acme' are not those that the log's head of that size"
                            + " covers: one of them, or their order, is another. Ask who exported them.");
        });
        assertThat(report.log()).isNull();
    }

    @Test
    void verify_anotherStreamInTheLoggedOnesPlace_differsFromTheLog() {
        List<SealedAuditEvent> second = Specimen.life(EVENTS, "acme", 0x5000);
        UUID logged = acme.get(0).stream();
        SpecimenLog log = log().showRuns(runs -> runs.stream()
                .map(run -> run.stream().equals(logged)
                        ? new LogRun("acme", run.index(), second.get(0).stream(), run.from(), run.to())
                        : run)
                .toList());
        List<SealedAuditEvent> events = new ArrayList<>(second);
        events.addAll(globex);

        assertThat(codes(Verifier.verify(export(events, log), ANCHORS))).containsExactly(FindingCode.LOG_DIFFERS);
    }

    @Test
    void verify_runsOfManyStreamsWhoseIdsHaveOneHash_areReadAllTheSame() {
        // In a hash table of keys without an order, each of them would be held against all others.
        SpecimenLog log = log().showRuns(runs -> {
            List<LogRun> shown = new ArrayList<>();
            for (long index = 0; index < 30_000; index++) {
                shown.add(new LogRun("acme", index, new UUID(index, index), 1, 1));
            }
            return shown;
        });

        VerificationReport report = verify(log);

        assertThat(codes(report)).contains(FindingCode.LOG_MALFORMED);
    }

    @Test
    void verify_headsOtherThanSigned_differFromTheLog() {
        for (UnaryOperator<List<LogHead>> change : List.<UnaryOperator<List<LogHead>>>of(
                heads -> {
                    heads.add(LogHead.of("initech", 1, Digest.sha256(new byte[0]), Digest.sha256(new byte[0])));
                    return heads;
                },
                heads -> {
                    Collections.swap(heads, 0, 1);
                    return heads;
                },
                heads -> {
                    heads.set(1, LogHead.of("globex", 7, Digest.sha256(new byte[0]), Digest.sha256(new byte[0])));
                    return heads;
                })) {
            VerificationReport report = verify(log().showHeads(change));

            assertThat(codes(report)).contains(FindingCode.LOG_DIFFERS);
            assertThat(report.findings())
                    .anySatisfy(
                            finding -> assertThat(finding.message())
                                    .endsWith(
                                            " heads of the log are not those that checkpoint 2 was signed over. Export again."));
        }
    }

    @Test
    void verify_balancesOtherThanTheEventsMake_differ() {
        SpecimenLog lying = SpecimenLog.by(LOG).lieAboutSpending(1).take(acme).take(globex);

        VerificationReport report = verify(lying);

        assertThat(codes(report)).containsExactly(FindingCode.BALANCES_DIFFER, FindingCode.BALANCES_DIFFER);
        assertThat(report.findings().get(0).message())
                .isEqualTo("The balances that follow from the events of tenant 'acme' are not those that checkpoint 2"
                        + " covers. Ask who keeps the log.");
        assertThat(report.findings().get(0).place().file())
                .isEqualTo(PackageNames.events("acme", acme.get(0).stream()));
    }

    @Test
    void verify_falseBalancesOfAnEarlierCheckpoint_differFromWhatItsEventsMake() {
        SpecimenLog lying = SpecimenLog.by(LOG).take(globex).lieAboutSpending(1).take(acme.subList(0, 4));

        assertThat(codes(verify(lying))).containsExactly(FindingCode.BALANCES_DIFFER);
    }

    @Test
    void verify_balancesOfAnEarlierCheckpoint_areNotComparedWithTheEnd() {
        SpecimenLog early = SpecimenLog.by(LOG).take(acme.subList(0, 4)).take(globex);

        VerificationReport report = verify(early);

        assertThat(report.findings()).isEmpty();
        assertThat(report.log().later()).isEqualTo(3);
    }

    @Test
    void verify_filesOfTheLogNotAllThere_areMalformed() throws IOException {
        for (String name : List.of(PackageNames.CHECKPOINT, PackageNames.HEADS, PackageNames.RUNS)) {
            assertMalformed(
                    genuine().remove(name),
                    "The log's files are not all there: checkpoint, heads and runs belong together. Export again.");
        }
    }

    @Test
    void verify_linesOfTheLogThatAreNone_areMalformed() throws IOException {
        assertMalformed(
                genuine().change(PackageNames.HEADS, text -> text.replaceFirst("\\{", "{ ")),
                "Line 1 of log/heads.jsonl is not what belongs there: The line is not canonical, or has members it should"
                        + " not have. Export again.");
        assertMalformed(
                genuine().change(PackageNames.RUNS, text -> text.replace("\"index\":0", "\"index\":1")),
                "Line 1 of log/runs.jsonl is not what belongs there: Leaf 0 of tenant 'acme' is of no event. Export again.");
        assertMalformed(
                genuine()
                        .change(
                                PackageNames.RUNS,
                                text -> text
                                        + text.lines().findFirst().orElseThrow().replace("acme", "initech") + "\n"),
                "Line 3 of log/runs.jsonl is not what belongs there: Tenant 'initech' has events in the log, but no head."
                        + " Export again.");
        assertMalformed(
                genuine().change(PackageNames.RUNS, text -> text.replaceFirst("(.*\n)(.*\n)", "$2$1")),
                "Line 2 of log/runs.jsonl is not what belongs there: Tenant 'acme' comes after 'globex': runs are in order."
                        + " Export again.");
        assertMalformed(
                genuine().change(PackageNames.CHECKPOINT, text -> text + text.substring(text.indexOf("\n\n") + 2)),
                "Note has a signature line twice. Remove one of them. Export again.");
        assertMalformed(
                genuine().change(PackageNames.RUNS, text -> text.replace("\"to\":7", "\"to\":8")),
                "The runs of tenant 'acme' name 8 leaves where its last head has 7. Export again.");
        assertMalformed(
                genuine().change(PackageNames.CHECKPOINT, text -> text.replace("\n2\n", "\ntwo\n")),
                "Checkpoint is damaged: For input string: \"two\" Export again.");
    }

    @Test
    void verify_headHeldBackOrShrinking_isMalformed() {
        VerificationReport hidden = verify(log().showHeads(heads -> {
            heads.set(0, heads.get(0).hidden());
            return heads;
        }));
        VerificationReport twice =
                verify(SpecimenLog.by(LOG).take(acme).take(globex).showHeads(heads -> {
                    heads.add(heads.get(0));
                    return heads;
                }));

        assertThat(messages(hidden))
                .contains("Head 0 of the log is held back, though its tenant is exported. Export again.");
        assertThat(messages(twice))
                .contains("Head 2 of the log has 7 events after one of 7: a tenant's tree only grows. Export again.");
    }

    private SpecimenLog log() {
        return SpecimenLog.by(LOG).take(acme).take(globex);
    }

    /** Two writers of one tenant, three events each. */
    private static List<SealedAuditEvent> twoStreams(String tenant) {
        Specimen first = Specimen.writer(EVENTS, 0x100);
        first.write(first.opening(tenant));
        List<SealedAuditEvent> events = new ArrayList<>(first.close());
        Specimen second = Specimen.writer(EVENTS, 0x3000);
        second.write(second.decision(tenant, second.id(), 1));
        events.addAll(second.close());
        return events;
    }

    private Tampered genuine() throws IOException {
        List<SealedAuditEvent> events = new ArrayList<>(acme);
        events.addAll(globex);
        return Tampered.open(export(events, log()));
    }

    private void assertMalformed(Tampered tampered, String message) throws IOException {
        Path file = tampered.sealManifest(EVENTS).save(directory.resolve("m" + exports++ + ".zip"));
        VerificationReport report = Verifier.verify(file, ANCHORS);

        assertThat(codes(report)).as(message).contains(FindingCode.LOG_MALFORMED);
        assertThat(messages(report)).contains(message);
        assertThat(report.log()).isNull();
    }

    private VerificationReport verify(SpecimenLog log) {
        List<SealedAuditEvent> events = new ArrayList<>(acme);
        events.addAll(globex);
        return Verifier.verify(export(events, log), ANCHORS);
    }

    private Path export(List<SealedAuditEvent> events, SpecimenLog log) {
        return Specimen.export(directory.resolve("e" + exports++ + ".zip"), events, EVENTS, log);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }

    private static List<String> messages(VerificationReport report) {
        return report.findings().stream().map(Finding::message).toList();
    }
}
