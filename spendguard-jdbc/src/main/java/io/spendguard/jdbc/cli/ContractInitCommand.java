package io.spendguard.jdbc.cli;

import io.spendguard.contract.ContractCases;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract init [FILE]} */
@Command(
        name = "init",
        description = "Writes a first contract with comments, and cases for it. Overwrites nothing.",
        mixinStandardHelpOptions = true)
final class ContractInitCommand extends ConsoleCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "the contract to be written, in a name that ends in .yaml; contract.yaml by default")
    private Path file = Path.of("contract.yaml");

    ContractInitCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.endsWith(".yaml") || name.endsWith(ContractCases.SUFFIX)) {
            return terminal.cannotRun(
                    "File " + file + " cannot be a contract with cases beside it: its name must end in"
                            + " .yaml and not in " + ContractCases.SUFFIX + ". Name another.");
        }
        Path cases = file.resolveSibling(name.substring(0, name.length() - ".yaml".length()) + ContractCases.SUFFIX);
        for (Path target : List.of(file, cases)) {
            if (Files.exists(target)) {
                return terminal.cannotRun(
                        "File " + target + " is there already: nothing is overwritten. Name another, or remove it.");
            }
        }
        write("starter.yaml", file);
        write("starter" + ContractCases.SUFFIX, cases);
        if (json) {
            terminal.json(JsonObject.create().put("contract", file.toString()).put("cases", cases.toString()));
        } else {
            terminal.line(file + ": a contract to begin with");
            terminal.line(cases + ": its cases; run them with 'spendguard contract test " + file + "'");
        }
        return SpendGuardCli.OK;
    }

    private static void write(String resource, Path target) throws IOException {
        try (InputStream in = ContractInitCommand.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(
                        "Resource " + resource + " is missing from the command line's jar. Use an unmodified jar.");
            }
            Files.write(target, in.readAllBytes(), StandardOpenOption.CREATE_NEW);
        }
    }
}
