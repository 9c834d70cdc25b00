package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.proof.Anchors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way to tamper with evidence, tried for real on one honest package, before one and the same auditor. */
class AttackCatalogueTest {
    private static final String HEADER = "| done to the evidence | by who holds | first finding | names |";

    @TempDir
    private static Path directory;

    private static HonestPackage honest;

    @BeforeAll
    static void publish() throws IOException {
        honest = new HonestPackage(directory);
    }

    static List<Attack> catalogue() {
        return Stream.of(
                        PackageAttacks.onEvents(),
                        KeyHolderAttacks.onContent(),
                        MoneyAttacks.all(),
                        ChargeAttacks.all(),
                        HoldAttacks.all(),
                        LimitAttacks.all(),
                        ApprovalAttacks.all(),
                        KeyHolderAttacks.onKeys(),
                        FenceAttacks.all(),
                        KeyHolderAttacks.onLog(),
                        PackageAttacks.onFiles(),
                        ExcerptAttacks.all(),
                        StartAttacks.all())
                .flatMap(List::stream)
                .toList();
    }

    @Test
    void verify_honestPackage_findsNothing() throws IOException {
        VerificationReport report = verify(honest.bytes());

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(7, 7, 0, 0));
    }

    @Test
    void verify_honestExcerpt_findsNothing() throws IOException {
        VerificationReport report = verify(honest.excerpt().toBytes());

        assertThat(report.findings()).isEmpty();
        assertThat(report.events()).isEqualTo(6);
    }

    @Test
    void verify_honestPackageFromACheckpoint_findsNothing() throws IOException {
        VerificationReport report = verify(honest.signed(StartAttacks.honest()), StartAttacks.AUDITOR);

        assertThat(report.findings()).isEmpty();
        assertThat(report.summary()).isEqualTo("evidence: verified (FROM CHECKPOINT 2), 4 events, 0 findings");
    }

    @ParameterizedTest
    @MethodSource("catalogue")
    void verify_attack_isNamed(Attack attack) throws IOException {
        VerificationReport report = verify(attack.craft().make(honest), attack.auditor());

        assertThat(report.findings()).as(attack.row()).isNotEmpty();
        Finding first = report.findings().get(0);
        assertThat(first.code()).as("%s%n%s", attack.row(), report.findings()).isEqualTo(attack.finding());
        assertThat(attack.names().covers().test(first.place()))
                .as("%s%n%s", attack.row(), report.findings())
                .isTrue();
    }

    @Test
    void document_listsTheCatalogue() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/evidence.md"));
        List<String> rows = page.subList(page.indexOf(HEADER) + 2, page.size()).stream()
                .takeWhile(line -> line.startsWith("|"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(catalogue().stream().map(Attack::row).toList());
    }

    private static VerificationReport verify(byte[] zip) throws IOException {
        return verify(zip, HonestPackage.anchors());
    }

    private static VerificationReport verify(byte[] zip, Anchors auditor) throws IOException {
        Path file = Files.write(Files.createTempFile(directory, "shown", ".zip"), zip);
        return BothWays.verify(file, auditor, honest.receipts());
    }
}
