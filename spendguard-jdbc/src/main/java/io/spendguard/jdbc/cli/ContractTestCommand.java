package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractCases;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.json.JsonObject;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract test DIR|FILE...} */
@Command(
        name = "test",
        description = "Rehearses the cases beside contracts: those of NAME.yaml stand in NAME.tests.yaml.",
        mixinStandardHelpOptions = true)
final class ContractTestCommand extends ConsoleCommand {
    @Mixin
    private final ContractSource source = new ContractSource();

    @Parameters(arity = "1..*", paramLabel = "DIR|FILE", description = "contracts, their cases, or folders of them")
    private List<Path> places = new ArrayList<>();

    @Option(
            names = "--min-coverage",
            paramLabel = "PERCENT",
            description = "fail a contract of whose rules fewer are matched by some case; 0 by default")
    private int minCoverage;

    @Option(names = "--prices", paramLabel = "FILE", description = "a price book; the library's own by default")
    private @Nullable Path prices;

    ContractTestCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws IOException {
        if (minCoverage < 0 || minCoverage > 100) {
            return terminal.cannotRun("Option --min-coverage is " + minCoverage
                    + ": 0 to 100 percent of the rules can be asked for. Choose a number in that range.");
        }
        PriceBook book = prices == null ? PriceBook.bundled() : PriceBook.load(prices);
        Set<Path> files = new LinkedHashSet<>();
        for (Path place : places) {
            List<Path> found = Files.isDirectory(place) ? inFolder(place) : List.of(casesOf(place));
            if (found.isEmpty()) {
                return terminal.cannotRun("Folder " + place + " holds no file that ends in " + ContractCases.SUFFIX
                        + ", so nothing would be tested. Name another, or write one.");
            }
            files.addAll(found);
        }
        List<JsonObject> answers = new ArrayList<>();
        int failures = 0;
        int cases = 0;
        for (Path file : files) {
            Path contractFile = contractOf(file);
            try {
                Contract contract = source.load(contractFile);
                ContractCases read = ContractCases.load(file, contract);
                CaseRun run = CaseRun.of(contract, read, book);
                boolean covered = run.coveragePercent() >= minCoverage;
                cases += read.cases().size();
                failures += run.failures().size() + (covered ? 0 : 1);
                if (json) {
                    answers.add(json(contractFile, contract, read, run, covered));
                } else {
                    show(contractFile, read, run, covered);
                }
            } catch (ContractException faulty) {
                return terminal.cannotRun(
                        faulty.findings().stream().map(Finding::toString).collect(Collectors.joining(" ")));
            }
        }
        if (json) {
            terminal.json(JsonObject.create()
                    .put("passed", failures == 0)
                    .put("contracts", answers)
                    .put("failureCount", failures));
        } else {
            terminal.line("contract test: " + (failures == 0 ? "passed" : "FAILED") + ", " + files.size()
                    + " contracts, " + cases + " cases, " + failures + " failures");
        }
        return failures == 0 ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }

    private void show(Path file, ContractCases read, CaseRun run, boolean covered) {
        run.failures().forEach(failure -> terminal.line(failure.toString()));
        List<String> uncovered = run.uncovered();
        terminal.line(file.getFileName() + ": " + read.cases().size() + " cases, " + run.failedCases() + " failed, "
                + (run.ruleCount() - uncovered.size()) + " of " + run.ruleCount() + " rules covered"
                + (uncovered.isEmpty() ? "" : "; no case matches " + String.join(", ", uncovered))
                + (covered ? "" : ". That is " + run.coveragePercent() + " %, less than " + minCoverage + " %"));
    }

    private static JsonObject json(Path file, Contract contract, ContractCases read, CaseRun run, boolean covered) {
        return JsonObject.create()
                .put("file", file.toString())
                .put("digest", contract.digest().hex())
                .put("cases", read.cases().size())
                .put("failedCases", run.failedCases())
                .put("rules", run.ruleCount())
                .put("uncovered", run.uncovered())
                .put("coveragePercent", run.coveragePercent())
                .put("coversEnough", covered)
                .put("failures", ContractCheckCommand.toJson(run.failures()));
    }

    private static List<Path> inFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ContractCases.SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    private static Path casesOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(ContractCases.SUFFIX)
                ? file
                : file.resolveSibling(name.replaceFirst("\\.ya?ml$", "") + ContractCases.SUFFIX);
    }

    private static Path contractOf(Path cases) {
        String name = String.valueOf(cases.getFileName());
        return cases.resolveSibling(name.substring(0, name.length() - ContractCases.SUFFIX.length()) + ".yaml");
    }
}
