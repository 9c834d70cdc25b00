package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidencePackageWriter;
import io.spendguard.proof.Ed25519Signer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierCliTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    @Test
    void run_emptyPackage_isFoundAndSaid() {
        Path anchors = folder.resolve("anchors.json");
        Ed25519Signer signer = Ed25519Signer.loadOrCreate(folder.resolve("key.pem"), anchors);
        Path zip = folder.resolve("e.zip");
        try (EvidencePackageWriter writer =
                EvidencePackageWriter.create(zip, signer, Clock.systemUTC(), EvidenceFilter.ALL)) {
            writer.finish();
        }

        int exitCode = run(zip.toString(), "--anchors", anchors.toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(out.toString()).contains("evidence: NOT verified, 0 events, 1 findings", "PACKAGE_EMPTY");
    }

    @Test
    void run_noAnchors_cannotRunAndSaysWhatIsMissing() {
        int exitCode = run("e.zip");

        assertThat(exitCode).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo("spendguard: Missing required option: '--anchors=FILE'. Try 'spendguard-verify --help'."
                        + System.lineSeparator());
    }

    @Test
    void run_missingPackage_cannotRun() throws Exception {
        Path anchors = folder.resolve("anchors.json");
        Ed25519Signer.loadOrCreate(folder.resolve("key.pem"), anchors);

        assertThat(run(folder.resolve("no.zip").toString(), "--anchors", anchors.toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("does not exist. Name the zip itself.");
        assertThat(Files.exists(folder.resolve("no.zip"))).isFalse();
    }

    private int run(String... args) {
        return VerifierCli.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
