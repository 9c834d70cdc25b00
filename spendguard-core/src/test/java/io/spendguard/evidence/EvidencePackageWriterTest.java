package io.spendguard.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvidencePackageWriterTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final Signer SIGNER = Ed25519Signer.generate();

    @TempDir
    Path directory;

    @Test
    void finish_packageOfTwoTenants_isAPlainSortedZip() throws IOException {
        Path file = directory.resolve("e.zip");
        byte[] contract = "{}".getBytes(UTF_8);

        try (EvidencePackageWriter writer = EvidencePackageWriter.create(file, SIGNER, CLOCK, EvidenceFilter.ALL)) {
            writer.contract(Digest.sha256(contract), contract).key(SIGNER.verificationKey());
            events("Globex Inc.", 0x20).forEach(writer::event);
            events("acme", 0x10).forEach(writer::event);
            writer.finish();
        }

        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<? extends ZipEntry> entries = Collections.list(zip.entries());
            assertThat(entries)
                    .extracting(ZipEntry::getName)
                    .containsExactly(
                            "contracts/" + Digest.sha256(contract) + ".json",
                            "events/%47lobex%20%49nc%2e/00000000-0000-7000-0000-000000000022.jsonl",
                            "events/acme/00000000-0000-7000-0000-000000000012.jsonl",
                            "keys.json",
                            "manifest.json",
                            "manifest.sig");
            assertThat(entries).allMatch(entry -> entry.getMethod() == ZipEntry.STORED && entry.getExtra() == null);
        }
    }

    @Test
    void finish_sameContentTwice_givesTheSameBytes() throws IOException {
        List<SealedAuditEvent> events = events("acme", 0x10);

        Path one = export("one.zip", events);
        Path two = export("two.zip", events);

        assertThat(one).hasSameBinaryContentAs(two);
    }

    @Test
    void finish_manifest_isSignedAndTellsWhatIsThere() throws IOException {
        Path file = export("e.zip", events("acme", 0x10));

        try (ZipFile zip = new ZipFile(file.toFile())) {
            byte[] manifest = read(zip, "manifest.json");
            JsonObject signature = JsonObject.parse(read(zip, "manifest.sig"));
            EvidenceManifest parsed = EvidenceManifest.parse(manifest);
            assertThat(SIGNER.verificationKey()
                            .verify(
                                    SealFormat.manifest(manifest),
                                    Base64.getDecoder().decode(signature.string("signature"))))
                    .isTrue();
            assertThat(parsed.events()).isEqualTo(3);
            assertThat(parsed.files())
                    .extracting(EvidenceManifest.File::name)
                    .containsExactly("events/acme/00000000-0000-7000-0000-000000000012.jsonl", "keys.json");
            assertThat(parsed.streams())
                    .extracting(EvidenceManifest.Stream::lastSeq)
                    .containsExactly(3L);
        }
    }

    @Test
    void close_withoutFinish_leavesNothing() throws IOException {
        try (EvidencePackageWriter writer =
                EvidencePackageWriter.create(directory.resolve("e.zip"), SIGNER, CLOCK, EvidenceFilter.ALL)) {
            events("acme", 0x10).forEach(writer::event);
        }

        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void create_existingFile_isRefusedAndKept() throws IOException {
        Path file = Files.writeString(directory.resolve("e.zip"), "old evidence");

        assertThatExceptionOfType(EvidenceException.class)
                .isThrownBy(() -> EvidencePackageWriter.create(file, SIGNER, CLOCK, EvidenceFilter.ALL))
                .withMessage("Evidence package " + file
                        + " exists already: evidence is never overwritten. Choose another name.");
        assertThat(file).hasContent("old evidence");
    }

    @Test
    void event_streamThatComesBack_isRefused() {
        List<SealedAuditEvent> first = events("acme", 0x10);
        List<SealedAuditEvent> second = events("acme", 0x20);

        try (EvidencePackageWriter writer =
                EvidencePackageWriter.create(directory.resolve("e.zip"), SIGNER, CLOCK, EvidenceFilter.ALL)) {
            writer.event(first.get(0));
            writer.event(second.get(0));
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> writer.event(first.get(1)))
                    .withMessage("Stream 00000000-0000-7000-0000-000000000012 comes back after another one."
                            + " Hand over events in order of stream and position.");
        }
    }

    @Test
    void event_ofAnotherTenantThanExported_isRefused() {
        try (EvidencePackageWriter writer = EvidencePackageWriter.create(
                directory.resolve("e.zip"), SIGNER, CLOCK, EvidenceFilter.ofTenant("globex"))) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> writer.event(events("acme", 0x10).get(0)))
                    .withMessage("Event 00000000-0000-7000-0000-000000000013 is of tenant 'acme', but the export is of"
                            + " 'globex' only. Filter the events.");
        }
    }

    @Test
    void contract_bytesOfAnotherDigest_areRefused() {
        try (EvidencePackageWriter writer =
                EvidencePackageWriter.create(directory.resolve("e.zip"), SIGNER, CLOCK, EvidenceFilter.ALL)) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> writer.contract(Digest.sha256(new byte[1]), new byte[2]));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"acme", "Acme", "..", "a/b", "a\\b", "%61", "ünïcode \uD83D\uDE00", "a.b", "con", "-", " "})
    void events_anyTenant_isReadBackFromItsFileName(String tenant) {
        UUID stream = UUID.fromString("01920000-0000-7000-8000-00000000000f");

        String name = PackageNames.events(tenant, stream);

        assertThat(name).matches("events/[a-z0-9_%-]+/[0-9a-f-]{36}\\.jsonl");
        assertThat(PackageNames.parseEvents(name)).contains(new PackageNames.StreamName(tenant, stream));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "events/%61cme/01920000-0000-7000-8000-00000000000f.jsonl",
                "events/%ff/01920000-0000-7000-8000-00000000000f.jsonl",
                "events/../01920000-0000-7000-8000-00000000000f.jsonl",
                "events//01920000-0000-7000-8000-00000000000f.jsonl",
                "events/acme/01920000-0000-7000-8000-00000000000F.jsonl",
                "events/acme/1-0-0-0-f.jsonl",
                "/events/acme/01920000-0000-7000-8000-00000000000f.jsonl"
            })
    void parseEvents_otherSpelling_isNoName(String name) {
        assertThat(PackageNames.parseEvents(name)).isEmpty();
    }

    private Path export(String name, List<SealedAuditEvent> events) {
        Path file = directory.resolve(name);
        try (EvidencePackageWriter writer = EvidencePackageWriter.create(file, SIGNER, CLOCK, EvidenceFilter.ALL)) {
            events.forEach(writer::event);
            writer.finish();
        }
        return file;
    }

    private static List<SealedAuditEvent> events(String tenant, long firstId) {
        AtomicLong next = new AtomicLong(firstId);
        StreamSealer sealer = new StreamSealer(SIGNER, () -> new UUID(0x7000L, next.getAndIncrement()), CLOCK);
        UUID id = new UUID(0x7000L, next.getAndIncrement());
        AuditEvent event =
                AuditEvent.of(EventTypes.DECISION, id, tenant, CLOCK.instant()).build();
        List<SealedAuditEvent> sealed = new ArrayList<>(sealer.seal(List.of(event)));
        sealer.committed();
        sealed.addAll(sealer.sealClosing());
        return sealed;
    }

    private static byte[] read(ZipFile zip, String name) throws IOException {
        return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
}
