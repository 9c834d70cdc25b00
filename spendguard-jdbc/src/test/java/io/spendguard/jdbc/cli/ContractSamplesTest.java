package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sample contracts answer as their cases say, and their cases leave out no rule. */
class ContractSamplesTest {
    private static final Path SAMPLES = Path.of("../examples/contracts");

    @Test
    void test_samples_passWithEveryRuleCovered() {
        Console console = Console.run("contract", "test", SAMPLES.toString(), "--min-coverage", "100");

        assertThat(console.out()).endsWith(" cases, 0 failures\n");
        assertThat(console.err()).isEmpty();
        assertThat(console.exitCode()).isZero();
    }

    @Test
    void samples_allHaveCases() throws IOException {
        try (Stream<Path> files = Files.list(SAMPLES)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).sorted().toList();
            List<String> contracts =
                    names.stream().filter(name -> !name.endsWith(".tests.yaml")).toList();

            assertThat(contracts)
                    .hasSizeGreaterThan(13)
                    .allSatisfy(name -> assertThat(names).contains(name.replace(".yaml", ".tests.yaml")));
        }
    }
}
