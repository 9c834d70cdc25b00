package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Signer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A package in somebody's hands who wants it to say something else. */
final class Tampered {
    private final Map<String, byte[]> files = new TreeMap<>();

    private Tampered() {}

    static Tampered of(Map<String, byte[]> files) {
        Tampered tampered = new Tampered();
        files.forEach((name, content) -> tampered.files.put(name, content.clone()));
        return tampered;
    }

    static Tampered open(Path zip) throws IOException {
        Tampered tampered = new Tampered();
        try (ZipFile file = new ZipFile(zip.toFile())) {
            for (ZipEntry entry : Collections.list(file.entries())) {
                tampered.files.put(entry.getName(), file.getInputStream(entry).readAllBytes());
            }
        }
        return tampered;
    }

    Map<String, byte[]> files() {
        return files;
    }

    /** The file of a tenant's only stream. */
    String streamFile(String tenant) {
        return files.keySet().stream()
                .filter(name -> name.startsWith("events/" + tenant + "/"))
                .findFirst()
                .orElseThrow();
    }

    List<EventLine> lines(String tenant) {
        return text(streamFile(tenant))
                .lines()
                .map(line -> EventLine.parse(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    /** Changes the lines of a tenant's stream; the manifest is left as it was. */
    Tampered lines(String tenant, Consumer<List<EventLine>> change) {
        List<EventLine> lines = new ArrayList<>(lines(tenant));
        change.accept(lines);
        return put(streamFile(tenant), lines);
    }

    Tampered line(String tenant, int seq, UnaryOperator<EventLine> change) {
        return lines(tenant, lines -> lines.set(seq - 1, change.apply(lines.get(seq - 1))));
    }

    Tampered put(String name, List<EventLine> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line ->
                text.append(new String(line.toBytes(), StandardCharsets.UTF_8)).append('\n'));
        files.put(name, text.toString().getBytes(StandardCharsets.UTF_8));
        return this;
    }

    Tampered put(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** Changes a file's text, which must be another one afterwards. */
    Tampered change(String name, UnaryOperator<String> change) {
        String changed = change.apply(text(name));
        if (changed.equals(text(name))) {
            throw new IllegalArgumentException("File " + name + " is what it was: the change misses it.");
        }
        return put(name, changed);
    }

    Tampered remove(String name) {
        files.remove(name);
        return this;
    }

    /** Rewrites the manifest to match the files, and signs it. */
    Tampered sealManifest(Signer signer) {
        return sealManifest(
                signer, EvidenceManifest.parse(files.get(PackageNames.MANIFEST)).filter());
    }

    /** The same, under another filter. */
    Tampered sealManifest(Signer signer, EvidenceFilter filter) {
        EvidenceManifest before = EvidenceManifest.parse(files.get(PackageNames.MANIFEST));
        List<EvidenceManifest.File> listed = new ArrayList<>();
        List<EvidenceManifest.Stream> streams = new ArrayList<>();
        long events = 0;
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            if (file.getKey().startsWith("manifest.")) {
                continue;
            }
            listed.add(
                    new EvidenceManifest.File(file.getKey(), file.getValue().length, Digest.sha256(file.getValue())));
            PackageNames.StreamName name =
                    PackageNames.parseEvents(file.getKey()).orElse(null);
            if (name != null && file.getValue().length > 0) {
                List<String> lines = text(file.getKey()).lines().toList();
                EventLine last = EventLine.parse(lines.get(lines.size() - 1).getBytes(StandardCharsets.UTF_8));
                streams.add(new EvidenceManifest.Stream(name.tenant(), name.stream(), last.seq(), last.chain()));
                events += lines.size();
            }
        }
        return manifest(signer, new EvidenceManifest(before.createdAt(), filter, events, listed, streams));
    }

    /** Another manifest, and its signature. */
    Tampered manifest(Signer signer, EvidenceManifest told) {
        byte[] manifest = told.toBytes();
        files.put(PackageNames.MANIFEST, manifest);
        files.put(
                PackageNames.SIGNATURE,
                JsonObject.create()
                        .put("algorithm", signer.algorithm())
                        .put("keyId", signer.keyId())
                        .put(
                                "signature",
                                Base64.getEncoder().encodeToString(signer.sign(SealFormat.manifest(manifest))))
                        .toCanonicalBytes());
        return this;
    }

    Path save(Path zip) throws IOException {
        return Files.write(zip, toBytes());
    }

    byte[] toBytes() throws IOException {
        return zip(List.copyOf(files.entrySet()), 0, "");
    }

    /**
     * A zip as packages are, but for what somebody did to it.
     *
     * @param crcOff what every checksum is off by
     * @param gap what stands between the entries and their directory
     */
    static byte[] zip(List<Map.Entry<String, byte[]>> files, long crcOff, String gap) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<StoredZip.Entry> entries = new ArrayList<>();
        for (Map.Entry<String, byte[]> file : files) {
            CRC32 crc = new CRC32();
            crc.update(file.getValue());
            StoredZip.Entry entry =
                    new StoredZip.Entry(file.getKey(), out.size(), file.getValue().length, crc.getValue() ^ crcOff);
            out.write(StoredZip.header(entry));
            out.write(file.getValue());
            entries.add(entry);
        }
        out.write(gap.getBytes(StandardCharsets.UTF_8));
        int offset = out.size();
        byte[] directory = StoredZip.directory(entries);
        out.write(directory);
        out.write(StoredZip.end(entries.size(), directory.length, offset));
        return out.toByteArray();
    }

    private String text(String name) {
        return new String(files.get(name), StandardCharsets.UTF_8);
    }

    /** The line with something in its payload written otherwise, under its old seal. */
    static EventLine edited(EventLine line, String what, String by) {
        if (!line.payload().contains(what)) {
            throw new IllegalArgumentException("Event " + line.seq() + " has no " + what + ".");
        }
        return payload(line, line.payload().replace(what, by));
    }

    static EventLine payload(EventLine line, String payload) {
        return altered(line, payload, line.seq(), line.chain());
    }

    static EventLine seq(EventLine line, long seq) {
        return altered(line, line.payload(), seq, line.chain());
    }

    static EventLine chain(EventLine line, Digest chain) {
        return altered(line, line.payload(), line.seq(), chain);
    }

    private static EventLine altered(EventLine line, String payload, long seq, Digest chain) {
        return new EventLine(
                line.id(),
                line.type(),
                payload,
                seq,
                chain,
                line.batchSize(),
                line.leafIndex(),
                line.path(),
                line.signature(),
                line.keyId(),
                line.before(),
                line.inclusion());
    }

    /** One line's seal around another line's event. */
    static EventLine event(EventLine seal, EventLine event) {
        return new EventLine(
                event.id(),
                event.type(),
                event.payload(),
                seal.seq(),
                seal.chain(),
                seal.batchSize(),
                seal.leafIndex(),
                seal.path(),
                seal.signature(),
                seal.keyId());
    }

    /** Numbers lines without gaps and recomputes their chain, as anybody can who holds no key. */
    static void rechain(List<EventLine> lines, String tenant, UUID stream) {
        Digest chain = SealFormat.start(tenant, stream);
        for (int i = 0; i < lines.size(); i++) {
            chain = SealFormat.next(chain, Digest.sha256(lines.get(i).payloadBytes()));
            lines.set(i, chain(seq(lines.get(i), i + 1), chain));
        }
    }

    /** The line signed alone by another key at its place. */
    static EventLine resigned(EventLine line, String tenant, UUID stream, Signer signer) {
        Digest leaf = SealFormat.leaf(tenant, stream, line.seq(), line.chain());
        return new EventLine(
                line.id(),
                line.type(),
                line.payload(),
                line.seq(),
                line.chain(),
                1,
                0,
                List.of(),
                signer.sign(SealFormat.batch(1, leaf)),
                signer.keyId());
    }
}
