package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.EvidenceRetention;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard evidence export} */
@Command(
        name = "export",
        description = "Writes a ledger's audit events into a package that an auditor verifies offline.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class EvidenceExportCommand extends DatabaseCommand {
    private final Clock clock;

    @Mixin
    private SigningKeyOptions key;

    @Option(names = "--tenant", description = "export this tenant only")
    private @Nullable String tenant;

    @Option(names = "--from", paramLabel = "TIME", description = "export only what happened then or later: an excerpt")
    private @Nullable Instant from;

    @Option(names = "--until", paramLabel = "TIME", description = "export only what happened before: an excerpt")
    private @Nullable Instant until;

    @Option(names = "--run", paramLabel = "ID", description = "export only this run's events: an excerpt")
    private @Nullable String run;

    @Option(
            names = "--budget",
            paramLabel = "ID",
            description = "export only events that name this budget, such as those that claim or charge it: an excerpt")
    private @Nullable String budget;

    @Option(names = "--contract", paramLabel = "FILE", description = "enclose a contract that decided; may be repeated")
    private List<Path> contracts = new ArrayList<>();

    @Option(
            names = "--with-log",
            description = "enclose the log's last checkpoint, which proves that nothing before it is left out")
    private boolean withLog;

    @Option(
            names = "--from-checkpoint",
            paramLabel = "SIZE",
            description =
                    "export only what lies between this checkpoint, which the auditor has verified, and the log's last one,"
                            + " with the log")
    private @Nullable Long fromCheckpoint;

    @Option(names = "--out", required = true, description = "the package to be written; it must not exist")
    private Path out;

    EvidenceExportCommand(Terminal terminal, Map<String, String> environment, Clock clock) {
        super(terminal, environment);
        this.clock = clock;
    }

    @Override
    public Integer call() throws IOException {
        return key.with(this::export);
    }

    /** Without the log nobody could tell what was closed from what was hidden. */
    private void requireNothingDropped() throws IOException {
        List<String> gone = EvidenceRetention.open(dataSource()).droppedTenants();
        if (tenant == null ? !gone.isEmpty() : gone.contains(tenant)) {
            throw new EvidenceException(
                    "Events of tenant '" + (tenant == null ? gone.get(0) : tenant)
                            + "' were closed and dropped: only the log shows that nothing else is missing. Export with --with-log.");
        }
    }

    private Integer export(Signer exporter) throws IOException {
        EvidenceFilter filter =
                EvidenceFilter.ofTenant(tenant).between(from, until).ofRun(run).ofBudget(budget);
        if (fromCheckpoint != null && filter.isExcerpt()) {
            throw new IllegalArgumentException(
                    "--from-checkpoint cannot be combined with --from, --until, --run or --budget:"
                            + " an excerpt's events prove themselves already. Leave it out, or filter by --tenant only.");
        }
        EvidenceReader reader = EvidenceReader.open(dataSource());
        if (tenant != null) {
            reader.requireTenant(tenant);
        }
        List<Contract> enclosed = contracts.stream().map(Contract::load).toList();
        EvidenceManifest manifest;
        try (PostgresLedger ledger = openLedger()) {
            EvidenceExport export = EvidenceExport.from(ledger).priceBook(PriceBook.bundled());
            enclosed.forEach(export::contract);
            export.filter(filter).progress(terminal.progress(() -> reader.count(tenant), "events read"));
            if (fromCheckpoint != null) {
                export.log(EvidenceLog.open(dataSource()).exportFrom(tenant, fromCheckpoint));
            } else if (!withLog) {
                requireNothingDropped();
            } else {
                export.log(EvidenceLog.open(dataSource()).export(tenant));
            }
            manifest = export.write(exporter, clock, out);
        } finally {
            terminal.endProgress();
        }
        if (json) {
            JsonObject answer = JsonObject.create()
                    .put("package", out.toString())
                    .put("events", manifest.events())
                    .put("streams", manifest.streams().size())
                    .putIfPresent("tenant", manifest.tenant())
                    .put("filter", manifest.filter().toJson())
                    .put("createdAt", manifest.createdAt().toString())
                    .put("keyId", exporter.keyId());
            if (fromCheckpoint != null) {
                answer.put("fromCheckpoint", fromCheckpoint);
            }
            terminal.json(answer);
        } else {
            if (filter.isExcerpt()) {
                terminal.line("note: an excerpt (" + filter
                        + ") proves each event it holds, but neither that there are no others nor balances");
            }
            if (fromCheckpoint != null) {
                terminal.line("note: it begins after checkpoint " + fromCheckpoint
                        + ": who verifies it needs that one, in the anchors or by --checkpoint");
            }
            terminal.line("evidence: exported, " + manifest.events() + " events, "
                    + manifest.streams().size() + " streams, signed by " + exporter.keyId() + ", to " + out);
        }
        return SpendGuardCli.OK;
    }
}
