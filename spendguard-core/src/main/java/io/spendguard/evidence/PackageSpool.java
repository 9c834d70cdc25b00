package io.spendguard.evidence;

import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.model.Digest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a package's files on disk until their sizes, checksums and order are known: a zip without data descriptors
 * needs all of that before the first content byte.
 */
final class PackageSpool implements AutoCloseable {
    private final Path target;
    private final Path spool;
    private final FileChannel channel;
    private final OutputStream out;
    private final Map<String, Spooled> files = new TreeMap<>();
    private long position;
    private @Nullable Open open;

    private PackageSpool(Path target, Path spool, FileChannel channel) {
        this.target = target;
        this.spool = spool;
        this.channel = channel;
        this.out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    }

    static PackageSpool beside(Path target) {
        try {
            Path spool = temporary(target);
            return new PackageSpool(
                    target, spool, FileChannel.open(spool, StandardOpenOption.READ, StandardOpenOption.WRITE));
        } catch (IOException failed) {
            throw failed(target, failed);
        }
    }

    /** Starts a file; what was written before it is complete. */
    void begin(String name) {
        endFile();
        open = new Open(name, position);
    }

    /** Appends a line to the file begun last. */
    void line(byte[] content) {
        write(content);
        write(new byte[] {'\n'});
    }

    /** A whole file. */
    void file(String name, byte[] content) {
        begin(name);
        write(content);
        endFile();
    }

    /** The complete files, in order of name. */
    List<EvidenceManifest.File> files() {
        endFile();
        return files.entrySet().stream()
                .map(file -> new EvidenceManifest.File(
                        file.getKey(), file.getValue().size(), file.getValue().digest()))
                .toList();
    }

    /** Writes the zip and moves it in place. */
    void writeZip(Path file) {
        endFile();
        try {
            out.flush();
            Path temporary = temporary(file);
            try {
                try (FileChannel zip = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    writeZip(zip);
                    zip.force(true);
                }
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException failed) {
            throw failed(file, failed);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(spool);
        } catch (IOException failed) {
            throw failed(target, failed);
        }
    }

    private void writeZip(FileChannel zip) throws IOException {
        List<StoredZip.Entry> entries = new ArrayList<>();
        long offset = 0;
        for (Map.Entry<String, Spooled> file : files.entrySet()) {
            Spooled spooled = file.getValue();
            StoredZip.Entry entry = new StoredZip.Entry(file.getKey(), offset, spooled.size(), spooled.crc());
            offset = entry.endOffset();
            requireWithinFormat(offset, entries.size() + 1);
            put(zip, StoredZip.header(entry));
            copy(zip, spooled);
            entries.add(entry);
        }
        byte[] directory = StoredZip.directory(entries);
        requireWithinFormat(offset + directory.length + StoredZip.END_BYTES, entries.size());
        put(zip, directory);
        put(zip, StoredZip.end(entries.size(), directory.length, offset));
    }

    private void copy(FileChannel zip, Spooled spooled) throws IOException {
        long copied = 0;
        while (copied < spooled.size()) {
            copied += channel.transferTo(spooled.offset() + copied, spooled.size() - copied, zip);
        }
    }

    private void write(byte[] content) {
        if (open == null) {
            throw new IllegalStateException("No file was begun. Call begin() first.");
        }
        try {
            out.write(content);
        } catch (IOException failed) {
            throw failed(target, failed);
        }
        open.crc.update(content);
        open.sha.update(content);
        position += content.length;
        requireWithinFormat(position, files.size());
    }

    private void endFile() {
        if (open != null) {
            files.put(
                    open.name,
                    new Spooled(open.start, position - open.start, open.crc.getValue(), Digest.of(open.sha.digest())));
            open = null;
        }
    }

    private void requireWithinFormat(long bytes, int entries) {
        if (bytes > StoredZip.MAX_BYTES || entries > StoredZip.MAX_ENTRIES) {
            throw new EvidenceException(
                    "Evidence package " + target + " would hold " + entries + " files and more than "
                            + bytes + " bytes: at most " + StoredZip.MAX_ENTRIES + " and " + StoredZip.MAX_BYTES
                            + " fit. Export one tenant at a time.");
        }
    }

    private static void put(FileChannel zip, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            zip.write(buffer);
        }
    }

    private static Path temporary(Path target) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        return Files.createTempFile(directory, "." + target.getFileName() + ".", ".tmp");
    }

    private static EvidenceException failed(Path target, IOException failure) {
        return new EvidenceException(
                "Evidence package " + target + " cannot be written: " + failure
                        + ". Make its directory writable, with room for twice the package.",
                failure);
    }

    /** A file that is still growing. */
    private static final class Open {
        private final String name;
        private final long start;
        private final CRC32 crc = new CRC32();
        private final MessageDigest sha = Digest.newSha256();

        private Open(String name, long start) {
            this.name = name;
            this.start = start;
        }
    }

    /** A complete file. */
    private record Spooled(long offset, long size, long crc, Digest digest) {}
}
