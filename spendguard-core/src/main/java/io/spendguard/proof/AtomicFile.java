package io.spendguard.proof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that appear whole or not at all. */
final class AtomicFile {
    private AtomicFile() {}

    /** A new empty file in the target's directory, with exactly these permissions where the file system has such. */
    static Path temporaryBeside(Path target, Set<PosixFilePermission> permissions) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        String prefix = "." + target.getFileName() + ".";
        if (!Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            return Files.createTempFile(directory, prefix, ".tmp");
        }
        // The attribute passes through the umask; setting them again does not.
        Path temporary =
                Files.createTempFile(directory, prefix, ".tmp", PosixFilePermissions.asFileAttribute(permissions));
        Files.setPosixFilePermissions(temporary, permissions);
        return temporary;
    }

    static void writeDurably(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /** Puts the content in the target's place; on any failure what stood there stays. */
    static void replace(Path target, byte[] content, Set<PosixFilePermission> permissions) throws IOException {
        Path temporary = temporaryBeside(target, permissions);
        try {
            writeDurably(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
