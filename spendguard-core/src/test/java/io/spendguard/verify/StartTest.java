package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonException;
import io.spendguard.model.Unit;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A package that begins after a checkpoint, before auditors who hold that one, another one or none. */
class StartTest {
    @TempDir
    Path directory;

    @Test
    void verify_checkpointInTheAnchors_saysWhatItProvesAndWhatNot() {
        VerificationReport report = verify(StartAttacks.AUDITOR, null);

        assertThat(report.findings()).isEmpty();
        assertThat(report.beginning()).isEqualTo(new Beginning(2, 1));
        assertThat(report.money()).isEqualTo(VerificationReport.Money.FROM_CHECKPOINT);
        assertThat(report.accounts()).singleElement().satisfies(account -> {
            assertThat(account.spent()).hasToString("0.25 USD");
            assertThat(account.held()).hasToString("0.00 USD");
        });
        assertThat(report.unprovedLine())
                .contains(
                        "NOT PROVEN (from checkpoint 2): decisions and outcomes before it, streams that ended before it,"
                                + " what was decided of 1 decisions that lie before it and have outcomes here, holds open at it,"
                                + " what accounts opened before it are (budget, key, window, unit, namespace, granted),"
                                + " which key opened streams that go on, whether they were closed before, and who closed"
                                + " others");
        assertThat(report.notes())
                .contains(
                        "completeness: every event after checkpoint 2 up to checkpoint 3 of example.com/log is here (4), in"
                                + " one history with the checkpoint the anchors hold",
                        "money: from the balances that the earlier checkpoint covers on, every balance re-derived");
    }

    /** An account that no event moves shows its opening alone: with an impossible one it would be shown by nothing. */
    @Test
    void carry_openingThatCannotBe_isRefused() {
        for (long[] wrong : List.of(
                new long[] {100, 101, 0, 0, 0},
                new long[] {-1, -2, 0, 0, 0},
                new long[] {100, 0, -1, 0, 0},
                new long[] {100, 0, 0, -1, 0},
                new long[] {100, 0, 0, 0, -1},
                new long[] {100, 0, 60, 60, 0})) {
            OpeningBalance opening = new OpeningBalance(
                    "acme",
                    new UUID(1, 2),
                    "enforce",
                    "day",
                    "",
                    "2026-01-01T00:00:00Z",
                    "2026-01-02T00:00:00Z",
                    new Unit("USD"),
                    wrong[0],
                    wrong[1],
                    wrong[2],
                    wrong[3],
                    wrong[4]);

            assertThatThrownBy(() -> new AccountBooks(
                                    new Scope(), new ContractBook(new Scope(), new Findings()), new Findings())
                            .carry(opening))
                    .isInstanceOf(JsonException.class)
                    .hasMessageContaining("cannot have begun with these balances");
        }
    }

    @Test
    void verify_laterCheckpointInTheAnchors_isOneHistoryAsWell() {
        assertThat(verify(StartAttacks.TRUST.with(StartAttacks.log().signed()), null)
                        .findings())
                .isEmpty();
    }

    @Test
    void verify_checkpointGivenBesideAnchorsWithoutOne_isEnough() {
        VerificationReport report =
                verify(StartAttacks.TRUST, StartAttacks.earlier().checkpoint());

        assertThat(report.summary()).isEqualTo("evidence: verified (FROM CHECKPOINT 2), 4 events, 0 findings");
        assertThat(report.notes())
                .anyMatch(note -> note.endsWith("in one history with the checkpoint given to compare with"));
    }

    @Test
    void verify_checkpointGivenBesideAnchorsWithAnEarlierOne_isNotProvenToContinueThat() {
        VerificationReport report = verify(
                StartAttacks.TRUST.with(SpecimenLog.by(HonestPackage.LOG)
                        .take(StartAttacks.LIFE.subList(0, 3))
                        .signed()),
                StartAttacks.earlier().checkpoint());

        assertThat(report.summary())
                .isEqualTo("evidence: verified (FROM CHECKPOINT 2, NOT PROVEN to continue checkpoint 1 of the anchors),"
                        + " 4 events, 0 findings");
        assertThat(report.unproved()).hasSize(7).startsWith("that it continues checkpoint 1 of the anchors");
    }

    /** Three heads are a tree of two and one more: the frontier at 3 shows the root at 2. */
    @Test
    void verify_earlierCheckpointOfTheAnchorsThatTheFrontierShows_isContinued() {
        SpecimenLog log = StartAttacks.earlier().take(HonestPackage.INITECH);
        SignedNote third = log.checkpoint();
        Path file = export(
                StartAttacks.LIFE, log.take(StartAttacks.LIFE.subList(3, 7)).from(3));
        Anchors forked = StartAttacks.TRUST.with(SpecimenLog.by(HonestPackage.LOG)
                .take(HonestPackage.GLOBEX)
                .take(HonestPackage.ACME)
                .signed());

        VerificationReport report = BothWays.verify(file, StartAttacks.AUDITOR, null, third);

        assertThat(report.summary()).isEqualTo("evidence: verified (FROM CHECKPOINT 3), 4 events, 0 findings");
        assertThat(report.log().isContinuation()).isTrue();
        assertThat(codes(BothWays.verify(file, StartAttacks.AUDITOR)))
                .as("what lies between both was not verified")
                .containsExactly(FindingCode.CHECKPOINT_MISSING);
        assertThat(codes(BothWays.verify(file, forked, null, third)))
                .containsExactly(FindingCode.CHECKPOINT_INCONSISTENT);
    }

    @Test
    void verify_noCheckpointToCompareWith_isFound() {
        assertThat(codes(verify(StartAttacks.TRUST, null))).containsExactly(FindingCode.CHECKPOINT_MISSING);
        assertThat(codes(verify(
                        StartAttacks.TRUST,
                        SpecimenLog.by(HonestPackage.LOG)
                                .take(StartAttacks.LIFE.subList(0, 3))
                                .checkpoint())))
                .as("an earlier one tells nothing of what lies between")
                .containsExactly(FindingCode.CHECKPOINT_MISSING);
    }

    @Test
    void verify_checkpointGivenThatNobodySignedOrOfAnotherPast_isFound() {
        SpecimenLog strangers = SpecimenLog.by(HonestPackage.STRANGER).take(StartAttacks.LIFE.subList(0, 3));
        SpecimenLog other =
                SpecimenLog.by(HonestPackage.LOG).take(HonestPackage.GLOBEX).take(HonestPackage.INITECH);

        assertThat(codes(verify(StartAttacks.AUDITOR, strangers.checkpoint())))
                .containsExactly(FindingCode.CHECKPOINT_NOT_SIGNED);
        assertThat(codes(verify(StartAttacks.AUDITOR, other.checkpoint())))
                .containsExactly(FindingCode.CHECKPOINT_INCONSISTENT);
        assertThat(codes(verify(
                        StartAttacks.AUDITOR, other.named("example.com/other").checkpoint())))
                .containsExactly(FindingCode.CHECKPOINT_INCONSISTENT);
    }

    @Test
    void verify_checkpointGivenToAPackageWithoutALog_isMissingThere() {
        Path file = Specimen.export(directory.resolve("without.zip"), HonestPackage.ACME, HonestPackage.EXPORTER);
        SignedNote kept = StartAttacks.earlier().checkpoint();

        VerificationReport report = BothWays.verify(file, StartAttacks.TRUST, null, kept);

        assertThat(report.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.code()).isEqualTo(FindingCode.CHECKPOINT_MISSING));
    }

    @Test
    void verify_noteGivenThatIsNoCheckpoint_isRefusedWhateverThePackage() {
        Path file = Specimen.export(directory.resolve("without.zip"), HonestPackage.ACME, HonestPackage.EXPORTER);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Verifier.verify(file, StartAttacks.TRUST, null, SignedNote.of("hello\n")))
                .withMessage("Checkpoint is not three lines: origin, size and root in base64. Copy it whole.");
    }

    @Test
    void verify_tenantThatBeganAfterTheCheckpoint_isWhole() {
        SpecimenLog log = StartAttacks.earlier().take(HonestPackage.INITECH);
        Path file = export(HonestPackage.INITECH, log.from(2));

        VerificationReport report = BothWays.verify(file, StartAttacks.AUDITOR);

        assertThat(report.findings()).isEmpty();
        assertThat(report.beginning()).isEqualTo(new Beginning(2, 0));
        assertThat(report.events()).isEqualTo(7);
    }

    @Test
    void verify_streamClosedForItsWriterByOneWhoseOwnCertificateLiesBefore_holds() {
        Specimen dead = Specimen.writer(HonestPackage.WRITER, 0x7000);
        dead.write(dead.opening("acme", "1.00 USD", 1_000_000_000));
        Signer certified = Stating.by(HonestPackage.ROOT, Ed25519Signer.generate(), List.of("acme"), Specimen.NOW);
        Specimen closer = Specimen.writer(certified, 0x8000);
        closer.write(closer.decision("acme", closer.id(), 5));
        List<SealedAuditEvent> all = closer.closeFor(dead.leaveOpen());
        List<SealedAuditEvent> before = all.subList(0, all.size() - 1);
        SpecimenLog log = SpecimenLog.by(HonestPackage.LOG).take(before);
        Anchors auditor =
                StartAttacks.TRUST.with(HonestPackage.ROOT.verificationKey()).with(log.signed());
        Path file =
                export(all, log.take(all.subList(all.size() - 1, all.size())).from(1));

        VerificationReport report = BothWays.verify(file, auditor);

        assertThat(report.findings()).isEmpty();
        assertThat(report.streams())
                .extracting(StreamReport::state)
                .containsExactly(StreamReport.State.CLOSED_BY_FENCE);
    }

    @Test
    void export_nothingBetween_writesNothing() {
        assertThatThrownBy(() -> export(HonestPackage.GLOBEX, StartAttacks.log().from(2)))
                .isInstanceOf(EvidenceException.class)
                .hasMessage(
                        "No event lies between checkpoint 2 and the last one, so there is nothing to prove. Run: spendguard"
                                + " log checkpoint");
        assertThat(directory.resolve("e.zip")).doesNotExist();
    }

    @Test
    void export_balancesThatTheCheckpointDoesNotCover_writesNothing() {
        SpecimenLog log = SpecimenLog.by(HonestPackage.LOG)
                .lieAboutSpending(1)
                .take(StartAttacks.LIFE.subList(0, 3))
                .take(StartAttacks.LIFE.subList(3, 7));

        assertThatThrownBy(() -> export(StartAttacks.LIFE, log.from(1)))
                .isInstanceOf(EvidenceException.class)
                .hasMessage(
                        "The balances that follow from the events of tenant 'acme' before checkpoint 1 are not those that"
                                + " it covers. Run: spendguard ledger check");
        assertThat(directory.resolve("e.zip")).doesNotExist();
    }

    @Test
    void export_excerptFromACheckpoint_isRefused() {
        Signer exporter = HonestPackage.EXPORTER;
        LogExport log = StartAttacks.log().from(2);

        assertThatThrownBy(() -> Specimen.export(
                        directory.resolve("e.zip"),
                        StartAttacks.LIFE,
                        exporter,
                        log,
                        EvidenceFilter.ALL.ofRun("run-1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("An excerpt (run 'run-1') cannot begin after a checkpoint");
    }

    private VerificationReport verify(Anchors anchors, @Nullable SignedNote given) {
        return BothWays.verify(export(StartAttacks.LIFE, StartAttacks.log().from(2)), anchors, null, given);
    }

    private Path export(List<SealedAuditEvent> events, LogExport log) {
        try {
            Files.deleteIfExists(directory.resolve("e.zip"));
        } catch (java.io.IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
        return Specimen.export(directory.resolve("e.zip"), events, HonestPackage.EXPORTER, log);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
