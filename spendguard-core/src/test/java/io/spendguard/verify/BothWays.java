package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.proof.Anchors;
import io.spendguard.proof.SignedNote;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a package with all facts in memory and with all of them on disk: both find the same, and leave nothing behind. For what is told
 * of decisions, their outcomes and ids; where only the container, seals or keys are at stake, once will
 * do.
 */
final class BothWays {
    /** Of its own for each thread: tests run side by side. */
    private static final ThreadLocal<Path> DIRECTORY = ThreadLocal.withInitial(BothWays::create);

    private BothWays() {}

    static VerificationReport verify(Path file, Anchors anchors) {
        return verify(file, anchors, null);
    }

    static VerificationReport verify(Path file, Anchors anchors, @Nullable Path receipts) {
        return verify(file, anchors, receipts, null);
    }

    static VerificationReport verify(
            Path file, Anchors anchors, @Nullable Path receipts, @Nullable SignedNote earlier) {
        VerificationReport inMemory = Verifier.verify(file, anchors, receipts, earlier);
        Path directory = DIRECTORY.get();
        VerificationReport onDisk = Verifier.verify(file, anchors, receipts, earlier, new FactSpool(directory, 0));

        assertThat(onDisk).isEqualTo(inMemory);
        assertThat(directory).isEmptyDirectory();
        return inMemory;
    }

    private static Path create() {
        try {
            Path created = Files.createTempDirectory("both-ways");
            created.toFile().deleteOnExit();
            return created;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
