package io.spendguard.examples;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Ledger;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.verify.Finding;
import io.spendguard.verify.HtmlReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a demo leaves for an auditor: {@code NAME.zip}, {@code NAME.anchors} with the key to trust, and what verifying the one with
 * the other says as a page, {@code NAME.html}.
 */
public final class Evidence {
    private final Path zip;
    private final Path anchors;
    private final Path page;
    private final Signer signer;

    private Evidence(Path zip, Path anchors, Path page, Signer signer) {
        this.zip = zip;
        this.anchors = anchors;
        this.page = page;
        this.signer = signer;
    }

    /**
     * Begins anew, with a new key that the anchors trust from the moment it is made. Outside of demos a key lives on, and
     * its anchors reach the auditor by another way than the evidence.
     */
    public static Evidence begin(Path folder, String name) {
        Path zip = folder.resolve(name + ".zip");
        Path anchors = folder.resolve(name + ".anchors");
        Path page = folder.resolve(name + ".html");
        Path key = folder.resolveSibling("signing-keys").resolve(name + ".pem");
        try {
            Files.createDirectories(folder);
            for (Path earlier : List.of(zip, anchors, page, key)) {
                Files.deleteIfExists(earlier);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Evidence of an earlier demo in " + folder + " cannot be replaced.", e);
        }
        return new Evidence(zip, anchors, page, Ed25519Signer.loadOrCreate(key, anchors));
    }

    /** Signs what the guard decides. */
    public Signer signer() {
        return signer;
    }

    /** Exports the tenant's evidence, and verifies it as an auditor would: from the two files alone. */
    public void exportAndVerify(Stage stage, String tenant, Contract contract) {
        try (Ledger ledger = stage.openLedger()) {
            EvidenceExport.from(ledger)
                    .tenant(tenant)
                    .contract(contract)
                    .priceBook(PriceBook.bundled())
                    .write(signer, stage.clock(), zip);
        }
        VerificationReport report = Verifier.verify(zip, Anchors.load(anchors));
        try (Writer out = Files.newBufferedWriter(page)) {
            HtmlReport.write(report, String.valueOf(zip.getFileName()), out);
        } catch (IOException e) {
            throw new UncheckedIOException("Report " + page + " cannot be written.", e);
        }
        stage.tell("%s", report.summary());
        if (!report.isVerified()) {
            throw new DemoFailedException("Evidence " + zip + " does not verify:\n"
                    + report.findings().stream().map(Finding::toString).collect(Collectors.joining("\n")));
        }
    }
}
