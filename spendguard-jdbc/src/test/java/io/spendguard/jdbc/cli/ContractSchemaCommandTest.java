package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import org.junit.jupiter.api.Test;

class ContractSchemaCommandTest {
    @Test
    void schema_printed_isTheLibrarys() {
        Console console = Console.run("contract", "schema");

        assertThat(console.exitCode()).isZero();
        assertThat(console.out()).isEqualTo(Contract.schema()).contains("\"title\": \"SpendGuard contract\"");
    }
}
