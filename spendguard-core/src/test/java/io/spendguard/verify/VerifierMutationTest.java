package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.internal.StoredZip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage of every kind is a finding, never an exception; damage to an event's line names that line. */
class VerifierMutationTest {
    private static final long SEED = 20_261_123;

    @TempDir
    Path directory;

    @Test
    void verify_oneBitFlippedAnywhere_findsItAndNamesTheLine() throws IOException {
        Path genuine = genuine();
        byte[] bytes = Files.readAllBytes(genuine);
        int[] lineOf = lineOfEachByte(genuine, bytes);
        Random random = new Random(SEED);
        Path mutant = directory.resolve("mutant.zip");
        List<String> survivors = new ArrayList<>();

        // Every third position or so, others for another seed.
        for (int position = 0; position < bytes.length; position += 1 + random.nextInt(5)) {
            byte[] mutated = bytes.clone();
            mutated[position] ^= (byte) (1 << random.nextInt(8));
            Files.write(mutant, mutated);
            List<Finding> findings = Verifier.verify(mutant, ANCHORS).findings();
            if (findings.isEmpty()) {
                survivors.add("byte " + position + ": nothing found");
            } else if (lineOf[position] > 0 && !names(findings.get(0), lineOf[position])) {
                survivors.add("byte " + position + " of line " + lineOf[position] + ": " + findings.get(0));
            }
        }

        assertThat(bytes.length).isGreaterThan(4_000);
        assertThat(survivors).as("%s survivors", survivors.size()).isEmpty();
    }

    @Test
    void verify_cutAtEachPosition_findsIt() throws IOException {
        Path genuine = genuine();
        byte[] bytes = Files.readAllBytes(genuine);
        Path cut = directory.resolve("cut.zip");

        for (int length = 0; length < bytes.length; length += 31) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            assertThat(Verifier.verify(cut, ANCHORS).isVerified())
                    .as("cut at %d", length)
                    .isFalse();
        }
    }

    @Test
    void verify_randomBytesInsertedOverwrittenOrRemoved_findsIt() throws IOException {
        Path genuine = genuine();
        byte[] bytes = Files.readAllBytes(genuine);
        Path mutant = directory.resolve("mutant.zip");
        Random random = new Random(SEED);

        for (int i = 0; i < 500; i++) {
            byte[] mutated = mutate(bytes, random);
            Files.write(mutant, mutated);
            boolean isSame = Arrays.equals(mutated, bytes);
            assertThat(Verifier.verify(mutant, ANCHORS).isVerified())
                    .as("mutant %d", i)
                    .isEqualTo(isSame);
        }
    }

    /** Four events in two batches: every kind of byte there is, in as few as possible. */
    private Path genuine() {
        Specimen writer = Specimen.writer(SIGNER, 0x1000);
        writer.write(writer.opening("acme"), writer.decision("acme", writer.id(), 300_000_000));
        return Specimen.export(directory.resolve("genuine.zip"), writer.close());
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        int from = random.nextInt(bytes.length);
        int length = Math.min(1 + random.nextInt(40), bytes.length - from);
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        byte[] head = Arrays.copyOf(bytes, from);
        return switch (random.nextInt(3)) {
            case 0 -> concat(head, noise, Arrays.copyOfRange(bytes, from, bytes.length));
            case 1 -> concat(head, noise, Arrays.copyOfRange(bytes, from + length, bytes.length));
            default -> concat(head, Arrays.copyOfRange(bytes, from + length, bytes.length));
        };
    }

    private static byte[] concat(byte[]... parts) {
        byte[] whole =
                new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int position = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, position, part.length);
            position += part.length;
        }
        return whole;
    }

    /** The leading finding is about an event, and at that line. */
    private static boolean names(Finding finding, int line) {
        return finding.place().file() != null
                && finding.place().file().startsWith("events/")
                && finding.code().group() == FindingCode.Group.EVENT
                && finding.place().line() == line;
    }

    private static int[] lineOfEachByte(Path zip, byte[] bytes) throws IOException {
        int[] lines = new int[bytes.length];
        try (PackageReader reader = PackageReader.open(zip, new Findings())) {
            for (StoredZip.Entry entry : reader.entries()) {
                int line = 1;
                for (long i = entry.contentOffset(); entry.name().startsWith("events/") && i < entry.endOffset(); i++) {
                    lines[(int) i] = line;
                    line += bytes[(int) i] == '\n' ? 1 : 0;
                }
            }
        }
        return lines;
    }
}
