package io.spendguard.evidence.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The one zip layout a package has: stored entries back to back, sorted by name, one fixed time, no extra field, no
 * comment, no zip64. With content and names given, every byte is determined, so that a reader can demand each of them.
 */
public final class StoredZip {
    /** The most entries such a zip can hold. */
    public static final int MAX_ENTRIES = 0xFFFE;
    /** The most bytes such a zip can have. */
    public static final long MAX_BYTES = 0xFFFF_FFFEL;
    /** The length of the end record. */
    public static final int END_BYTES = 22;
    /** The length of a directory record before its name. */
    public static final int RECORD_BYTES = 46;
    /** The length of an entry's header before its name. */
    public static final int HEADER_BYTES = 30;

    /** Where each number stands in a directory record. */
    public static final int RECORD_CRC = 16;
    /** The stored size's place in a directory record; the original size follows. */
    public static final int RECORD_SIZE = 20;
    /** The name's length's place in a directory record. */
    public static final int RECORD_NAME_LENGTH = 28;
    /** The entry's offset's place in a directory record. */
    public static final int RECORD_OFFSET = 42;
    /** The number of entries' place in the end record. */
    public static final int END_COUNT = 10;
    /** The directory's size's place in the end record; its offset follows. */
    public static final int END_DIRECTORY = 12;

    private static final int HEADER_SIGNATURE = 0x04034b50;
    private static final int RECORD_SIGNATURE = 0x02014b50;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final short VERSION = 20;
    /** Names are UTF-8. */
    private static final short FLAGS = 0x0800;

    private static final short STORED = 0;
    /** 1980-01-01 00:00, the first moment a zip can name. */
    private static final short TIME = 0;

    private static final short DATE = 0x21;

    private StoredZip() {}

    /** What precedes an entry's content. */
    public static byte[] header(Entry entry) {
        byte[] name = entry.nameBytes();
        byte[] header = new byte[HEADER_BYTES + name.length];
        common(little(header).putInt(HEADER_SIGNATURE), entry, name).put(name);
        return header;
    }

    /** The directory: one record for each entry. */
    public static byte[] directory(List<Entry> entries) {
        int length = entries.stream()
                .mapToInt(entry -> RECORD_BYTES + entry.nameBytes().length)
                .sum();
        byte[] bytes = new byte[length];
        ByteBuffer directory = little(bytes);
        for (Entry entry : entries) {
            byte[] name = entry.nameBytes();
            common(directory.putInt(RECORD_SIGNATURE).putShort(VERSION), entry, name)
                    .putShort((short) 0) // comment
                    .putShort((short) 0) // disk
                    .putShort((short) 0) // internal attributes
                    .putInt(0) // external attributes
                    .putInt((int) entry.offset())
                    .put(name);
        }
        return bytes;
    }

    /** The end record. */
    public static byte[] end(int count, long directorySize, long directoryOffset) {
        byte[] end = new byte[END_BYTES];
        little(end)
                .putInt(END_SIGNATURE)
                .putInt(0) // disks
                .putShort((short) count)
                .putShort((short) count)
                .putInt((int) directorySize)
                .putInt((int) directoryOffset)
                .putShort((short) 0); // comment
        return end;
    }

    private static ByteBuffer common(ByteBuffer target, Entry entry, byte[] name) {
        return target.putShort(VERSION)
                .putShort(FLAGS)
                .putShort(STORED)
                .putShort(TIME)
                .putShort(DATE)
                .putInt((int) entry.crc())
                .putInt((int) entry.size())
                .putInt((int) entry.size())
                .putShort((short) name.length)
                .putShort((short) 0); // extra fields
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A file in the zip.
     *
     * @param name its name, in US-ASCII unless somebody tampered with it
     * @param offset where its header begins
     * @param size how many bytes its content has
     * @param crc the content's CRC-32
     */
    public record Entry(String name, long offset, long size, long crc) {
        /** Where the content begins. */
        public long contentOffset() {
            return offset + HEADER_BYTES + nameBytes().length;
        }

        /** Where the content ends. */
        public long endOffset() {
            return contentOffset() + size;
        }

        private byte[] nameBytes() {
            return name.getBytes(StandardCharsets.ISO_8859_1); // ours are ASCII; others keep their length this way
        }
    }
}
