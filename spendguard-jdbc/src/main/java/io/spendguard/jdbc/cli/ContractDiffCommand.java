package io.spendguard.jdbc.cli;

import io.spendguard.contract.CatalogueChange;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractChange;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.decision.Replay;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract diff OLD NEW} */
@Command(
        name = "diff",
        description =
                "Tells what means something else in a new contract, and which recorded decisions would be others.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class ContractDiffCommand extends ConsoleCommand {
    private static final int MOST_SHOWN = 20;

    @Mixin
    private final ContractSource source = new ContractSource();

    @Parameters(index = "0", paramLabel = "OLD", description = "the contract so far")
    private Path old;

    @Parameters(index = "1", paramLabel = "NEW", description = "the contract in question")
    private Path now;

    @Option(
            names = "--replay",
            paramLabel = "PACKAGE",
            description = "an evidence package whose decisions are rehearsed under both; verify it first")
    private @Nullable Path evidence;

    @Option(
            names = "--prices",
            paramLabel = "FILE",
            description = "the price book of the replay; the package's own by default")
    private @Nullable Path prices;

    ContractDiffCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws IOException {
        try {
            Contract before = source.load(old);
            Contract after = source.load(now);
            List<ContractChange> changes = after.changesSince(before);
            List<CatalogueChange> reviews = after.catalogue().changesSince(before.catalogue());
            Replay.Result replay = evidence == null ? null : replay(evidence, before, after);
            if (json) {
                terminal.json(json(changes, reviews, replay));
            } else {
                changes.forEach(change -> terminal.line(change.toString()));
                reviews.forEach(review -> terminal.line("model " + review));
                if (replay != null) {
                    show(replay);
                }
                terminal.line("contract diff: " + (changes.isEmpty() ? "same meaning" : changes.size() + " changes"));
            }
            return changes.isEmpty() ? SpendGuardCli.OK : SpendGuardCli.FOUND;
        } catch (ContractException faulty) {
            return terminal.cannotRun(
                    faulty.findings().stream().map(Finding::toString).collect(Collectors.joining(" ")));
        }
    }

    private Replay.Result replay(Path file, Contract before, Contract after) throws IOException {
        RecordedEvents recorded = RecordedEvents.read(file);
        PriceBook book =
                prices != null ? PriceBook.load(prices) : recorded.prices().orElseGet(PriceBook::bundled);
        return Replay.of(recorded.events()).compare(before, after, book);
    }

    private void show(Replay.Result replay) {
        for (Replay.Difference difference :
                replay.differences().stream().limit(MOST_SHOWN).toList()) {
            terminal.line("decision " + difference.decisionId() + " at " + difference.at() + ", "
                    + what(difference.action()) + ": "
                    + transition(difference)
                    + (difference.after().reasons().isEmpty()
                            ? ""
                            : ": "
                                    + RehearsedAnswer.withoutHashes(
                                            difference.after().reasons().get(0).toString())));
        }
        if (replay.differences().size() > MOST_SHOWN) {
            terminal.line("and " + (replay.differences().size() - MOST_SHOWN) + " decisions more; --json lists all");
        }
        transitions(replay).forEach((transition, count) -> terminal.line(transition + ": " + count + " decisions"));
        terminal.line("replay: " + replay.differences().size() + " of " + replay.replayed()
                + " decisions would be others; " + replay.notReproduced()
                + " cannot be told, because the evidence holds too little for them; " + replay.byOthers()
                + " are of other contracts");
    }

    private static SortedMap<String, Long> transitions(Replay.Result replay) {
        return replay.differences().stream()
                .collect(Collectors.groupingBy(ContractDiffCommand::transition, TreeMap::new, Collectors.counting()));
    }

    private static String transition(Replay.Difference difference) {
        return RehearsedAnswer.name(difference.before().effect()) + " -> "
                + RehearsedAnswer.name(difference.after().effect());
    }

    private static String what(Action action) {
        return action.model()
                        .map(model -> action.provider().orElse("") + "/" + model)
                        .or(action::tool)
                        .orElse(action.kind().trigger())
                + action.run().map(run -> " of run '" + run + "'").orElse("");
    }

    private static JsonObject json(
            List<ContractChange> changes, List<CatalogueChange> reviews, Replay.@Nullable Result replay) {
        JsonObject answer = JsonObject.create()
                .put("same", changes.isEmpty())
                .put(
                        "changes",
                        changes.stream()
                                .map(change -> JsonObject.create()
                                        .put("subject", change.subject())
                                        .put("text", change.text()))
                                .toList())
                .put(
                        "models",
                        reviews.stream()
                                .map(review -> JsonObject.create()
                                        .put("alias", review.alias().toString())
                                        .put("verdict", review.verdict().name())
                                        .put("text", review.text()))
                                .toList());
        if (replay == null) {
            return answer;
        }
        JsonObject counts = JsonObject.create();
        transitions(replay).forEach(counts::put);
        List<JsonObject> differences = new ArrayList<>();
        for (Replay.Difference difference : replay.differences()) {
            differences.add(JsonObject.create()
                    .put("decision", difference.decisionId().toString())
                    .put("at", difference.at().toString())
                    .put("action", what(difference.action()))
                    .put("before", RehearsedAnswer.json(difference.before()))
                    .put("after", RehearsedAnswer.json(difference.after())));
        }
        return answer.put(
                "replay",
                JsonObject.create()
                        .put("replayed", replay.replayed())
                        .put("notReproduced", replay.notReproduced())
                        .put("byOthers", replay.byOthers())
                        .put("transitions", counts)
                        .put("differences", differences));
    }
}
