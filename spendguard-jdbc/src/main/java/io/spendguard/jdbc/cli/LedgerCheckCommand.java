package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.LedgerCheck;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard ledger check} */
@Command(
        name = "check",
        description = "Recomputes every balance from the entries and names the rows that do not follow.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class LedgerCheckCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Map<String, String> environment;

    @Mixin
    private DatabaseOptions database;

    @Option(names = "--tenant", description = "check this tenant only")
    private @Nullable String tenant;

    @Option(names = "--json", description = "answer with one JSON object")
    private boolean json;

    LedgerCheckCommand(Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        LedgerCheck.Report report = LedgerCheck.run(database.dataSource(environment), tenant);
        if (json) {
            terminal.json(JsonObject.create()
                    .put("accounts", report.accounts())
                    .put("transactions", report.transactions())
                    .put("events", report.events())
                    .put("findingCount", report.findingCount())
                    .put(
                            "findings",
                            report.findings().stream()
                                    .map(finding -> JsonObject.create()
                                            .put("law", finding.law().name())
                                            .put("tenant", finding.tenant())
                                            .put("subject", finding.subject())
                                            .put("message", finding.message()))
                                    .toList()));
        } else {
            terminal.line(report.summary());
            report.findings().forEach(finding -> terminal.line("  " + finding));
            long omitted = report.findingCount() - report.findings().size();
            if (omitted > 0) {
                terminal.line("  and " + omitted + " more of these laws");
            }
        }
        return report.findingCount() == 0 ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }
}
