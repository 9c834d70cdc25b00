package io.spendguard.evidence;

import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleTree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * The bytes that order and signatures rest on; writer and verifier share them. All numbers are big-endian, and every
 * field of variable length has its length in four bytes before it.
 */
public final class SealFormat {
    private static final byte[] STREAM_TAG = Framing.tag("spendguard:stream:v1");
    private static final byte[] LEAF_TAG = Framing.tag("spendguard:leaf:v1");
    private static final byte[] BATCH_TAG = Framing.tag("spendguard:batch:v1");
    private static final byte[] MANIFEST_TAG = Framing.tag("spendguard:manifest:v1");
    private static final int UUID_BYTES = 16;
    private static final int DIGEST_BYTES = 32;

    private SealFormat() {}

    /** What precedes a stream's first event: SHA-256 over a domain tag, the tenant and the stream. */
    public static Digest start(String tenant, UUID stream) {
        byte[] utf8 = tenant.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(STREAM_TAG.length + Framing.size(utf8) + UUID_BYTES)
                .put(STREAM_TAG);
        Framing.put(bytes, utf8);
        return Digest.sha256(put(bytes, stream).array());
    }

    /** The chain value of an event: SHA-256 over the previous chain value and the event's digest. */
    public static Digest next(Digest previous, Digest event) {
        return Digest.sha256(previous.bytes(), event.bytes());
    }

    /** The RFC 6962 leaf hash of a place in a stream: over a domain tag, tenant, stream, position and chain value. */
    public static Digest leaf(String tenant, UUID stream, long seq, Digest chain) {
        byte[] utf8 = tenant.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(
                        LEAF_TAG.length + Framing.size(utf8) + UUID_BYTES + Long.BYTES + DIGEST_BYTES)
                .put(LEAF_TAG);
        Framing.put(bytes, utf8);
        return MerkleTree.leafHash(
                put(bytes, stream).putLong(seq).put(chain.bytes()).array());
    }

    /** What is signed for a batch: a domain tag, the number of leaves and the root. */
    public static byte[] batch(int size, Digest root) {
        return ByteBuffer.allocate(BATCH_TAG.length + Integer.BYTES + DIGEST_BYTES)
                .put(BATCH_TAG)
                .putInt(size)
                .put(root.bytes())
                .array();
    }

    /** What is signed for an evidence package: a domain tag and the manifest's bytes. */
    public static byte[] manifest(byte[] manifest) {
        ByteBuffer bytes = ByteBuffer.allocate(MANIFEST_TAG.length + Framing.size(manifest))
                .put(MANIFEST_TAG);
        Framing.put(bytes, manifest);
        return bytes.array();
    }

    private static ByteBuffer put(ByteBuffer target, UUID id) {
        return target.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }
}
