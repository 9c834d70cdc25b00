package io.spendguard.jdbc.cli;

import io.spendguard.proof.Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** How a key's file is read that may be encrypted. */
final class KeyFileOptions {
    @ArgGroup
    private @Nullable Passphrase passphrase;

    /** The key that the file holds, Ed25519 or P-256. */
    Signer load(Path pem) throws IOException {
        if (passphrase == null) {
            return Signer.load(pem, null);
        }
        char[] secret = passphrase.read();
        try {
            return Signer.load(pem, secret);
        } finally {
            Arrays.fill(secret, '\0');
        }
    }

    boolean isGiven() {
        return passphrase != null;
    }

    /** One way to hand it over; neither shows it in the process list. */
    private static final class Passphrase {
        @Option(
                names = "--passphrase",
                interactive = true,
                description = "ask without echo for the passphrase of the key's file")
        private char @Nullable [] prompted;

        @Option(names = "--passphrase-file", paramLabel = "FILE", description = "the file that holds it")
        private @Nullable Path file;

        private char[] read() throws IOException {
            if (file == null) {
                return prompted == null ? new char[0] : prompted;
            }
            try {
                return Files.readString(file).stripTrailing().toCharArray();
            } catch (IOException unreadable) {
                throw new IOException(
                        "Passphrase file " + file + " cannot be read. Name a file this process may read.", unreadable);
            }
        }
    }
}
