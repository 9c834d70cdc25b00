package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.bundle.ContractBundle;
import io.spendguard.contract.Contract;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractSignCommandTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar}
            spec:
              budgets:
                - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    @TempDir
    Path folder;

    private Path contract;
    private Path pem;
    private Ed25519Signer signer;

    @BeforeEach
    void write() throws IOException {
        contract = Files.writeString(folder.resolve("contract.yaml"), CONTRACT);
        pem = folder.resolve("author.pem");
        signer = Ed25519Signer.loadOrCreate(pem);
    }

    @Test
    void sign_contractAndLayer_makesABundleThatTheKeyVouchesFor() throws IOException {
        Path layer = Files.writeString(
                folder.resolve("acme.yaml"),
                CONTRACT.replace("{name: one-dollar}", "{name: acme, tenant: acme}")
                        .replace("daily", "acme_daily"));
        Path out = folder.resolve("bundle.json");

        Console console = Console.run(
                "contract",
                "sign",
                contract.toString(),
                layer.toString(),
                "--key",
                pem.toString(),
                "--out",
                out.toString());

        ContractBundle bundle = ContractBundle.load(out, Anchors.of(signer.verificationKey()));
        assertThat(console.exitCode()).isZero();
        assertThat(console.out())
                .isEqualTo(out + ": contract 'one-dollar/acme' "
                        + bundle.contract().digest() + ", prices "
                        + PriceBook.bundled().version() + ", signed by " + signer.keyId() + "\n");
        assertThat(bundle.contract().digest())
                .isEqualTo(Contract.load(contract, layer).digest());
    }

    @Test
    void sign_faultyContract_showsItsFaultsAndWritesNothing() throws IOException {
        Files.writeString(contract, CONTRACT.replace("limit:", "limt:"));
        Path out = folder.resolve("bundle.json");

        Console console =
                Console.run("contract", "sign", contract.toString(), "--key", pem.toString(), "--out", out.toString());

        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(console.out()).contains("contract.yaml:6:", "Did you mean 'limit'?");
        assertThat(out).doesNotExist();
    }

    @Test
    void sign_overAnExistingFile_isRefused() throws IOException {
        Path out = Files.writeString(folder.resolve("bundle.json"), "kept");

        Console console =
                Console.run("contract", "sign", contract.toString(), "--key", pem.toString(), "--out", out.toString());

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err()).contains("cannot be written");
        assertThat(out).hasContent("kept");
    }

    @Test
    void sign_noSuchContract_cannotRun() {
        Console console = Console.run(
                "contract", "sign", folder.resolve("none.yaml").toString(), "--key", pem.toString(), "--out", "x");

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err()).contains("cannot be read");
    }
}
