package io.spendguard.jdbc.cli;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.jdbc.ConsistencyProof;
import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.InclusionProof;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard log checkpoint|prove|witness} */
final class LogCommands {
    private LogCommands() {}

    private static JsonObject toJson(SignedNote note) {
        Checkpoint checkpoint = Checkpoint.parse(note.text());
        return JsonObject.create()
                .put("origin", checkpoint.origin())
                .put("size", checkpoint.size())
                .put("root", checkpoint.root().hex())
                .put("note", new String(note.toBytes(), StandardCharsets.UTF_8));
    }

    /** The note as it is: what is printed can be mailed, pinned or given to a witness. */
    private static void print(Terminal terminal, SignedNote note) {
        new String(note.toBytes(), StandardCharsets.UTF_8).lines().forEach(terminal::line);
    }

    /** {@code spendguard log checkpoint} */
    @Command(
            name = "checkpoint",
            description = "Takes up all new events and signs a checkpoint over the log. Run it on a schedule.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class SignCheckpoint extends DatabaseCommand {
        @Mixin
        private SigningKeyOptions key;

        @Option(names = "--origin", required = true, description = "the log's name, such as example.com/spendguard")
        private String origin;

        @Option(names = "--out", paramLabel = "FILE", description = "also write the note to a file; replaces the file")
        private @Nullable Path out;

        SignCheckpoint(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            EvidenceLog log = EvidenceLog.open(dataSource());
            SignedNote note = key.with(signer -> log.checkpoint(origin, signer));
            if (out != null) {
                Files.write(out, note.toBytes());
            }
            if (json) {
                terminal.json(toJson(note));
            } else {
                print(terminal, note);
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard log prove} */
    @Command(
            name = "prove",
            description =
                    "Shows, as one JSON object, that an event is under the last checkpoint, or that a checkpoint continues an"
                            + " earlier one.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Prove implements Callable<Integer> {
        private final Terminal terminal;
        private final Map<String, String> environment;

        @Mixin
        private DatabaseOptions database;

        @Option(names = "--tenant", description = "whose event, with --event")
        private @Nullable String tenant;

        @Option(names = "--event", paramLabel = "ID", description = "the event's id: shows that it is covered")
        private @Nullable UUID event;

        @Option(
                names = "--from-checkpoint",
                paramLabel = "SIZE",
                description = "an earlier checkpoint: shows that a later one continues it")
        private @Nullable Long from;

        @Option(
                names = "--to-checkpoint",
                paramLabel = "SIZE",
                description = "the later one, with --from-checkpoint; the log's last by default")
        private @Nullable Long to;

        @Option(names = "--json", description = "the answer is JSON in any case")
        @SuppressWarnings("unused") // taken, so that every command may be given it
        private boolean json;

        Prove(Terminal terminal, Map<String, String> environment) {
            this.terminal = terminal;
            this.environment = environment;
        }

        @Override
        public Integer call() throws IOException {
            if (tenant != null && event != null && from == null && to == null) {
                terminal.json(inclusion(tenant, event));
            } else if (tenant == null && event == null && from != null) {
                terminal.json(consistency(from));
            } else {
                throw new IllegalArgumentException("What is to be proved is named either by --tenant and --event, or by"
                        + " --from-checkpoint and, where it is not the last, --to-checkpoint. Give one of the two.");
            }
            return SpendGuardCli.OK;
        }

        private JsonObject inclusion(String whose, UUID id) throws IOException {
            PGSimpleDataSource source = database.dataSource(environment);
            EvidenceReader.open(source).requireTenant(whose);
            InclusionProof proof = EvidenceLog.open(source).prove(whose, id).orElse(null);
            if (proof == null) {
                throw new EvidenceException("Event " + id + " of tenant '" + whose
                        + "' is under no checkpoint yet. Run: spendguard log checkpoint");
            }
            return toJson(proof.checkpoint())
                    .put("event", id.toString())
                    .put("tenant", proof.tenant())
                    .put("stream", proof.stream().toString())
                    .put("seq", proof.seq())
                    .put("leaf", proof.leaf().hex())
                    .put("leafIndex", proof.index())
                    .put("treeSize", proof.size())
                    .put("treeRoot", proof.root().hex())
                    .put("path", hex(proof.path()))
                    .put("balanceRoot", proof.balanceRoot().hex())
                    .put("headIndex", proof.headIndex())
                    .put("headPath", hex(proof.headPath()));
        }

        private JsonObject consistency(long earlier) throws IOException {
            ConsistencyProof proof =
                    EvidenceLog.open(database.dataSource(environment)).proveConsistency(earlier, to);
            return JsonObject.create()
                    .put("from", toJson(proof.from()))
                    .put("to", toJson(proof.to()))
                    .put("path", hex(proof.path()));
        }

        private static List<String> hex(List<Digest> path) {
            return path.stream().map(Digest::hex).toList();
        }
    }

    /** {@code spendguard log witness} */
    @Command(
            name = "witness",
            description =
                    "Adds a witness's cosignature to the last checkpoint: one made elsewhere, or by a key at hand.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Witness extends DatabaseCommand {
        private final Clock clock;

        @Option(names = "--name", description = "the witness's name, with --key")
        private @Nullable String name;

        @Option(names = "--key", description = "the PEM file of the witness's key")
        private @Nullable Path key;

        @Mixin
        private KeyFileOptions keyFile;

        @Option(
                names = "--verifier-key",
                paramLabel = "KEY",
                description = "the witness's key as name+id+key, with --line")
        private @Nullable String verifierKey;

        @Option(names = "--line", description = "the signature line the witness answered")
        private @Nullable String line;

        Witness(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        @Override
        public Integer call() throws IOException {
            EvidenceLog log = EvidenceLog.open(dataSource());
            SignedNote last = log.latest()
                    .orElseThrow(() ->
                            new EvidenceException("The log has no checkpoint yet. Run: spendguard log checkpoint"));
            long size = Checkpoint.parse(last.text()).size();
            SignedNote note;
            NoteKey witness;
            if (name != null && key != null && verifierKey == null && line == null) {
                Signer signer = keyFile.load(key);
                SignedNote cosigned = SignedNote.of(last.text()).cosignedBy(name, signer, clock.instant());
                witness = NoteKey.witness(name, signer.verificationKey());
                note = log.cosign(size, witness, cosigned.signatures().get(0));
            } else if (name == null && key == null && verifierKey != null && line != null) {
                witness = NoteKey.parse(verifierKey);
                note = log.cosign(size, witness, SignedNote.Signature.parse(line));
            } else {
                throw new IllegalArgumentException("A witness is named either by --name and --key, to sign here, or by"
                        + " --verifier-key and --line, to add what it signed. Give one of the two pairs.");
            }
            if (json) {
                terminal.json(toJson(note).put("witness", witness.toString()));
            } else {
                print(terminal, note);
            }
            return SpendGuardCli.OK;
        }
    }
}
