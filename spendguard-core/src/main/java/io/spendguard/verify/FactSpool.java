package io.spendguard.verify;

import io.spendguard.evidence.EvidenceException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keeps facts by the id they are about until all are there, in partitions small enough to judge one after the other: all facts of
 * one id are in one partition, in the order they came. Which one, a secret decides, so that no package fills a single one.
 *
 * <p>Facts that fit in a buffer never leave memory. More of them go, a buffer at a time, to one file in the directory for temporary
 * files that only its owner may read. Where the system can, it has no name any more once it is open, so that it goes with its process,
 * however that ends; elsewhere {@link #close} removes it. Not safe for several threads.
 */
final class FactSpool implements AutoCloseable {
    /** A package of 4 GiB has some seven million events at most: about thirty thousand for each. */
    static final int PARTITIONS = 256;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CHUNK_BYTES = 1 << 10;
    private static final int WRITTEN_AT_ONCE = 1 << 16;
    private static final long LARGEST_BUFFER = 64L << 20;

    private final long secret = RANDOM.nextLong();
    private final Path directory;
    private final long bufferBytes;
    private final List<Partition> partitions = new ArrayList<>(PARTITIONS);
    /** Chunks that were written out, to be filled again. */
    private final Deque<byte[]> free = new ArrayDeque<>();

    private final ByteBuffer gathered = ByteBuffer.allocate(WRITTEN_AT_ONCE);
    private long used;
    private @Nullable FileChannel file;
    private long written;

    /**
     * An empty one.
     *
     * @param directory where a file is made if one is needed
     * @param bufferBytes how much stays in memory, but for a chunk of 1 KiB for each partition
     */
    FactSpool(Path directory, long bufferBytes) {
        this.directory = directory;
        this.bufferBytes = bufferBytes;
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(new Partition());
        }
    }

    /** One that takes an eighth of the heap, at most 64 MiB, and writes where Java keeps temporary files. */
    static FactSpool create() {
        return new FactSpool(
                Path.of(System.getProperty("java.io.tmpdir")),
                Math.min(LARGEST_BUFFER, Runtime.getRuntime().maxMemory() / 8));
    }

    /** Keeps a fact about an id; throws {@link EvidenceException} when there is no room for it. */
    void add(UUID id, FactWriter fact) {
        long place = UuidMap.mix(UuidMap.mix(id.getMostSignificantBits() ^ secret) + id.getLeastSignificantBits());
        partitions.get((int) (place & (PARTITIONS - 1))).add(fact.bytes(), fact.size());
        if (used > bufferBytes) {
            writeOut();
        }
    }

    /** The facts of a partition, in the order they came. */
    InputStream read(int partition) {
        return new Pieces(partitions.get(partition));
    }

    /** Tells whether facts went to a file. */
    boolean isOnDisk() {
        return file != null;
    }

    /** What to throw when a file that was written cannot be read back. */
    EvidenceException unusable(IOException failed) {
        return new EvidenceException(
                "Temporary file of the verifier in " + directory + " failed after " + written + " bytes: " + failed
                        + ". What a package holds that does not fit in memory waits there, about a tenth of its size:"
                        + " make room, or name another directory with -Djava.io.tmpdir.",
                failed);
    }

    /** Removes the file, if there is one. */
    @Override
    public void close() {
        FileChannel open = file;
        if (open == null) {
            return;
        }
        try {
            open.close();
        } catch (IOException failed) {
            throw unusable(failed);
        }
    }

    private void writeOut() {
        try {
            FileChannel to = file;
            if (to == null) {
                to = create(directory);
                file = to;
            }
            for (Partition partition : partitions) {
                long from = written + gathered.position();
                for (int i = 0; i < partition.chunks.size(); i++) {
                    byte[] chunk = partition.chunks.get(i);
                    if (gathered.remaining() < CHUNK_BYTES) {
                        write(to);
                    }
                    gathered.put(chunk, 0, partition.lengthOf(i));
                    free.add(chunk);
                }
                partition.wroteOut(from, written + gathered.position() - from);
            }
            write(to);
            used = 0;
        } catch (IOException failed) {
            throw unusable(failed);
        }
    }

    private void write(FileChannel to) throws IOException {
        gathered.flip();
        while (gathered.hasRemaining()) {
            written += to.write(gathered);
        }
        gathered.clear();
    }

    /** In one step, so that nobody who may write to the directory puts another file in its place in between. */
    private static FileChannel create(Path directory) throws IOException {
        Path path = directory.resolve("spendguard-verify" + Long.toHexString(RANDOM.nextLong()) + ".tmp");
        FileAttribute<?>[] ownersAlone =
                directory.getFileSystem().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                        }
                        : new FileAttribute<?>[0];
        return FileChannel.open(
                path,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE),
                ownersAlone);
    }

    /** What was written out of a partition, and what came since. */
    private final class Partition {
        private final List<byte[]> chunks = new ArrayList<>();
        private int lastLength = CHUNK_BYTES;
        /** Offset and length of each piece that was written out. */
        private long[] pieces = new long[0];

        private int pieceCount;

        private void add(byte[] bytes, int size) {
            for (int done = 0; done < size; ) {
                if (lastLength == CHUNK_BYTES) {
                    byte[] next = free.poll();
                    chunks.add(next == null ? new byte[CHUNK_BYTES] : next);
                    used += CHUNK_BYTES;
                    lastLength = 0;
                }
                int length = Math.min(size - done, CHUNK_BYTES - lastLength);
                System.arraycopy(bytes, done, chunks.get(chunks.size() - 1), lastLength, length);
                lastLength += length;
                done += length;
            }
        }

        private int lengthOf(int chunk) {
            return chunk == chunks.size() - 1 ? lastLength : CHUNK_BYTES;
        }

        private void wroteOut(long offset, long length) {
            chunks.clear();
            lastLength = CHUNK_BYTES;
            if (length == 0) {
                return;
            }
            if (2 * pieceCount == pieces.length) {
                pieces = Arrays.copyOf(pieces, Math.max(8, 2 * pieces.length));
            }
            pieces[2 * pieceCount] = offset;
            pieces[2 * pieceCount + 1] = length;
            pieceCount++;
        }
    }

    /** Reads a partition: first what was written out, then what is in memory. */
    private final class Pieces extends InputStream {
        private final Partition partition;
        private int piece;
        private int chunk;
        private long done;

        private Pieces(Partition partition) {
            this.partition = partition;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            FileChannel from = file;
            if (from != null && piece < partition.pieceCount) {
                long rest = partition.pieces[2 * piece + 1] - done;
                int count = from.read(
                        ByteBuffer.wrap(target, offset, (int) Math.min(length, rest)),
                        partition.pieces[2 * piece] + done);
                if (count < 0) {
                    throw new EOFException("It became shorter than what was written.");
                }
                done += count;
                if (count == rest) {
                    piece++;
                    done = 0;
                }
                return count;
            }
            if (chunk == partition.chunks.size()) {
                return -1;
            }
            int count = Math.min(length, partition.lengthOf(chunk) - (int) done);
            System.arraycopy(partition.chunks.get(chunk), (int) done, target, offset, count);
            done += count;
            if (done == partition.lengthOf(chunk)) {
                chunk++;
                done = 0;
            }
            return count;
        }
    }
}
