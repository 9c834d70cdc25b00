package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.evidence.EvidenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FactSpoolTest {
    @TempDir
    private Path directory;

    /** In memory, and after so many bytes on disk. */
    @ParameterizedTest
    @ValueSource(longs = {0, 100_000, Long.MAX_VALUE})
    void read_allPartitions_givesEachIdsFactsInOrder(long bufferBytes) throws IOException {
        Random random = new Random(20_261_127);
        Map<UUID, List<Long>> expected = new HashMap<>();
        Map<UUID, List<Long>> actual = new HashMap<>();

        try (FactSpool spool = new FactSpool(directory, bufferBytes)) {
            FactWriter fact = new FactWriter();
            for (int i = 0; i < 20_000; i++) {
                UUID id = new UUID(random.nextInt(40), random.nextInt(40));
                long value = random.nextLong() >> random.nextInt(Long.SIZE);
                byte[] rest = new byte[random.nextInt(20) == 0 ? random.nextInt(5_000) : 0];
                spool.add(
                        id,
                        fact.clear()
                                .id(id)
                                .number(value)
                                .flag(value > 0)
                                .text("é" + value)
                                .bytes(rest));
                expected.computeIfAbsent(id, none -> new ArrayList<>()).add(value);
            }
            assertThat(spool.isOnDisk()).isEqualTo(bufferBytes < Long.MAX_VALUE);
            for (int partition = 0; partition < FactSpool.PARTITIONS; partition++) {
                FactReader facts = new FactReader(spool.read(partition));
                Map<UUID, List<Long>> here = new HashMap<>();
                while (facts.hasMore()) {
                    UUID id = facts.id();
                    long value = facts.number();
                    assertThat(facts.flag()).isEqualTo(value > 0);
                    assertThat(facts.text()).isEqualTo("é" + value);
                    byte[] rest = facts.bytes();
                    assertThat(rest).isEqualTo(new byte[rest.length]);
                    here.computeIfAbsent(id, none -> new ArrayList<>()).add(value);
                }
                assertThat(Collections.disjoint(actual.keySet(), here.keySet())).isTrue();
                actual.putAll(here);
            }
        }

        assertThat(actual).isEqualTo(expected);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void add_idsThatResembleEachOther_fillAllPartitionsAlike() throws IOException {
        try (FactSpool spool = new FactSpool(directory, Long.MAX_VALUE)) {
            for (int i = 0; i < 256_000; i++) {
                spool.add(new UUID(0x0192_0000_0000_7000L, (long) i << 40), new FactWriter().number(0));
            }

            for (int partition = 0; partition < FactSpool.PARTITIONS; partition++) {
                assertThat(spool.read(partition).readAllBytes().length).isBetween(800, 1_200);
            }
        }
    }

    /** Where the system lets a file go without a name, there is none; elsewhere it is its owner's alone. */
    @Test
    void add_moreThanFits_leavesNothingThatOthersCanRead() throws IOException {
        try (FactSpool spool = new FactSpool(directory, 0)) {
            spool.add(new UUID(1, 2), new FactWriter().id(new UUID(1, 2)));

            try (var files = Files.list(directory)) {
                assertThat(files.filter(Files::exists))
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .isEqualTo("rw-------"));
            }
        }

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void verify_noRoomForTheFile_namesDirectoryAndRemedy() {
        Path gone = directory.resolve("gone");
        Path file = Specimen.export(directory.resolve("e.zip"), Specimen.life(Specimen.SIGNER, "acme", 0x100));

        assertThatThrownBy(() -> Verifier.verify(file, Specimen.ANCHORS, null, null, new FactSpool(gone, 0)))
                .isInstanceOf(EvidenceException.class)
                .hasMessageStartingWith("Temporary file of the verifier in " + gone + " failed after 0 bytes: ")
                .hasMessageEndingWith(
                        ". What a package holds that does not fit in memory waits there, about a tenth of its"
                                + " size: make room, or name another directory with -Djava.io.tmpdir.");
    }
}
