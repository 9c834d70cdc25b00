package io.spendguard.jdbc.cli;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.Receipts;
import io.spendguard.evidence.SealFormat;
import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.InclusionProof;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import io.spendguard.model.Receipt;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard evidence show} */
@Command(
        name = "show",
        description = "Shows one audit event: what it says, what became of it, and whether its proofs hold.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class EvidenceShowCommand extends DatabaseCommand {
    @Parameters(paramLabel = "ID", description = "an event's id, or a decision's")
    private UUID id;

    @Option(names = "--tenant", required = true, description = "whose event")
    private String tenant;

    @Option(
            names = "--anchors",
            paramLabel = "FILE",
            description = "whom to trust; without it, keys are taken as stored")
    private @Nullable Path anchors;

    @Option(names = "--receipts", paramLabel = "FILE", description = "what callers kept, one receipt in a line")
    private @Nullable Path receipts;

    EvidenceShowCommand(Terminal terminal, Map<String, String> environment) {
        super(terminal, environment);
    }

    @Override
    public Integer call() throws IOException {
        PGSimpleDataSource source = dataSource();
        EvidenceReader reader = EvidenceReader.open(source);
        List<SealedEvent> found = find(reader);
        SealedEvent event = found.get(0);
        List<Check> checks = new ArrayList<>();
        checks.add(bytes(event));
        checks.add(chain(reader, event));
        checks.add(signature(reader, event));
        checks.add(log(EvidenceLog.open(source), event));
        if (receipts != null) {
            checks.add(receipt(receipts, event));
        }
        print(event, found.subList(1, found.size()), checks);
        return checks.stream().allMatch(Check::holds) ? SpendGuardCli.OK : SpendGuardCli.FOUND;
    }

    /** The event, and behind it what else is recorded of the same decision. */
    private List<SealedEvent> find(EvidenceReader reader) {
        Optional<SealedEvent> byId = reader.event(tenant, id);
        if (byId.isEmpty()) {
            List<SealedEvent> ofDecision = reader.ofDecision(tenant, id);
            if (ofDecision.isEmpty()) {
                reader.requireTenant(tenant);
                throw new EvidenceException("Tenant '" + tenant + "' has no event and no decision " + id
                        + ". Take the id from: spendguard evidence tail");
            }
            return ofDecision;
        }
        List<SealedEvent> found = new ArrayList<>(List.of(byId.get()));
        String decision = JsonObject.parse(byId.get().draft().payload()).stringOrNull("decisionid");
        if (decision != null) {
            reader.ofDecision(tenant, UUID.fromString(decision)).stream()
                    .filter(other -> !other.draft().id().equals(id))
                    .forEach(found::add);
        }
        return found;
    }

    private static Check bytes(SealedEvent event) {
        boolean holds =
                Digest.sha256(event.draft().payload()).equals(event.draft().digest());
        return new Check(
                "bytes", holds, holds ? "are those of the digest" : "are not those of the digest: it was edited");
    }

    private static Check chain(EvidenceReader reader, SealedEvent event) {
        boolean holds = reader.chainBefore(event)
                .map(before -> SealFormat.next(before, event.draft().digest()).equals(event.chain()))
                .orElse(false);
        return new Check(
                "chain",
                holds,
                holds
                        ? "follows from position " + (event.seq() - 1)
                        : "does not follow from position " + (event.seq() - 1) + ": one of the two was changed");
    }

    private Check signature(EvidenceReader reader, SealedEvent event) {
        Voucher voucher = anchors == null ? stored(reader, event) : vouched(Anchors.load(anchors), reader, event);
        VerificationKey key = voucher.key();
        if (key == null) {
            return new Check("signature", false, "is by " + event.keyId() + ", " + voucher.says());
        }
        Digest root = MerkleTree.rootFrom(
                SealFormat.leaf(event.draft().tenant(), event.stream(), event.seq(), event.chain()),
                event.leafIndex(),
                event.batchSize(),
                event.path());
        boolean holds = root != null && key.verify(SealFormat.batch(event.batchSize(), root), event.signature());
        return new Check(
                "signature",
                holds,
                holds
                        ? "by " + event.keyId() + ", " + voucher.says()
                        : "is not what " + event.keyId() + " signed for this place");
    }

    private static Voucher stored(EvidenceReader reader, SealedEvent event) {
        return reader.key(event.keyId())
                .map(key -> new Voucher(key, "taken as stored"))
                .orElse(new Voucher(null, "which is not stored"));
    }

    private static Voucher vouched(Anchors trusted, EvidenceReader reader, SealedEvent event) {
        Optional<VerificationKey> anchored = trusted.find(event.keyId());
        if (anchored.isPresent()) {
            return unlessRevoked(trusted, event.keyId(), new Voucher(anchored.get(), "which is anchored"));
        }
        Instant time = Instant.parse(JsonObject.parse(event.draft().payload()).string("time"));
        for (KeyCertificate certificate : reader.certificates(event)) {
            boolean vouches = certificate.key().id().equals(event.keyId())
                    && certificate.covers(event.draft().tenant())
                    && certificate.isValidAt(time)
                    && trusted.find(certificate.issuer())
                            .filter(certificate::isSignedBy)
                            .isPresent();
            if (vouches) {
                return unlessRevoked(
                        trusted,
                        certificate.issuer(),
                        new Voucher(certificate.key(), "certified by " + certificate.issuer()));
            }
        }
        return new Voucher(null, "which neither the anchors hold nor a root of theirs certified then");
    }

    /** Where a revocation stands in the log, only the whole package tells. */
    private static Voucher unlessRevoked(Anchors trusted, String id, Voucher voucher) {
        OptionalLong revoked = trusted.revokedAt(id);
        return revoked.isEmpty()
                ? voucher
                : new Voucher(
                        null, "revoked at checkpoint " + revoked.getAsLong() + ": export and verify what came before");
    }

    /** An event under no checkpoint yet is no fault. */
    private static Check log(EvidenceLog log, SealedEvent event) {
        InclusionProof proof =
                log.prove(event.draft().tenant(), event.draft().id()).orElse(null);
        if (proof == null) {
            return new Check("log", true, "under no checkpoint yet");
        }
        Checkpoint checkpoint = Checkpoint.parse(proof.checkpoint().text());
        boolean holds =
                MerkleTree.verifyInclusion(proof.leaf(), proof.index(), proof.size(), proof.path(), proof.root());
        return new Check(
                "log",
                holds,
                holds
                        ? "leaf " + proof.index() + " under checkpoint " + checkpoint.size() + " of "
                                + checkpoint.origin()
                        : "leaf " + proof.index() + " is not under the log's head of " + proof.size() + " events");
    }

    private static Check receipt(Path file, SealedEvent event) throws IOException {
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            Receipt receipt = Receipts.parse(line.getBytes(StandardCharsets.UTF_8));
            if (receipt.event().equals(event.draft().id())) {
                boolean holds = receipt.stream().equals(event.stream())
                        && receipt.seq() == event.seq()
                        && receipt.chain().equals(event.chain());
                return new Check(
                        "receipt",
                        holds,
                        holds ? "says the same" : "says another place or chain value: two histories were written");
            }
        }
        return new Check("receipt", true, "none of this event");
    }

    private void print(SealedEvent event, List<SealedEvent> others, List<Check> checks) {
        JsonObject payload = JsonObject.parse(event.draft().payload());
        if (json) {
            terminal.json(JsonObject.create()
                    .put("event", payload)
                    .put("stream", event.stream().toString())
                    .put("seq", event.seq())
                    .put("chain", event.chain().hex())
                    .put("digest", event.draft().digest().hex())
                    .put("keyId", event.keyId())
                    .put(
                            "checks",
                            checks.stream()
                                    .map(check -> JsonObject.create()
                                            .put("of", check.of())
                                            .put("holds", check.holds())
                                            .put("says", check.says()))
                                    .toList())
                    .put(
                            "related",
                            others.stream()
                                    .map(other -> JsonObject.parse(other.draft().payload()))
                                    .toList()));
            return;
        }
        terminal.line(EventWords.line(payload));
        terminal.line("stream " + event.stream() + ", position " + event.seq());
        checks.forEach(check -> terminal.line((check.holds() ? "  " : "! ") + check.of() + ": " + check.says()));
        if (!others.isEmpty()) {
            terminal.line("of the same decision");
            others.forEach(other -> terminal.line(
                    "  " + EventWords.line(JsonObject.parse(other.draft().payload()))));
        } else if (event.draft().type().equals(EventTypes.DECISION)
                && payload.object("data").has("expiresAt")) {
            terminal.line("no outcome yet: held until " + payload.object("data").string("expiresAt"));
        }
        terminal.line("it says");
        EventWords.facts(payload).forEach(fact -> terminal.line("  " + fact));
    }

    /**
     * Who stands in for a key.
     *
     * @param key the key, or null when nobody does
     * @param says who, or why nobody
     */
    private record Voucher(@Nullable VerificationKey key, String says) {}

    /**
     * Something that was checked.
     *
     * @param of what
     * @param holds whether nothing is wrong
     * @param says what was found
     */
    private record Check(String of, boolean holds, String says) {}
}
