package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleTree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A leaf of the tree of all tenants: how one tenant's tree of events stood. What an outsider may see of it is whose it is
 * and that it is unchanged; size and roots can be held back, and both together are what is hashed.
 *
 * @param tenant the digest that stands for the tenant, see {@link #tenantDigest}
 * @param detail the digest of size and roots
 * @param shown size and roots, or null where they are held back
 */
public record LogHead(
        Digest tenant, Digest detail, @Nullable Detail shown) {
    private static final byte[] TENANT_TAG = Framing.tag("spendguard:log-tenant:v1");
    private static final byte[] DETAIL_TAG = Framing.tag("spendguard:log-detail:v1");
    private static final byte[] HEAD_TAG = Framing.tag("spendguard:log-head:v1");
    private static final byte[] BALANCE_TAG = Framing.tag("spendguard:log-balance:v1");

    /** Refuses shown values that are not those of the digest with {@link IllegalArgumentException}. */
    public LogHead {
        Objects.requireNonNull(tenant, "tenant");
        if (shown != null && !shown.digest().equals(detail)) {
            throw new IllegalArgumentException("Tree head of " + shown.size() + " leaves has another digest than "
                    + detail + ". Pass what was hashed.");
        }
    }

    /** The head of a tenant's tree, with everything shown. */
    public static LogHead of(String tenant, long size, Digest root, Digest balanceRoot) {
        Detail detail = new Detail(size, root, balanceRoot);
        return new LogHead(tenantDigest(tenant), detail.digest(), detail);
    }

    /** This head with size and roots held back. */
    public LogHead hidden() {
        return new LogHead(tenant, detail, null);
    }

    /** Its RFC 6962 leaf hash. */
    public Digest leaf() {
        return MerkleTree.leafHash(ByteBuffer.allocate(HEAD_TAG.length + tenant.bytes().length + detail.bytes().length)
                .put(HEAD_TAG)
                .put(tenant.bytes())
                .put(detail.bytes())
                .array());
    }

    /** What stands for a tenant: SHA-256 over a domain tag and its name. Who knows the name recognises it. */
    public static Digest tenantDigest(String tenant) {
        byte[] utf8 = tenant.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(TENANT_TAG.length + Framing.size(utf8)).put(TENANT_TAG);
        Framing.put(bytes, utf8);
        return Digest.sha256(bytes.array());
    }

    /**
     * The RFC 6962 leaf hash of an account in a balance root. Leaves come in order of the id's text; accounts on which
     * everything is 0 have none.
     */
    public static Digest balanceLeaf(UUID account, long limit, long spent, long held, long debt) {
        return MerkleTree.leafHash(ByteBuffer.allocate(BALANCE_TAG.length + 6 * Long.BYTES)
                .put(BALANCE_TAG)
                .putLong(account.getMostSignificantBits())
                .putLong(account.getLeastSignificantBits())
                .putLong(limit)
                .putLong(spent)
                .putLong(held)
                .putLong(debt)
                .array());
    }

    /** Reads a line of a package's file of heads; throws {@link JsonException} when it has another form. */
    public static LogHead parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        LogHead head;
        try {
            head = new LogHead(
                    Digest.parse(json.string("tenant")),
                    Digest.parse(json.string("detail")),
                    json.has("size")
                            ? new Detail(
                                    json.integer("size"),
                                    Digest.parse(json.string("root")),
                                    Digest.parse(json.string("balances")))
                            : null);
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(head.toBytes(), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return head;
    }

    /** The line's canonical bytes, without a line feed. */
    public byte[] toBytes() {
        JsonObject json = JsonObject.create().put("tenant", tenant.hex()).put("detail", detail.hex());
        if (shown != null) {
            json.put("size", shown.size())
                    .put("root", shown.root().hex())
                    .put("balances", shown.balanceRoot().hex());
        }
        return json.toCanonicalBytes();
    }

    /**
     * How a tenant's tree stood.
     *
     * @param size how many events it held
     * @param root its root
     * @param balanceRoot the root over what these events make of the tenant's accounts
     */
    public record Detail(long size, Digest root, Digest balanceRoot) {
        private Digest digest() {
            ByteBuffer bytes = ByteBuffer.allocate(
                            DETAIL_TAG.length + Long.BYTES + root.bytes().length + balanceRoot.bytes().length)
                    .put(DETAIL_TAG);
            return Digest.sha256(bytes.putLong(size)
                    .put(root.bytes())
                    .put(balanceRoot.bytes())
                    .array());
        }
    }
}
