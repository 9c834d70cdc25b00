package io.spendguard.jdbc.cli;

import io.spendguard.evidence.AuditEvent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code spendguard evidence schema} */
@Command(
        name = "schema",
        description = "Prints the form of audit events as a JSON Schema, for readers in other languages.",
        mixinStandardHelpOptions = true)
final class EvidenceSchemaCommand implements Callable<Integer> {
    private final Terminal terminal;

    EvidenceSchemaCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        AuditEvent.schema().lines().forEach(terminal::line);
        return SpendGuardCli.OK;
    }
}
