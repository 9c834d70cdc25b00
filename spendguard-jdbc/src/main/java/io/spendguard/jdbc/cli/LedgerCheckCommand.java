package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.LedgerCheck;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code spendguard ledger check} */
@Command(
        name = "check",
        description = "Recomputes every balance from the entries and names the rows that do not follow.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class LedgerCheckCommand extends DatabaseCommand {
    @Option(names = "--tenant", description = "check this tenant only")
    private @Nullable String tenant;

    LedgerCheckCommand(Terminal terminal, Map<String, String> environment) {
        super(terminal, environment);
    }

    @Override
    public Integer call() throws IOException {
        LedgerCheck.Report report = LedgerCheck.run(dataSource(), tenant);
        if (tenant != null
                && report.findingCount() == 0
                && report.accounts() == 0
                && report.transactions() == 0
                && report.events() == 0) {
            EvidenceReader.open(dataSource()).requireTenant(tenant); // nothing was checked
        }
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
