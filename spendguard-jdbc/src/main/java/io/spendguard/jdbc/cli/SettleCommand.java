package io.spendguard.jdbc.cli;

import io.spendguard.decision.Reconciler;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.BilledCall;
import io.spendguard.model.Reconciled;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard settle} */
@Command(
        name = "settle",
        description = "Posts the differences between what a provider says of calls and what is recorded.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class SettleCommand extends DatabaseCommand {
    private final Clock clock;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FILE",
            description = "the provider's word: a CSV file with a header, or one JSON object per line (.jsonl)")
    private Path from;

    @Option(names = "--tenant", required = true, description = "whose calls")
    private String tenant;

    @Mixin
    private AuditKeyOptions auditKey;

    SettleCommand(Terminal terminal, Map<String, String> environment, Clock clock) {
        super(terminal, environment);
        this.clock = clock;
    }

    @Override
    public Integer call() throws IOException {
        List<BilledCall> calls = UsageFile.read(from, tenant);
        List<Reconciled> results = new ArrayList<>();
        try (PostgresLedger ledger = openLedger();
                OpenKey signing = auditKey.open();
                Reconciler reconciler = signing.writer(Reconciler::open, ledger, clock)) {
            calls.forEach(call -> results.add(reconciler.record(call)));
        }
        Map<Reconciled.Result, Long> counts = results.stream()
                .collect(Collectors.groupingBy(
                        Reconciled::result, () -> new EnumMap<>(Reconciled.Result.class), Collectors.counting()));
        List<Reconciled> findings =
                results.stream().filter(each -> each.result().isFinding()).toList();
        if (json) {
            JsonObject byResult = JsonObject.create();
            counts.forEach((result, count) -> byResult.put(words(result), count));
            terminal.json(JsonObject.create()
                    .put("calls", (long) calls.size())
                    .put("results", byResult)
                    .put(
                            "findings",
                            findings.stream().map(SettleCommand::toJson).toList()));
        } else {
            terminal.line("settle: " + calls.size() + " calls"
                    + counts.entrySet().stream()
                            .map(count -> ", " + count.getValue() + " " + words(count.getKey()))
                            .collect(Collectors.joining()));
            findings.forEach(finding -> terminal.line("  " + words(finding.result()) + ": '"
                    + finding.call().key() + "' (" + finding.call().reference() + ")"
                    + (finding.actual().isEmpty() ? "" : ", recorded " + amounts(finding.actual()))));
        }
        return findings.isEmpty() ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }

    private static JsonObject toJson(Reconciled finding) {
        return JsonObject.create()
                .put("key", finding.call().key())
                .put("reference", finding.call().reference())
                .put("result", words(finding.result()))
                .put("recorded", finding.actual().stream().map(Amount::toString).toList());
    }

    private static String amounts(List<Amount> amounts) {
        return amounts.stream().map(Amount::toString).distinct().collect(Collectors.joining(", "));
    }

    private static String words(Reconciled.Result result) {
        return result.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
