package io.spendguard.jdbc.cli;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.SignedNote;
import io.spendguard.verify.AccountReport;
import io.spendguard.verify.Beginning;
import io.spendguard.verify.Finding;
import io.spendguard.verify.HtmlReport;
import io.spendguard.verify.LogReport;
import io.spendguard.verify.ReceiptReport;
import io.spendguard.verify.StreamReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard verify PACKAGE --anchors FILE} */
@Command(
        name = "verify",
        description = "Re-checks an evidence package offline, trusting nothing but the anchors.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class VerifyCommand extends ConsoleCommand {
    private static final List<String> ACCOUNT_COLUMNS =
            List.of("TENANT", "BUDGET", "KEY", "FROM", "UNTIL", "LIMIT", "SPENT", "HELD", "AVAILABLE", "DEBT");

    @Parameters(paramLabel = "PACKAGE", description = "the evidence package")
    private Path file;

    @Option(names = "--anchors", required = true, paramLabel = "FILE", description = "the keys to trust")
    private Path anchors;

    @Option(
            names = "--receipts",
            paramLabel = "FILE",
            description = "what callers were handed, one receipt in a line: each must stand in the package")
    private @Nullable Path receipts;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = "a checkpoint you kept, as signed: the package must continue it, or begin after it")
    private @Nullable Path checkpoint;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "also write the report as one page, without script or network; replaces the file")
    private @Nullable Path html;

    VerifyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        VerificationReport report = Verifier.verify(file, Anchors.load(anchors), receipts, earlier());
        if (html != null) {
            writePage(report, html);
        }
        if (json) {
            terminal.json(toJson(report));
        } else {
            print(report);
        }
        return report.isVerified() ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }

    private @Nullable SignedNote earlier() {
        Path kept = checkpoint;
        if (kept == null) {
            return null;
        }
        try {
            SignedNote note = SignedNote.parse(Files.readAllBytes(kept));
            Checkpoint.parse(note.text()); // refuses a note of something else
            return note;
        } catch (IllegalArgumentException malformed) {
            throw new EvidenceException(
                    "Checkpoint file " + kept + " is no signed checkpoint: " + malformed.getMessage(), malformed);
        } catch (IOException failed) {
            throw new EvidenceException(
                    "Checkpoint file " + kept + " cannot be read: " + failed + ". Name the note that the log signed.",
                    failed);
        }
    }

    /** Whole or not at all: a page that stops in the middle could look like one without findings. */
    private void writePage(VerificationReport report, Path page) {
        try {
            Path unfinished = page.resolveSibling("." + page.getFileName() + ".part");
            try {
                try (Writer out = Files.newBufferedWriter(unfinished)) {
                    HtmlReport.write(report, String.valueOf(file.getFileName()), out);
                }
                Files.move(unfinished, page, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException failed) {
            throw new EvidenceException(
                    "Report " + page + " cannot be written: " + failed + ". Name a file in a folder that can be written"
                            + " to.",
                    failed);
        }
    }

    /** The verdict comes last, and after it what speaks against the package, so that nobody has to scroll for it. */
    private void print(VerificationReport report) {
        if (!report.accounts().isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(ACCOUNT_COLUMNS);
            report.accounts().forEach(account -> rows.add(row(account)));
            TextTable.format(rows).forEach(terminal::line);
        }
        report.notes().forEach(note -> terminal.line("note: " + note));
        terminal.line(report.summary());
        report.unprovedLine().ifPresent(terminal::line);
        report.findings().forEach(finding -> terminal.line("  " + finding));
        long omitted = report.findingCount() - report.findings().size();
        if (omitted > 0) {
            terminal.line("  and " + omitted + " more of these kinds");
        }
    }

    private static List<String> row(AccountReport account) {
        return List.of(
                account.tenant(),
                account.namespace().equals("enforce")
                        ? account.budget()
                        : account.budget() + " (" + account.namespace() + ")",
                account.key().isEmpty() ? "-" : account.key(),
                account.from(),
                account.until(),
                account.limit().toString(),
                account.spent().toString(),
                account.held().toString(),
                account.available().toString(),
                account.debt().toString());
    }

    private static JsonObject toJson(VerificationReport report) {
        JsonObject json = JsonObject.create()
                .put("verified", report.isVerified())
                .put("events", report.events())
                .put("findingCount", report.findingCount())
                .put(
                        "findings",
                        report.findings().stream().map(VerifyCommand::toJson).toList())
                .put(
                        "streams",
                        report.streams().stream().map(VerifyCommand::toJson).toList())
                .put(
                        "keys",
                        report.keys().stream()
                                .map(key -> JsonObject.create()
                                        .put("id", key.id())
                                        .put("events", key.events())
                                        .put("anchored", key.isAnchored())
                                        .putIfPresent("certifiedBy", key.certifiedBy()))
                                .toList())
                .put("effects", counts(report.tally().effects()))
                .put("reasons", counts(report.tally().reasons()))
                .put("outcomes", counts(report.tally().outcomes()))
                .put("approvals", counts(report.tally().approvals()))
                .put(
                        "accounts",
                        report.accounts().stream().map(VerifyCommand::toJson).toList())
                .put("checkpoint", checkpoint(report))
                .put("receipts", receipts(report))
                .put("openHolds", report.openHolds())
                .put(
                        "costs",
                        JsonObject.create()
                                .put("derived", report.costs().derived())
                                .put("estimates", report.costs().estimates())
                                .put("given", report.costs().given())
                                .put("unproved", report.costs().unproved())
                                .put("unstated", report.costs().unstated()))
                .put("money", report.money().name())
                .put("notes", report.notes())
                .put("filter", report.filter().toJson())
                .put("notProven", report.unproved())
                .putIfPresent("tenant", report.tenant())
                .putIfPresent("createdAt", Objects.toString(report.createdAt(), null));
        Beginning beginning = report.beginning();
        if (beginning != null) {
            json.put("fromCheckpoint", beginning.checkpoint()).put("outcomesBefore", beginning.outcomesBefore());
        }
        return json;
    }

    /** Empty where no checkpoint could be relied on. */
    private static JsonObject checkpoint(VerificationReport report) {
        LogReport log = report.log();
        return log == null
                ? JsonObject.create()
                : JsonObject.create()
                        .put("origin", log.checkpoint().origin())
                        .put("size", log.checkpoint().size())
                        .put("root", log.checkpoint().root().hex())
                        .put("covered", log.covered())
                        .put("later", log.later())
                        .put("dropped", log.droppedEvents())
                        .put("continuesAnchors", log.isContinuation())
                        .put("witnesses", log.witnesses());
    }

    /** Empty where none were given. */
    private static JsonObject receipts(VerificationReport report) {
        ReceiptReport receipts = report.receipts();
        return receipts == null
                ? JsonObject.create()
                : JsonObject.create()
                        .put("receipts", receipts.receipts())
                        .put("confirmed", receipts.confirmed())
                        .put("later", receipts.later())
                        .put("foreign", receipts.foreign());
    }

    private static JsonObject counts(SortedMap<String, Long> counts) {
        JsonObject json = JsonObject.create();
        counts.forEach(json::put);
        return json;
    }

    private static JsonObject toJson(Finding finding) {
        JsonObject json = JsonObject.create()
                .put("code", finding.code().name())
                .put("message", finding.message())
                .putIfPresent("file", finding.place().file())
                .putIfPresent("tenant", finding.place().tenant())
                .putIfPresent("stream", text(finding.place().stream()))
                .putIfPresent("event", text(finding.place().event()));
        if (finding.place().line() > 0) {
            json.put("line", finding.place().line());
        }
        if (finding.place().seq() > 0) {
            json.put("seq", Math.min(finding.place().seq(), JsonObject.MAX_INTEGER));
        }
        return json;
    }

    private static JsonObject toJson(StreamReport stream) {
        return JsonObject.create()
                .put("tenant", stream.tenant())
                .put("stream", stream.stream().toString())
                .put("events", stream.events())
                .put("state", stream.state().name());
    }

    private static JsonObject toJson(AccountReport account) {
        return JsonObject.create()
                .put("tenant", account.tenant())
                .put("account", account.account().toString())
                .put("namespace", account.namespace())
                .put("budget", account.budget())
                .put("key", account.key())
                .put("from", account.from())
                .put("until", account.until())
                .put("limit", account.limit().toString())
                .put("spent", account.spent().toString())
                .put("held", account.held().toString())
                .put("available", account.available().toString())
                .put("debt", account.debt().toString());
    }

    private static @Nullable String text(@Nullable UUID id) {
        return id == null ? null : id.toString();
    }
}
