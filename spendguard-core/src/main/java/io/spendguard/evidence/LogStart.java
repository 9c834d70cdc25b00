package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleRange;
import io.spendguard.proof.MerkleTree;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * How the log, a tenant or a stream stood at the earlier checkpoint after which a package begins. A tree's frontier takes the place
 * of its leaves: roots before and after follow from it, so that the later tree is shown to continue the earlier one.
 */
public sealed interface LogStart {
    /** The line's canonical bytes, without a line feed. */
    byte[] toBytes();

    /** Reads a line of a package's file of starts; throws {@link JsonException} when it has another form. */
    static LogStart parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        LogStart start;
        try {
            if (json.has("stream")) {
                start = OfStream.parse(json);
            } else {
                start = json.has("tenant") ? OfTenant.parse(json) : OfLog.parse(json);
            }
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(start.toBytes(), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return start;
    }

    private static List<Digest> digests(JsonObject json, String member) {
        return json.strings(member).stream().map(Digest::parse).toList();
    }

    private static List<String> hex(List<Digest> digests) {
        return digests.stream().map(Digest::hex).toList();
    }

    /**
     * The tree of all tenants.
     *
     * @param size the earlier checkpoint's size
     * @param frontier the perfect subtrees it was made of, the largest first
     */
    record OfLog(long size, List<Digest> frontier) implements LogStart {
        /** Refuses a frontier that no tree of that size has, and an empty tree, with {@link IllegalArgumentException}. */
        public OfLog {
            frontier = List.copyOf(frontier);
            if (size < 1) {
                throw new IllegalArgumentException("Checkpoint " + size
                        + " covers nothing: a package that begins there begins at the first event.");
            }
            MerkleRange.ofTree(size, frontier);
        }

        /** The tree so far, to be continued. */
        public MerkleRange range() {
            return MerkleRange.ofTree(size, frontier);
        }

        private static OfLog parse(JsonObject json) {
            return new OfLog(json.integer("size"), digests(json, "frontier"));
        }

        @Override
        public byte[] toBytes() {
            return JsonObject.create()
                    .put("size", size)
                    .put("frontier", hex(frontier))
                    .toCanonicalBytes();
        }
    }

    /**
     * A tenant's tree, by its last head under the earlier checkpoint.
     *
     * @param tenant whose
     * @param size how many events it held
     * @param balanceRoot the root over its balances
     * @param index the head's leaf in the tree of all tenants, from 0
     * @param path from there to the earlier checkpoint's root, lowest first
     * @param frontier the perfect subtrees the tenant's tree was made of, the largest first
     */
    record OfTenant(String tenant, long size, Digest balanceRoot, long index, List<Digest> path, List<Digest> frontier)
            implements LogStart {
        /** Refuses a frontier that no tree of that size has with {@link IllegalArgumentException}. */
        public OfTenant {
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(balanceRoot, "balanceRoot");
            path = List.copyOf(path);
            frontier = List.copyOf(frontier);
            MerkleRange.ofTree(size, frontier);
        }

        /** The tenant's tree so far, to be continued. */
        public MerkleRange range() {
            return MerkleRange.ofTree(size, frontier);
        }

        /** The head it is. */
        public LogHead head() {
            return LogHead.of(tenant, size, range().root(), balanceRoot);
        }

        /** Tells whether a tree of all tenants of that size and root has the head. */
        public boolean isUnder(long logSize, Digest logRoot) {
            return MerkleTree.verifyInclusion(head().leaf(), index, logSize, path, logRoot);
        }

        private static OfTenant parse(JsonObject json) {
            return new OfTenant(
                    json.string("tenant"),
                    json.integer("size"),
                    Digest.parse(json.string("balances")),
                    json.integer("index"),
                    digests(json, "path"),
                    digests(json, "frontier"));
        }

        @Override
        public byte[] toBytes() {
            return JsonObject.create()
                    .put("tenant", tenant)
                    .put("size", size)
                    .put("balances", balanceRoot.hex())
                    .put("index", index)
                    .put("path", hex(path))
                    .put("frontier", hex(frontier))
                    .toCanonicalBytes();
        }
    }

    /**
     * A stream that goes on after the earlier checkpoint, by its last event before it.
     *
     * @param tenant whose
     * @param stream the stream
     * @param seq that event's position, from 1
     * @param chain the chain value there
     * @param index its leaf in the tenant's tree, from 0
     * @param path from there to the root of the tenant's tree as it stood, lowest first
     */
    record OfStream(String tenant, UUID stream, long seq, Digest chain, long index, List<Digest> path)
            implements LogStart {
        /** Refuses a position below 1 with {@link IllegalArgumentException}. */
        public OfStream {
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(stream, "stream");
            Objects.requireNonNull(chain, "chain");
            path = List.copyOf(path);
            if (seq < 1) {
                throw new IllegalArgumentException("Position " + seq + " is none: they count from 1.");
            }
        }

        /** Tells whether the tenant's tree as it stood has that position with that chain value. */
        public boolean isUnder(OfTenant start) {
            return tenant.equals(start.tenant())
                    && MerkleTree.verifyInclusion(
                            SealFormat.leaf(tenant, stream, seq, chain),
                            index,
                            start.size(),
                            path,
                            start.range().root());
        }

        private static OfStream parse(JsonObject json) {
            return new OfStream(
                    json.string("tenant"),
                    UUID.fromString(json.string("stream")),
                    json.integer("seq"),
                    Digest.parse(json.string("chain")),
                    json.integer("index"),
                    digests(json, "path"));
        }

        @Override
        public byte[] toBytes() {
            return JsonObject.create()
                    .put("tenant", tenant)
                    .put("stream", stream.toString())
                    .put("seq", seq)
                    .put("chain", chain.hex())
                    .put("index", index)
                    .put("path", hex(path))
                    .toCanonicalBytes();
        }
    }
}
