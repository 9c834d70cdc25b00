package io.spendguard.jdbc.cli;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.AnchorsException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.KeySuccession;
import io.spendguard.proof.NoteKey;
import io.spendguard.verify.LogReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard anchors show|adopt|update} */
final class AnchorCommands {
    private AnchorCommands() {}

    /** {@code spendguard anchors show FILE} */
    @Command(
            name = "show",
            description = "Shows whom a trust file trusts, and which checkpoint it saw last.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Show extends ConsoleCommand {
        @Parameters(paramLabel = "FILE", description = "the trust file")
        private Path file;

        Show(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            Anchors anchors = Anchors.load(file);
            if (json) {
                JsonObject answer = JsonObject.create()
                        .put(
                                "keys",
                                anchors.keys().stream().map(Object::toString).toList())
                        .put(
                                "witnesses",
                                anchors.witnesses().stream()
                                        .map(NoteKey::toString)
                                        .toList());
                anchors.log().ifPresent(log -> answer.put("log", toJson(log)));
                answer.put(
                        "revocations",
                        anchors.revocations().entrySet().stream()
                                .map(revoked -> JsonObject.create()
                                        .put("key", revoked.getKey())
                                        .put("size", revoked.getValue()))
                                .toList());
                terminal.json(answer);
                return SpendGuardCli.OK;
            }
            anchors.keys().forEach(key -> terminal.line("key " + key));
            anchors.revocations().forEach((key, size) -> terminal.line("revoked " + key + " at checkpoint " + size));
            anchors.witnesses().forEach(witness -> terminal.line("witness " + witness));
            terminal.line(anchors.log()
                    .map(log -> "log " + log.origin() + ", checkpoint " + log.size() + ", root " + log.root())
                    .orElse("no checkpoint seen yet"));
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard anchors adopt FILE --statement FILE} */
    @Command(
            name = "adopt",
            description = "Trusts the key that an anchored one named as its successor.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Adopt extends ConsoleCommand {
        @Parameters(paramLabel = "FILE", description = "the trust file")
        private Path file;

        @Option(names = "--statement", required = true, paramLabel = "FILE", description = "what keys rotate wrote")
        private Path statement;

        Adopt(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() throws IOException {
            KeySuccession succession;
            try {
                succession = KeySuccession.parse(Files.readAllBytes(statement));
            } catch (JsonException malformed) {
                throw new AnchorsException(
                        "Statement " + statement + " is no key's word about its successor: " + malformed.getMessage(),
                        malformed);
            }
            Anchors.load(file).adopt(succession).write(file);
            if (json) {
                terminal.json(JsonObject.create()
                        .put("adopted", succession.key().id())
                        .put("predecessor", succession.predecessor()));
            } else {
                terminal.line("anchors: " + succession.key().id() + " trusted beside " + succession.predecessor()
                        + ", which named it");
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard anchors update FILE --package ZIP} */
    @Command(
            name = "update",
            description =
                    "Verifies a package and keeps its checkpoint, which later packages must continue; or asks for a"
                            + " witness from now on.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Update extends ConsoleCommand {
        @Parameters(paramLabel = "FILE", description = "the trust file")
        private Path file;

        @Option(names = "--package", paramLabel = "ZIP", description = "the evidence package")
        private @Nullable Path evidence;

        @Option(
                names = "--witness",
                paramLabel = "KEY",
                description = "the verifier key, as name+id+key, of a witness who must have cosigned each checkpoint")
        private @Nullable String witness;

        Update(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            if ((evidence == null) == (witness == null)) {
                throw new IllegalArgumentException(
                        "Anchors are updated either by --package, whose checkpoint they keep, or"
                                + " by --witness, whom they ask for. Give one of the two.");
            }
            return evidence == null ? askFor(Objects.requireNonNull(witness)) : keep(evidence);
        }

        private Integer askFor(String key) {
            NoteKey asked = NoteKey.parse(key);
            Anchors.load(file).withWitness(asked).write(file);
            if (json) {
                terminal.json(JsonObject.create().put("updated", true).put("witness", asked.toString()));
            } else {
                terminal.line(
                        "anchors: each checkpoint must be cosigned by witness " + asked.name() + ", says " + file);
            }
            return SpendGuardCli.OK;
        }

        private Integer keep(Path zip) {
            Anchors anchors = Anchors.load(file);
            VerificationReport report = Verifier.verify(zip, anchors);
            LogReport log = report.log();
            boolean isKept =
                    report.isVerified() && log != null && !report.filter().isExcerpt();
            if (isKept && log != null) {
                anchors.with(log.checkpoint()).write(file);
            }
            if (json) {
                JsonObject answer =
                        JsonObject.create().put("updated", isKept).put("findingCount", report.findingCount());
                if (log != null) {
                    answer.put("log", toJson(log.checkpoint()));
                }
                terminal.json(answer);
            } else if (isKept && log != null) {
                terminal.line("anchors: checkpoint " + log.checkpoint().size() + " of "
                        + log.checkpoint().origin() + " kept in " + file);
                if (report.tenant() != null) {
                    terminal.line("note: the package shows tenant " + report.tenant()
                            + " alone; what other tenants did up to" + " this checkpoint was not verified with it");
                }
            } else {
                terminal.line(report.summary());
                report.findings().forEach(finding -> terminal.line("  " + finding));
                terminal.line("anchors: unchanged, "
                        + (!report.isVerified()
                                ? "the package does not verify"
                                : log == null
                                        ? "the package holds no checkpoint"
                                        : "an excerpt does not show what came before its events"));
            }
            return isKept ? SpendGuardCli.OK : SpendGuardCli.FOUND;
        }
    }

    private static JsonObject toJson(Checkpoint checkpoint) {
        return JsonObject.create()
                .put("origin", checkpoint.origin())
                .put("size", checkpoint.size())
                .put("root", checkpoint.root().hex());
    }
}
