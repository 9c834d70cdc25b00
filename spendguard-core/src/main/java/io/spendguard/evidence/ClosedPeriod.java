package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Checkpoint;
import java.util.Objects;

/**
 * A period of a tenant's evidence that is kept elsewhere: every event before a leaf of the tenant's tree.
 *
 * @param tenant whose
 * @param size how many leaves are closed, from the first on
 * @param root the tree's root at that size
 * @param balanceRoot the root over the tenant's balances at that size
 * @param checkpoint the signed checkpoint that covers it
 * @param archive the SHA-256 of the package that holds the events
 */
public record ClosedPeriod(
        String tenant, long size, Digest root, Digest balanceRoot, Checkpoint checkpoint, Digest archive) {
    /** Refuses a period without events with {@link IllegalArgumentException}. */
    public ClosedPeriod {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(root, "root");
        Objects.requireNonNull(balanceRoot, "balanceRoot");
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(archive, "archive");
        if (size < 1) {
            throw new IllegalArgumentException(
                    "Period of tenant '" + tenant + "' holds " + size + " events: there is nothing to close.");
        }
    }

    /** Reads what {@link #toJson} wrote; throws {@link IllegalArgumentException} when it has another form. */
    public static ClosedPeriod parse(String tenant, JsonObject json) {
        JsonObject checkpoint = json.object("checkpoint");
        return new ClosedPeriod(
                tenant,
                json.integer("size"),
                Digest.parse(json.string("root")),
                Digest.parse(json.string("balanceRoot")),
                new Checkpoint(
                        checkpoint.string("origin"),
                        checkpoint.integer("size"),
                        Digest.parse(checkpoint.string("root"))),
                Digest.parse(json.string("archive")));
    }

    /** The member {@code period} of the event that closes it. */
    public JsonObject toJson() {
        return JsonObject.create()
                .put("size", size)
                .put("root", root.hex())
                .put("balanceRoot", balanceRoot.hex())
                .put(
                        "checkpoint",
                        JsonObject.create()
                                .put("origin", checkpoint.origin())
                                .put("size", checkpoint.size())
                                .put("root", checkpoint.root().hex()))
                .put("archive", archive.hex());
    }
}
