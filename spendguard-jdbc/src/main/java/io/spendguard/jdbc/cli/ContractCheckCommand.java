package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractCases;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract check FILE...} */
@Command(
        name = "check",
        description = "Reports every fault of contracts, with line, column and remedy.",
        mixinStandardHelpOptions = true)
final class ContractCheckCommand extends ConsoleCommand {
    @Mixin
    private final ContractSource source = new ContractSource();

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "the contracts")
    private List<Path> files = new ArrayList<>();

    ContractCheckCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        for (Path file : files) {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                return terminal.cannotRun("Contract " + file + " cannot be read. Name a file this process may read.");
            }
        }
        for (Path file : files) {
            if (file.toString().endsWith(ContractCases.SUFFIX)) {
                return terminal.cannotRun(
                        "File " + file + " holds cases of a contract, as its name says, and no contract."
                                + " Leave it out, and run them with 'spendguard contract test'.");
            }
        }
        List<JsonObject> answers = new ArrayList<>();
        int count = 0;
        for (Path file : files) {
            try {
                Contract contract = source.load(file);
                accepted(file, contract, answers);
            } catch (ContractException faulty) {
                count += faulty.findings().size();
                refused(file, faulty.findings(), answers);
            }
        }
        if (json) {
            terminal.json(JsonObject.create().put("contracts", answers).put("findingCount", count));
        } else {
            terminal.line("contract: " + (count == 0 ? "accepted" : "NOT accepted") + ", " + files.size() + " files, "
                    + count + " findings");
        }
        return count == 0 ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }

    private void accepted(Path file, Contract contract, List<JsonObject> answers) {
        if (json) {
            answers.add(JsonObject.create()
                    .put("file", file.toString())
                    .put("accepted", true)
                    .put("name", contract.name())
                    .put("digest", contract.digest().hex())
                    .put("findings", List.of())
                    .put("warnings", toJson(contract.warnings())));
        } else {
            contract.warnings().forEach(warning -> terminal.line("warning: " + warning));
            terminal.line(file + ": accepted, " + contract.budgets().size() + " budgets, "
                    + contract.rules().size() + " rules, digest " + contract.digest());
        }
    }

    private void refused(Path file, List<Finding> findings, List<JsonObject> answers) {
        if (json) {
            answers.add(JsonObject.create()
                    .put("file", file.toString())
                    .put("accepted", false)
                    .put("findings", toJson(findings))
                    .put("warnings", List.of()));
        } else {
            findings.forEach(finding -> terminal.line(finding.toString()));
        }
    }

    static List<JsonObject> toJson(List<Finding> findings) {
        return findings.stream()
                .map(finding -> JsonObject.create()
                        .put("file", finding.file())
                        .put("line", finding.line())
                        .put("column", finding.column())
                        .put("path", finding.path())
                        .put("message", finding.message()))
                .toList();
    }
}
