package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code spendguard contract schema} */
@Command(
        name = "schema",
        description = "Prints the contract language as a JSON Schema, for editors.",
        mixinStandardHelpOptions = true)
final class ContractSchemaCommand implements Callable<Integer> {
    private final Terminal terminal;

    ContractSchemaCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Contract.schema().lines().forEach(terminal::line);
        return SpendGuardCli.OK;
    }
}
