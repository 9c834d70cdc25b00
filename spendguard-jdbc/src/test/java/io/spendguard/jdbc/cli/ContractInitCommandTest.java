package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractInitCommandTest {
    @TempDir
    Path directory;

    @Test
    void init_newFile_writesAContractThatPassesItsCases() {
        Path file = directory.resolve("agent.yaml");

        Console init = Console.run("contract", "init", file.toString());
        Console test = Console.run("contract", "test", "--min-coverage", "100", file.toString());

        assertThat(init.exitCode()).isZero();
        assertThat(init.out())
                .isEqualTo(file + ": a contract to begin with\n" + directory.resolve("agent.tests.yaml")
                        + ": its cases; run them with 'spendguard contract test " + file + "'\n");
        assertThat(Contract.load(file).warnings()).isEmpty();
        assertThat(test.out()).isEqualTo("""
                agent.yaml: 4 cases, 0 failed, 3 of 3 rules covered
                contract test: passed, 1 contracts, 4 cases, 0 failures
                """);
    }

    @Test
    void init_existingFileOrCases_overwritesNothing() throws IOException {
        Path file = directory.resolve("agent.yaml");
        Path cases = Files.writeString(directory.resolve("agent.tests.yaml"), "mine");

        Console besideCases = Console.run("contract", "init", file.toString());
        Files.writeString(file, "mine too");
        Console overContract = Console.run("contract", "init", file.toString());

        assertThat(besideCases.exitCode()).isEqualTo(2);
        assertThat(besideCases.err())
                .isEqualTo("spendguard: File " + cases
                        + " is there already: nothing is overwritten. Name another, or remove it.\n");
        assertThat(overContract.exitCode()).isEqualTo(2);
        assertThat(file).hasContent("mine too");
        assertThat(cases).hasContent("mine");
    }

    @Test
    void init_nameThatIsNoContracts_cannotRun() {
        Console console = Console.run(
                "contract", "init", directory.resolve("a.tests.yaml").toString());

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(directory).isEmptyDirectory();
    }
}
