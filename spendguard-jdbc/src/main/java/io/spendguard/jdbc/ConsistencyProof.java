package io.spendguard.jdbc;

import io.spendguard.model.Digest;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.SignedNote;
import java.util.List;

/**
 * Shows that a log's later checkpoint continues an earlier one: nothing that the earlier one covers was changed, dropped or moved.
 *
 * @param from the earlier checkpoint, as it was signed
 * @param to the later one
 * @param path the consistency proof of RFC 6962 between their roots
 */
public record ConsistencyProof(SignedNote from, SignedNote to, List<Digest> path) {
    /** Copies the path. */
    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /** Tells whether the path leads from the one root to the other; whether both are signed is for the keys' owner to check. */
    public boolean isValid() {
        Checkpoint earlier = Checkpoint.parse(from.text());
        Checkpoint later = Checkpoint.parse(to.text());
        return earlier.origin().equals(later.origin())
                && MerkleTree.verifyConsistency(earlier.size(), later.size(), path, earlier.root(), later.root());
    }
}
