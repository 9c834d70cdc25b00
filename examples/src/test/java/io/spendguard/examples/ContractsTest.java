package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractCases;
import io.spendguard.contract.ModelCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContractsTest {
    @ParameterizedTest
    @MethodSource("contracts")
    void load_everySample_hasNeitherFaultNorWarning(Path file) {
        Contract contract = Contract.load(file);

        assertThat(contract.name() + ".yaml").isEqualTo(file.getFileName().toString());
        assertThat(contract.check(ModelCatalogue.EMPTY)).isEmpty();
        assertThat(contract.warnings(ModelCatalogue.EMPTY)).isEmpty();
    }

    @Test
    void contracts_inTheFolder_areThere() throws IOException {
        assertThat(contracts()).hasSizeGreaterThan(13);
    }

    static List<Path> contracts() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("contracts"))) {
            return files.filter(file -> !file.toString().endsWith(ContractCases.SUFFIX))
                    .sorted()
                    .toList();
        }
    }
}
