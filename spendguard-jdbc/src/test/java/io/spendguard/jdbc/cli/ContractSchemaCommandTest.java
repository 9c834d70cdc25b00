package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.evidence.AuditEvent;
import org.junit.jupiter.api.Test;

class ContractSchemaCommandTest {
    @Test
    void schema_printed_isTheLibrarys() {
        Console console = Console.run("contract", "schema");

        assertThat(console.exitCode()).isZero();
        assertThat(console.out()).isEqualTo(Contract.schema()).contains("\"title\": \"SpendGuard contract\"");
    }

    @Test
    void evidenceSchema_printed_isTheLibrarys() {
        Console console = Console.run("evidence", "schema");

        assertThat(console.exitCode()).isZero();
        assertThat(console.out()).isEqualTo(AuditEvent.schema()).contains("\"title\": \"SpendGuard audit event\"");
    }
}
