package io.spendguard.verify;

import io.spendguard.evidence.internal.StoredZip;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes a package's zip apart without trusting it. Whatever the directory says, entries are read back to back from the
 * start, so that no content is read twice and nothing beyond the file; every byte of structure that is not the one it
 * must be is a finding. Nothing is written to disk.
 */
final class PackageReader implements Closeable {
    private static final int MAX_LINE_BYTES = 8 << 20;
    private static final int CHUNK_BYTES = 1 << 16;
    /** As many entries as there can be, with names far longer than any file of a package has. */
    private static final int MAX_DIRECTORY_BYTES = 64 << 20;

    private final FileChannel channel;
    private final Findings findings;

    private PackageReader(FileChannel channel, Findings findings) {
        this.channel = channel;
        this.findings = findings;
    }

    static PackageReader open(Path file, Findings findings) throws IOException {
        return new PackageReader(FileChannel.open(file, StandardOpenOption.READ), findings);
    }

    /** The entries, at the places where they must be; none when the container cannot be taken apart. */
    List<StoredZip.Entry> entries() throws IOException {
        long length = channel.size();
        if (length < StoredZip.END_BYTES || length > StoredZip.MAX_BYTES) {
            return unreadable("has " + length + " bytes, which no package has");
        }
        byte[] endRecord = read(length - StoredZip.END_BYTES, StoredZip.END_BYTES);
        ByteBuffer end = little(endRecord);
        int count = Short.toUnsignedInt(end.getShort(StoredZip.END_COUNT));
        long directorySize = Integer.toUnsignedLong(end.getInt(StoredZip.END_DIRECTORY));
        long directoryOffset = Integer.toUnsignedLong(end.getInt(StoredZip.END_DIRECTORY + Integer.BYTES));
        if (directoryOffset + directorySize + StoredZip.END_BYTES != length
                || directorySize < (long) count * StoredZip.RECORD_BYTES) {
            return unreadable("has no directory where its end says so: it was cut off or damaged");
        }
        if (directorySize > MAX_DIRECTORY_BYTES) {
            return unreadable("has a directory of " + directorySize + " bytes, which no package has");
        }
        if (!Arrays.equals(endRecord, StoredZip.end(count, directorySize, directoryOffset))) {
            malformed(Place.PACKAGE, "The zip's end record is not the one packages have.");
        }
        byte[] directory = read(directoryOffset, (int) directorySize);
        List<StoredZip.Entry> entries = parse(directory, count, directoryOffset);
        requireNamesInOrder(entries);
        return entries;
    }

    /** The whole content of a small entry. */
    byte[] content(StoredZip.Entry entry) throws IOException {
        return read(entry.contentOffset(), Math.toIntExact(entry.size()));
    }

    /** Hands over an entry's content in pieces. */
    void pieces(StoredZip.Entry entry, Consumer<byte[]> pieces) throws IOException {
        for (long done = 0; done < entry.size(); ) {
            byte[] piece = read(entry.contentOffset() + done, (int) Math.min(CHUNK_BYTES, entry.size() - done));
            pieces.accept(piece);
            done += piece.length;
        }
    }

    /**
     * Hands over an entry's content in pieces, and the lines in it without their line feeds; a last line without one is
     * handed over as it is, and one beyond 8 MiB as far as it was read.
     */
    void lines(StoredZip.Entry entry, Consumer<byte[]> pieces, Consumer<byte[]> lines) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        pieces(entry, piece -> {
            pieces.accept(piece);
            int start = 0;
            for (int i = 0; i < piece.length; i++) {
                if (piece[i] == '\n') {
                    append(line, piece, start, i);
                    lines.accept(line.toByteArray());
                    line.reset();
                    start = i + 1;
                }
            }
            append(line, piece, start, piece.length);
        });
        if (line.size() > 0) {
            malformed(Place.file(entry.name()), "File " + entry.name() + " does not end with a line feed.");
            lines.accept(line.toByteArray());
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private List<StoredZip.Entry> parse(byte[] directory, int count, long directoryOffset) throws IOException {
        ByteBuffer buffer = little(directory);
        List<StoredZip.Entry> entries = new ArrayList<>(count);
        int record = 0;
        long offset = 0;
        for (int i = 0; i < count; i++) {
            if (directory.length - record < StoredZip.RECORD_BYTES) {
                return unreadable("has a directory of " + i + " entries where its end says " + count);
            }
            int nameLength = Short.toUnsignedInt(buffer.getShort(record + StoredZip.RECORD_NAME_LENGTH));
            if (directory.length - record - StoredZip.RECORD_BYTES < nameLength) {
                return unreadable("has a directory that ends inside a name");
            }
            StoredZip.Entry entry = new StoredZip.Entry(
                    new String(directory, record + StoredZip.RECORD_BYTES, nameLength, StandardCharsets.ISO_8859_1),
                    offset,
                    Integer.toUnsignedLong(buffer.getInt(record + StoredZip.RECORD_SIZE)),
                    Integer.toUnsignedLong(buffer.getInt(record + StoredZip.RECORD_CRC)));
            if (entry.endOffset() > directoryOffset) {
                return unreadable("says its entry " + printable(entry.name()) + " is larger than there is room");
            }
            requireHeader(entry);
            entries.add(entry);
            record += StoredZip.RECORD_BYTES + nameLength;
            offset = entry.endOffset();
        }
        if (offset != directoryOffset) {
            malformed(Place.PACKAGE, "The zip holds bytes between its last entry and its directory.");
        }
        if (!Arrays.equals(directory, StoredZip.directory(entries))) {
            malformed(Place.PACKAGE, "The zip's directory is not the one packages have.");
        }
        return entries;
    }

    private void requireHeader(StoredZip.Entry entry) throws IOException {
        byte[] expected = StoredZip.header(entry);
        if (!Arrays.equals(expected, read(entry.offset(), expected.length))) {
            malformed(
                    Place.file(printable(entry.name())),
                    "Entry " + printable(entry.name()) + " has a header that is not the one packages have.");
        }
    }

    private void requireNamesInOrder(List<StoredZip.Entry> entries) {
        for (int i = 1; i < entries.size(); i++) {
            if (entries.get(i - 1).name().compareTo(entries.get(i).name()) >= 0) {
                String name = printable(entries.get(i).name());
                malformed(Place.file(name), "Entry " + name + " is there twice or out of order.");
            }
        }
    }

    private List<StoredZip.Entry> unreadable(String fault) {
        findings.add(
                FindingCode.PACKAGE_UNREADABLE,
                Place.PACKAGE,
                "The package " + fault + ". Get it from its source once more.");
        return List.of();
    }

    private void malformed(Place place, String fault) {
        findings.add(FindingCode.CONTAINER_MALFORMED, place, fault + " Get the package from its source once more.");
    }

    private byte[] read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("The file became shorter while it was read.");
            }
        }
        return buffer.array();
    }

    private static void append(ByteArrayOutputStream line, byte[] piece, int from, int to) {
        line.write(piece, from, Math.min(to - from, MAX_LINE_BYTES - line.size()));
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A name somebody may have tampered with, fit for a message. */
    static String printable(String name) {
        String safe = name.replaceAll("[^\\x21-\\x7e]", "?");
        return safe.length() <= 200 ? safe : safe.substring(0, 200) + "...";
    }
}
