package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.contract.Situation;
import io.spendguard.decision.Rehearsal;
import io.spendguard.json.JsonObject;
import io.spendguard.price.PriceBook;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract eval FILE --input FILE} */
@Command(
        name = "eval",
        description = "Tells what a contract answers an action, by the engine that decides in production.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class ContractEvalCommand extends ConsoleCommand {
    private final Clock clock;

    @Mixin
    private final ContractSource source = new ContractSource();

    @Parameters(paramLabel = "FILE", description = "the contract")
    private Path file;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "FILE",
            description = "the action and how things stand, in JSON or YAML")
    private Path input;

    @Option(names = "--prices", paramLabel = "FILE", description = "a price book; the library's own by default")
    private @Nullable Path prices;

    @Option(names = "--explain", description = "show every rule with the value of each part of its condition")
    private boolean explain;

    ContractEvalCommand(Terminal terminal, Clock clock) {
        super(terminal);
        this.clock = clock;
    }

    @Override
    public Integer call() {
        PriceBook book = prices == null ? PriceBook.bundled() : PriceBook.load(prices);
        try {
            Contract contract = source.load(file);
            Situation situation = Situation.load(input, contract);
            try (Rehearsal rehearsal = Rehearsal.of(contract, book, clock.instant())) {
                show(contract, explain ? rehearsal.explain(situation) : rehearsal.decide(situation));
            }
            return SpendGuardCli.OK;
        } catch (ContractException faulty) {
            return terminal.cannotRun(
                    faulty.findings().stream().map(Finding::toString).collect(Collectors.joining(" ")));
        }
    }

    private void show(Contract contract, Rehearsal.Answer answer) {
        if (json) {
            JsonObject shown = RehearsedAnswer.json(answer)
                    .put("contract", contract.digest().hex())
                    .put("mode", contract.mode().name().toLowerCase(Locale.ROOT));
            if (explain) {
                shown.put("rules", RehearsedAnswer.explainedJson(answer.rules()));
            }
            terminal.json(shown);
            return;
        }
        RehearsedAnswer.lines(answer, contract.mode()).forEach(terminal::line);
        if (explain) {
            RehearsedAnswer.explained(answer.rules()).forEach(terminal::line);
        }
    }
}
