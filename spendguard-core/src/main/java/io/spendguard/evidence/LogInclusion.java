package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.util.List;

/**
 * Shows that an event is a leaf of its tenant's tree, as a head under the enclosed checkpoint has it. It verifies by
 * {@link io.spendguard.proof.MerkleTree#verifyInclusion} against that head's root.
 *
 * @param index the leaf, from 0
 * @param size how many leaves the head has
 * @param path from leaf to root, lowest first
 */
public record LogInclusion(long index, long size, List<Digest> path) {
    /** Copies the path; refuses a leaf outside the tree with {@link IllegalArgumentException}. */
    public LogInclusion {
        path = List.copyOf(path);
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("Leaf " + index + " is not in a tree of " + size + " leaves.");
        }
    }

    static LogInclusion parse(JsonObject json) {
        try {
            return new LogInclusion(
                    json.integer("index"),
                    json.integer("size"),
                    json.strings("path").stream().map(Digest::parse).toList());
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("The inclusion has another form: " + malformed.getMessage(), malformed);
        }
    }

    JsonObject toJson() {
        return JsonObject.create()
                .put("index", index)
                .put("size", size)
                .put("path", path.stream().map(Digest::hex).toList());
    }
}
