package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.Receipts;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import io.spendguard.model.Receipt;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What every attack of the catalogue starts from, and the auditor whom it should deceive. Acme and globex are in the log
 * up to its checkpoint, which the auditor has seen; initech's events are not taken up yet, but their callers kept receipts.
 */
final class HonestPackage {
    static final Signer WRITER = Ed25519Signer.generate();
    static final Signer ROOT = P256Signer.generate();
    static final Signer LOG = P256Signer.generate();
    static final Signer RETIRED = Ed25519Signer.generate();
    static final Signer STRANGER = Ed25519Signer.generate();
    static final List<SealedAuditEvent> ACME = Specimen.life(WRITER, "acme", 0x1000);
    static final List<SealedAuditEvent> GLOBEX = Specimen.life(WRITER, "globex", 0x2000);
    static final List<SealedAuditEvent> INITECH = Specimen.life(WRITER, "initech", 0x3000);

    static final Signer EXPORTER = Ed25519Signer.generate();
    private static final String CONTRACT =
            "{\"budgets\":[{\"id\":\"team\",\"limit\":\"1.00 USD\"}],\"format\":\"spendguard.contract/1\",\"name\":\"team budgets\"}";
    /** The enclosed contract's digest in hexadecimal; it gives its only budget 1.00 USD. */
    static final String CONTRACT_DIGEST =
            Digest.sha256(CONTRACT.getBytes(StandardCharsets.UTF_8)).hex();

    private final Path directory;
    private final Map<String, byte[]> files;
    private int exports;

    HonestPackage(Path directory) throws IOException {
        this.directory = directory;
        this.files = whole(all(), log()).files();
    }

    /** What the auditor trusts and has seen. */
    static Anchors anchors() {
        return Anchors.of(
                        WRITER.verificationKey(),
                        ROOT.verificationKey(),
                        LOG.verificationKey(),
                        RETIRED.verificationKey(),
                        EXPORTER.verificationKey())
                .with(log().signed())
                .revoke(RETIRED.keyId(), 1);
    }

    /** What initech's callers kept. */
    Path receipts() throws IOException {
        List<String> lines = INITECH.stream()
                .map(kept -> Receipts.toLine(new Receipt(
                        kept.event().tenant(),
                        kept.event().id(),
                        kept.stream(),
                        kept.seq(),
                        kept.chain(),
                        kept.batchSize(),
                        kept.leafIndex(),
                        kept.path(),
                        kept.signature(),
                        kept.keyId(),
                        null,
                        Specimen.NOW)))
                .toList();
        return Files.write(directory.resolve("receipts.jsonl"), lines);
    }

    static SpecimenLog log() {
        return SpecimenLog.by(LOG).take(ACME).take(GLOBEX);
    }

    static UUID stream(List<SealedAuditEvent> events) {
        return events.get(0).stream();
    }

    /** All of it, to be changed. */
    Tampered open() throws IOException {
        return Tampered.of(files);
    }

    byte[] bytes() throws IOException {
        return signed(open());
    }

    /** What run-1 did, to be changed: two decisions of each tenant. */
    Tampered excerpt() throws IOException {
        return excerpt(all());
    }

    /** The same of other events. */
    Tampered excerpt(List<SealedAuditEvent> events) throws IOException {
        Path file = directory.resolve("excerpt" + exports++ + ".zip");
        return Tampered.open(Specimen.export(file, events, EXPORTER, log(), EvidenceFilter.ALL.ofRun("run-1")));
    }

    /** An excerpt that an exporter signs anew, under another filter. */
    static byte[] signed(Tampered tampered, EvidenceFilter filter) throws IOException {
        return tampered.sealManifest(EXPORTER, filter).toBytes();
    }

    /** A package whose manifest was made to match by somebody who cannot sign it. */
    static byte[] unsigned(Tampered tampered, EvidenceFilter filter) throws IOException {
        byte[] signature = tampered.files().get(PackageNames.SIGNATURE);
        return tampered.sealManifest(EXPORTER, filter)
                .put(PackageNames.SIGNATURE, new String(signature, StandardCharsets.UTF_8))
                .toBytes();
    }

    /** Other files, signed by an exporter who believes them. */
    byte[] files(Change change) throws IOException {
        Tampered tampered = open();
        change.to(tampered);
        return signed(tampered);
    }

    /** Other lines in a tenant's stream. */
    byte[] lines(String tenant, Consumer<List<EventLine>> change) throws IOException {
        return files(tampered -> tampered.lines(tenant, change));
    }

    /** Another log about the same events. */
    byte[] log(SpecimenLog log) throws IOException {
        return signed(whole(all(), log));
    }

    /** Other events of a tenant than those that the log and callers know. */
    byte[] instead(String tenant, List<SealedAuditEvent> events) throws IOException {
        return files(shown ->
                shown.remove(shown.streamFile(tenant)).put(PackageNames.events(tenant, stream(events)), lines(events)));
    }

    /** What somebody who holds a key wrote for one more tenant, of whom the log does not tell yet. */
    byte[] hooli(Signer key, Consumer<Specimen> lie) throws IOException {
        if (key.certificate().isPresent()) {
            return hooli(key, lie, events -> log());
        }
        List<SealedAuditEvent> written = written(key, lie);
        return files(shown -> shown.put(PackageNames.events("hooli", stream(written)), lines(written)));
    }

    /** The same, and what the log tells of it. */
    byte[] hooli(Signer key, Consumer<Specimen> lie, Function<List<SealedAuditEvent>, SpecimenLog> log)
            throws IOException {
        List<SealedAuditEvent> written = written(key, lie);
        List<SealedAuditEvent> shown = all();
        shown.addAll(written);
        return signed(whole(shown, log.apply(written)));
    }

    /** The same, after a properly opened account of 1.00 USD. */
    byte[] hooli(Consumer<Specimen> lie) throws IOException {
        return hooli(WRITER, writer -> {
            writer.write(writer.opening("hooli"));
            lie.accept(writer);
        });
    }

    /** With what several writers wrote, in place of whatever the tenant has there. */
    byte[] with(String tenant, List<SealedAuditEvent> events) throws IOException {
        List<SealedAuditEvent> shown = all();
        shown.removeIf(event -> event.event().tenant().equals(tenant));
        shown.addAll(events);
        return signed(whole(shown, log()));
    }

    private static List<SealedAuditEvent> written(Signer key, Consumer<Specimen> lie) {
        Specimen writer = Specimen.writer(key, 0x9000);
        lie.accept(writer);
        return writer.close();
    }

    private static List<EventLine> lines(List<SealedAuditEvent> events) {
        return events.stream().map(EventLine::of).toList();
    }

    private static List<SealedAuditEvent> all() {
        List<SealedAuditEvent> events = new ArrayList<>(ACME);
        events.addAll(GLOBEX);
        events.addAll(INITECH);
        return events;
    }

    private Tampered whole(List<SealedAuditEvent> events, SpecimenLog log) throws IOException {
        Path file = directory.resolve("honest" + exports++ + ".zip");
        Tampered tampered = Tampered.open(Specimen.export(file, events, EXPORTER, log));
        PriceBook prices = PriceBook.bundled();
        byte[] contract = CONTRACT.getBytes(StandardCharsets.UTF_8);
        tampered.put(PackageNames.contract(Digest.sha256(contract)), CONTRACT)
                .put(
                        PackageNames.priceBook(prices.digest()),
                        new String(prices.canonicalBytes(), StandardCharsets.UTF_8));
        return tampered.sealManifest(EXPORTER);
    }

    /** What an exporter made, to be changed. */
    Tampered open(List<SealedAuditEvent> events, LogExport log) throws IOException {
        Path file = directory.resolve("start" + exports++ + ".zip");
        return Tampered.open(Specimen.export(file, events, EXPORTER, log));
    }

    /** Another package's files, which the exporter believes. */
    byte[] signed(Craft craft) throws IOException {
        return signed(craft.make(this));
    }

    /** The same files, with a manifest that matches but is not signed. */
    byte[] unsigned(Craft craft) throws IOException {
        return unsigned(craft.make(this), EvidenceFilter.ALL);
    }

    private static byte[] signed(Tampered tampered) throws IOException {
        return tampered.sealManifest(EXPORTER).toBytes();
    }

    /** Makes a package's files. */
    @FunctionalInterface
    interface Craft {
        Tampered make(HonestPackage honest) throws IOException;
    }

    /** A change of a package's files. */
    @FunctionalInterface
    interface Change {
        void to(Tampered files) throws IOException;
    }

    /** Changes the only file in a folder and leaves its name. */
    static Tampered changeMember(Tampered files, String folder, UnaryOperator<String> change) {
        String name = files.files().keySet().stream()
                .filter(file -> file.startsWith(folder + "/"))
                .findFirst()
                .orElseThrow();
        return files.change(name, change);
    }
}
