package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.util.ArrayList;
import java.util.List;

/**
 * Some leaves in a row of an RFC 6962 tree, as the few perfect subtrees they make up: a range of a million leaves is at
 * most forty hashes. Ranges that adjoin can be joined in any order, so that a tree's root follows from leaves that were
 * read in pieces.
 *
 * <p>Not safe for several threads.
 */
public final class MerkleRange {
    private final long begin;
    private long end;
    private final List<Node> nodes = new ArrayList<>();

    private MerkleRange(long begin) {
        this.begin = begin;
        this.end = begin;
    }

    /** An empty range before the leaf of that index, from 0. */
    public static MerkleRange startingAt(long begin) {
        if (begin < 0) {
            throw new IllegalArgumentException("Range cannot begin at leaf " + begin + ": leaves count from 0.");
        }
        return new MerkleRange(begin);
    }

    /**
     * The leaves of a tree of that size, from the first on, by its frontier alone: the perfect subtrees it is made of.
     *
     * @param frontier their hashes, the largest first
     * @throws IllegalArgumentException when a tree of that size has another number of them
     */
    public static MerkleRange ofTree(long size, List<Digest> frontier) {
        if (size < 0 || Long.bitCount(size) != frontier.size()) {
            throw new IllegalArgumentException("A tree of " + size + " leaves is not made of " + frontier.size()
                    + " perfect subtrees. Pass its whole frontier.");
        }
        MerkleRange range = new MerkleRange(0);
        long first = 0;
        for (Digest hash : frontier) {
            int height = 63 - Long.numberOfLeadingZeros(size - first);
            range.nodes.add(new Node(hash, first, height));
            first += 1L << height;
        }
        range.end = size;
        return range;
    }

    /** The perfect subtrees that the leaves make up, the first one first; of leaves from 0 on, see {@link #ofTree}. */
    public List<Digest> frontier() {
        return nodes.stream().map(Node::hash).toList();
    }

    /** The first leaf's index. */
    public long begin() {
        return begin;
    }

    /** The index after the last leaf. */
    public long end() {
        return end;
    }

    /** Adds the next leaf. */
    public void append(Digest leafHash) {
        push(new Node(leafHash, end, 0));
    }

    /** Adds a range that begins where this one ends; throws {@link IllegalArgumentException} for another. */
    public void append(MerkleRange next) {
        if (next.begin != end) {
            throw new IllegalArgumentException(
                    "Range from leaf " + next.begin + " does not follow one that ends before leaf " + end + ".");
        }
        next.nodes.forEach(this::push);
    }

    /** The root of the tree of exactly these leaves; throws {@link IllegalStateException} when the first is not leaf 0. */
    public Digest root() {
        if (begin != 0) {
            throw new IllegalStateException(
                    "A range from leaf " + begin + " has no root. Put what is before it first.");
        }
        if (nodes.isEmpty()) {
            return MerkleTree.emptyRoot();
        }
        Digest root = nodes.get(nodes.size() - 1).hash;
        for (int i = nodes.size() - 2; i >= 0; i--) {
            root = MerkleTree.node(nodes.get(i).hash, root);
        }
        return root;
    }

    private void push(Node node) {
        Node last = node;
        // Two neighbours of one height are a node of the tree where the left one begins at a multiple of their size.
        while (!nodes.isEmpty()) {
            Node left = nodes.get(nodes.size() - 1);
            if (left.height != last.height || (left.first >> left.height & 1) != 0) {
                break;
            }
            nodes.remove(nodes.size() - 1);
            last = new Node(MerkleTree.node(left.hash, last.hash), left.first, left.height + 1);
        }
        nodes.add(last);
        end = last.first + (1L << last.height);
    }

    /** A perfect subtree: its first leaf, and how high it is. */
    private record Node(Digest hash, long first, int height) {}
}
