package io.spendguard.jdbc.cli;

import io.spendguard.decision.ExposureReport;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Money;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code spendguard budget exposure --tenant TENANT} */
@Command(
        name = "exposure",
        description = "Tells what shadow mode let pass, by what enforcement would have answered.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class ExposureCommand extends DatabaseCommand {
    @Option(names = "--tenant", required = true, description = "whose calls")
    private String tenant;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "the first moment that counts, such as 2026-11-01T00:00:00Z")
    private @Nullable Instant from;

    @Option(names = "--until", paramLabel = "TIME", description = "the first moment after those that count")
    private @Nullable Instant until;

    ExposureCommand(Terminal terminal, Map<String, String> environment) {
        super(terminal, environment);
    }

    @Override
    public Integer call() throws IOException {
        ExposureReport report;
        try (PostgresLedger ledger = openLedger()) {
            report = ExposureReport.of(
                    ledger, tenant, from == null ? Instant.MIN : from, until == null ? Instant.MAX : until);
        }
        if (report.rows().isEmpty()) {
            EvidenceReader.open(dataSource()).requireTenant(tenant);
        }
        if (json) {
            terminal.json(JsonObject.create()
                    .put("tenant", tenant)
                    .put(
                            "rows",
                            report.rows().stream().map(ExposureCommand::toJson).toList())
                    .put(
                            "exposed",
                            report.currencies().stream()
                                    .map(currency -> report.exposed(currency).toString())
                                    .toList()));
        } else if (report.rows().isEmpty()) {
            terminal.line(
                    "Tenant '" + tenant + "' has no shadow decision there: a contract with mode shadow makes some.");
        } else {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("ANSWER", "REASON", "CALLS", "COST"));
            report.rows()
                    .forEach(row -> rows.add(List.of(
                            row.effect(),
                            row.reason().isEmpty() ? "-" : row.reason(),
                            Long.toString(row.calls()),
                            cost(row))));
            TextTable.format(rows).forEach(terminal::line);
            for (Currency currency : report.currencies()) {
                terminal.line("exposure: " + report.exposed(currency)
                        + " was spent by calls that enforcement would have refused");
            }
        }
        return report.rows().isEmpty() ? SpendGuardCli.FOUND : SpendGuardCli.OK;
    }

    private static String cost(ExposureReport.Row row) {
        return row.costs().isEmpty()
                ? "-"
                : row.costs().values().stream().map(Money::toString).sorted().collect(Collectors.joining(", "));
    }

    private static JsonObject toJson(ExposureReport.Row row) {
        return JsonObject.create()
                .put("effect", row.effect())
                .put("reason", row.reason())
                .put("calls", row.calls())
                .put(
                        "costs",
                        row.costs().values().stream()
                                .map(Money::toString)
                                .sorted()
                                .toList());
    }
}
