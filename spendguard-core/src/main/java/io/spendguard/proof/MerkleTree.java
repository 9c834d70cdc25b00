package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Merkle tree of RFC 6962 §2.1 (SHA-256): leaves and inner nodes are hashed under different prefixes, so that no
 * node passes for a leaf.
 *
 * <p>Immutable; safe for any number of threads. Building hashes once per inner node; a path costs no hashing.
 */
public final class MerkleTree {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    /** From the leaves up; an odd last node of a level moves up unhashed, which gives RFC 6962's shape. */
    private final List<List<Digest>> levels;

    private MerkleTree(List<List<Digest>> levels) {
        this.levels = levels;
    }

    /** The tree over leaf hashes made by {@link #leafHash}; throws {@link IllegalArgumentException} without leaves. */
    public static MerkleTree of(List<Digest> leafHashes) {
        if (leafHashes.isEmpty()) {
            throw new IllegalArgumentException("A Merkle tree needs at least one leaf. Do not sign an empty batch.");
        }
        List<List<Digest>> levels = new ArrayList<>();
        List<Digest> level = List.copyOf(leafHashes);
        levels.add(level);
        MessageDigest sha = Digest.newSha256();
        while (level.size() > 1) {
            List<Digest> above = new ArrayList<>((level.size() + 1) / 2);
            for (int i = 0; i + 1 < level.size(); i += 2) {
                above.add(node(sha, level.get(i), level.get(i + 1)));
            }
            if (level.size() % 2 == 1) {
                above.add(level.get(level.size() - 1));
            }
            levels.add(above);
            level = above;
        }
        return new MerkleTree(levels);
    }

    /** The hash of a leaf's content. */
    public static Digest leafHash(byte[] content) {
        return Digest.sha256(new byte[] {LEAF}, content);
    }

    /** How many leaves there are. */
    public int size() {
        return levels.get(0).size();
    }

    /** The tree's root. */
    public Digest root() {
        return levels.get(levels.size() - 1).get(0);
    }

    /**
     * The inclusion path of a leaf, lowest first.
     *
     * @param index the leaf, from 0
     */
    public List<Digest> path(int index) {
        if (index < 0 || index >= size()) {
            throw new IllegalArgumentException(
                    "Leaf " + index + " is not in a tree of " + size() + " leaves. Count from 0.");
        }
        List<Digest> path = new ArrayList<>(levels.size());
        int position = index;
        for (List<Digest> level : levels) {
            int sibling = position ^ 1;
            if (sibling < level.size() && level.size() > 1) {
                path.add(level.get(sibling));
            }
            position >>= 1;
        }
        return path;
    }

    /** Tells whether the path leads from the leaf, at its place in a tree of that size, to the root. */
    public static boolean verifyInclusion(Digest leafHash, long index, long size, List<Digest> path, Digest root) {
        Digest computed = rootFrom(leafHash, index, size, path);
        return computed != null && computed.equals(root);
    }

    /**
     * The root that a leaf and its path lead to (RFC 9162 §2.1.3.2).
     *
     * @return null when no tree of that size has such a path
     */
    public static @Nullable Digest rootFrom(Digest leafHash, long index, long size, List<Digest> path) {
        if (index < 0 || index >= size) {
            return null;
        }
        MessageDigest sha = Digest.newSha256();
        long position = index;
        long last = size - 1;
        Digest hash = leafHash;
        for (Digest sibling : path) {
            if (last == 0) {
                return null;
            }
            if ((position & 1) == 1 || position == last) {
                hash = node(sha, sibling, hash);
                while ((position & 1) == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(sha, hash, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 ? hash : null;
    }

    /**
     * Tells whether the tree of the first root is a beginning of the second's (RFC 9162 §2.1.4.2). From an empty tree
     * nothing follows, so that its proofs are refused.
     */
    public static boolean verifyConsistency(
            long firstSize, long secondSize, List<Digest> proof, Digest firstRoot, Digest secondRoot) {
        if (firstSize > 0 && firstSize == secondSize) {
            return proof.isEmpty() && firstRoot.equals(secondRoot);
        }
        if (firstSize <= 0 || secondSize < firstSize || proof.isEmpty()) {
            return false;
        }
        MessageDigest sha = Digest.newSha256();
        long position = firstSize - 1;
        long last = secondSize - 1;
        while ((position & 1) == 1) {
            position >>= 1;
            last >>= 1;
        }
        boolean isPerfect = position == 0; // then the first tree is a node of the second, and not repeated in the proof
        Digest first = isPerfect ? firstRoot : proof.get(0);
        Digest second = first;
        for (Digest sibling : proof.subList(isPerfect ? 0 : 1, proof.size())) {
            if (last == 0) {
                return false;
            }
            if ((position & 1) == 1 || position == last) {
                first = node(sha, sibling, first);
                second = node(sha, sibling, second);
                while ((position & 1) == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                second = node(sha, second, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 && first.equals(firstRoot) && second.equals(secondRoot);
    }

    /** The root of a tree without leaves. */
    public static Digest emptyRoot() {
        return Digest.sha256();
    }

    /** The hash of an inner node. */
    static Digest node(Digest left, Digest right) {
        return node(Digest.newSha256(), left, right);
    }

    private static Digest node(MessageDigest sha, Digest left, Digest right) {
        sha.update(NODE);
        sha.update(left.bytes());
        sha.update(right.bytes());
        return Digest.of(sha.digest());
    }
}
