package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.Receipts;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Receipt;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.CertifiedSigner;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.verify.ReceiptReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every decision that was written hands over its place in the evidence. */
class DecisionReceiptTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

    private final InMemoryLedger ledger = new InMemoryLedger(NOON);
    private Signer key = Ed25519Signer.generate();

    @TempDir
    private Path directory;

    @Test
    void receipt_ofAllowedAndRefused_standsInTheExport() throws IOException {
        List<String> lines = new ArrayList<>();
        try (Guard guard = guard("enforce")) {
            for (int i = 0; i < 8; i++) { // five fit into a dollar
                Decision decision = guard.decide(call("step " + i));
                Receipt receipt = decision.receipt().orElseThrow();
                assertThat(receipt.event()).isEqualTo(decision.auditEvent().orElseThrow());
                assertThat(receipt.tenant()).isEqualTo("acme");
                assertThat(receipt.issuedAt()).isEqualTo(NOON.instant());
                lines.add(Receipts.toLine(receipt));
            }
        }
        Path evidence = directory.resolve("e.zip");
        EvidenceExport.from(ledger).write(key, NOON, evidence);

        VerificationReport report = Verifier.verify(
                evidence, Anchors.of(key.verificationKey()), Files.write(directory.resolve("receipts.jsonl"), lines));

        assertThat(report.findings()).isEmpty();
        assertThat(report.receipts()).isEqualTo(new ReceiptReport(8, 8, 0, 0));
    }

    @Test
    void receipt_ofACertifiedKey_carriesItsCertificate() {
        Signer root = Ed25519Signer.generate();
        try (CertifiedSigner certified = CertifiedSigner.by(root).open(NOON)) {
            key = certified;
            try (Guard guard = guard("enforce")) {
                Receipt receipt = guard.decide(call("once")).receipt().orElseThrow();

                assertThat(receipt.certificate())
                        .isEqualTo(
                                certified.certificate().orElseThrow().toJson().toString());
                assertThat(Receipts.parse(Receipts.toLine(receipt).getBytes(StandardCharsets.UTF_8)))
                        .isEqualTo(receipt);
            }
        }
    }

    @Test
    void receipt_ofADecisionToldAgain_isNotHandedOutTwice() {
        try (Guard guard = guard("enforce")) {
            assertThat(guard.decide(call("once")).receipt()).isPresent();
            assertThat(guard.decide(call("once")).receipt()).isEmpty();
        }
    }

    @Test
    void receipt_inShadowMode_isHandedOutToo() {
        try (Guard guard = guard("shadow")) {
            assertThat(guard.decide(call("imagined")).receipt()).isPresent();
        }
    }

    private Guard guard(String mode) {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one-dollar, tenant: acme}
                        spec:
                          mode: %s
                          budgets:
                            - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                        """.formatted(mode), "one-dollar.yaml"))
                .ledger(ledger)
                .signer(key)
                .clock(NOON)
                .build();
    }

    private static Action call(String key) {
        return Action.llmCall("openai", "gpt-4o")
                .key(key)
                .run("run-" + key)
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }
}
