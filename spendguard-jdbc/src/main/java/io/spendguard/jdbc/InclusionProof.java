package io.spendguard.jdbc;

import io.spendguard.model.Digest;
import io.spendguard.proof.SignedNote;
import java.util.List;
import java.util.UUID;

/**
 * Shows that an event is under a signed checkpoint: it is a leaf of its tenant's tree, whose head is a leaf of the tree of
 * all tenants, whose root was signed. Both paths verify by {@link io.spendguard.proof.MerkleTree#verifyInclusion}.
 *
 * @param tenant whose event
 * @param stream its stream
 * @param seq its position there
 * @param leaf its leaf hash
 * @param index its leaf in the tenant's tree
 * @param size that tree's leaves
 * @param root that tree's root
 * @param path from leaf to root
 * @param balanceRoot what else the head holds
 * @param headIndex the head's leaf in the tree of all tenants
 * @param headPath from the head's leaf hash to the checkpoint's root
 * @param checkpoint the signed checkpoint
 */
public record InclusionProof(
        String tenant,
        UUID stream,
        long seq,
        Digest leaf,
        long index,
        long size,
        Digest root,
        List<Digest> path,
        Digest balanceRoot,
        long headIndex,
        List<Digest> headPath,
        SignedNote checkpoint) {
    /** Copies the paths. */
    public InclusionProof {
        path = List.copyOf(path);
        headPath = List.copyOf(headPath);
    }
}
