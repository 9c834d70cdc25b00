package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An RFC 6962 tree that grows, kept as C2SP tlog-tiles keeps one: a tile holds up to 256 hashes in a row, on level 0 of
 * leaves, above it of full tiles. Hashes in a tile never change; only the last tile of a level grows. Appending reads and
 * writes the right edge, a proof reads a handful of tiles, whatever the size.
 *
 * <p>As safe for several threads as its tiles; appending is for one.
 */
public final class TileTree {
    /** How many hashes a full tile holds. */
    public static final int WIDTH = 256;

    private static final int LEVEL_HEIGHT = 8;
    private static final int DIGEST_BYTES = 32;

    private final Tiles tiles;
    private long size;

    private TileTree(Tiles tiles, long size) {
        this.tiles = tiles;
        this.size = size;
    }

    /** The tree of that many leaves in these tiles. */
    public static TileTree of(Tiles tiles, long size) {
        if (size < 0) {
            throw new IllegalArgumentException("A tree cannot have " + size + " leaves.");
        }
        return new TileTree(tiles, size);
    }

    /** How many leaves there are. */
    public long size() {
        return size;
    }

    /** Adds leaves at the right; tiles are written as they change, lowest first. */
    public void append(List<Digest> leafHashes) {
        append(0, size, leafHashes);
        size += leafHashes.size();
    }

    /** The root of all leaves. */
    public Digest root() {
        return root(size);
    }

    /** The root when there were that many leaves. */
    public Digest root(long earlierSize) {
        requireWithin(earlierSize, size);
        return hash(0, earlierSize);
    }

    /** The perfect subtrees that the tree of that size is made of, the largest first, for {@link MerkleRange#ofTree}. */
    public List<Digest> frontier(long earlierSize) {
        requireWithin(earlierSize, size);
        List<Digest> frontier = new ArrayList<>();
        long first = 0;
        while (first < earlierSize) {
            long end = first + Long.highestOneBit(earlierSize - first);
            frontier.add(hash(first, end));
            first = end;
        }
        return frontier;
    }

    /** The inclusion path of a leaf in the tree of that size, lowest first, for {@link MerkleTree#verifyInclusion}. */
    public List<Digest> inclusion(long index, long treeSize) {
        requireWithin(treeSize, size);
        if (index < 0 || index >= treeSize) {
            throw new IllegalArgumentException(
                    "Leaf " + index + " is not in a tree of " + treeSize + " leaves. Count from 0.");
        }
        List<Digest> path = new ArrayList<>();
        long first = 0;
        long end = treeSize;
        while (end - first > 1) {
            long middle = first + split(end - first);
            if (index < middle) {
                path.add(0, hash(middle, end));
                end = middle;
            } else {
                path.add(0, hash(first, middle));
                first = middle;
            }
        }
        return path;
    }

    /** Shows that a tree of {@code from} leaves became that of {@code to}, for {@link MerkleTree#verifyConsistency}. */
    public List<Digest> consistency(long from, long to) {
        requireWithin(to, size);
        requireWithin(from, to);
        List<Digest> proof = new ArrayList<>();
        if (from == 0 || from == to) {
            return proof;
        }
        long first = 0;
        long end = to;
        while (end != from) {
            long middle = first + split(end - first);
            if (from <= middle) {
                proof.add(0, hash(middle, end));
                end = middle;
            } else {
                proof.add(0, hash(first, middle));
                first = middle;
            }
        }
        if (first != 0) {
            proof.add(0, hash(first, end)); // the first tree itself is known to who asks; a part of it is not
        }
        return proof;
    }

    /** The tile's name below {@code tile/} by C2SP tlog-tiles, such as {@code 0/x001/234.p/17}. */
    public static String name(int level, long index, int width) {
        StringBuilder name = new StringBuilder(String.format(Locale.ROOT, "%03d", index % 1000));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            name.insert(0, String.format(Locale.ROOT, "x%03d/", rest % 1000));
        }
        return level + "/" + name + (width == WIDTH ? "" : ".p/" + width);
    }

    private void append(int level, long before, List<Digest> hashes) {
        List<Digest> above = new ArrayList<>();
        long position = before;
        int done = 0;
        while (done < hashes.size()) {
            int there = (int) (position % WIDTH);
            int taken = Math.min(WIDTH - there, hashes.size() - done);
            ByteArrayOutputStream tile = new ByteArrayOutputStream(WIDTH * DIGEST_BYTES);
            if (there > 0) {
                tile.write(read(level, position / WIDTH, there), 0, there * DIGEST_BYTES);
            }
            for (Digest hash : hashes.subList(done, done + taken)) {
                tile.writeBytes(hash.bytes());
            }
            byte[] content = tile.toByteArray();
            tiles.write(level, position / WIDTH, content);
            if (there + taken == WIDTH) {
                above.add(fold(content, 0, WIDTH));
            }
            position += taken;
            done += taken;
        }
        if (!above.isEmpty()) {
            append(level + 1, before / WIDTH, above);
        }
    }

    /** The hash over leaves {@code [first, end)}, which begin at a multiple of the power of two they fit into. */
    private Digest hash(long first, long end) {
        long count = end - first;
        if (count == 0) {
            return MerkleTree.emptyRoot();
        }
        if (Long.bitCount(count) == 1) {
            int height = Long.numberOfTrailingZeros(count);
            int level = height / LEVEL_HEIGHT;
            int span = 1 << (height % LEVEL_HEIGHT);
            long entry = first >> (level * LEVEL_HEIGHT);
            int offset = (int) (entry % WIDTH);
            return fold(read(level, entry / WIDTH, offset + span), offset, span);
        }
        long middle = first + split(count);
        return MerkleTree.node(hash(first, middle), hash(middle, end));
    }

    private byte[] read(int level, long index, int width) {
        byte[] tile = tiles.read(level, index);
        if (tile == null || tile.length < width * DIGEST_BYTES) {
            throw new IllegalStateException("Tile " + name(level, index, WIDTH) + " holds "
                    + (tile == null ? 0 : tile.length / DIGEST_BYTES) + " hashes where a tree of " + size
                    + " leaves has at least " + width + ". Rebuild the tree from its leaves.");
        }
        return tile;
    }

    private static Digest fold(byte[] tile, int offset, int span) {
        if (span == 1) {
            return Digest.of(Arrays.copyOfRange(tile, offset * DIGEST_BYTES, (offset + 1) * DIGEST_BYTES));
        }
        return MerkleTree.node(fold(tile, offset, span / 2), fold(tile, offset + span / 2, span / 2));
    }

    /** The largest power of two below the count. */
    private static long split(long count) {
        return Long.highestOneBit(count - 1);
    }

    private static void requireWithin(long wanted, long limit) {
        if (wanted < 0 || wanted > limit) {
            throw new IllegalArgumentException(
                    "There is no tree of " + wanted + " leaves before that of " + limit + ". Name an earlier size.");
        }
    }

    /** Where tiles are kept. */
    public interface Tiles {
        /** A tile's hashes, 32 bytes each; null when there is none. */
        byte @Nullable [] read(int level, long index);

        /** Keeps a tile, which replaces one that holds its beginning. */
        void write(int level, long index, byte[] hashes);
    }
}
