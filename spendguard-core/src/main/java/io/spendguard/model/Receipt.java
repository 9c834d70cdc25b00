package io.spendguard.model;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is handed of the evidence for its decision: place, chain value and signature of the decision's audit event.
 * Kept apart from the ledger, it contradicts whoever later removes the event, the end of its stream, or the whole stream.
 *
 * <p>It verifies under the public key that signed, or the root that certified it, without anything else. Immutable; safe for any number of threads.
 *
 * @param tenant whose event
 * @param event the event's id
 * @param stream the stream it stands in
 * @param seq its position there, from 1
 * @param chain the chain value at that position, which covers all events before it
 * @param batchSize how many leaves the signed batch has
 * @param leafIndex which of them this event is, from 0
 * @param path the inclusion path of the leaf, lowest first
 * @param signature the signature over the batch
 * @param keyId the key that signed
 * @param certificate the root's certificate of that key, as canonical JSON, or null for a key that is anchored itself
 * @param issuedAt when the caller was answered, by the guard's clock; not signed
 */
public record Receipt(
        String tenant,
        UUID event,
        UUID stream,
        long seq,
        Digest chain,
        int batchSize,
        int leafIndex,
        List<Digest> path,
        byte[] signature,
        String keyId,
        @Nullable String certificate,
        Instant issuedAt) {
    /** Copies path and signature. */
    public Receipt {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(chain, "chain");
        Objects.requireNonNull(keyId, "keyId");
        Objects.requireNonNull(issuedAt, "issuedAt");
        path = List.copyOf(path);
        signature = signature.clone();
    }

    /** A copy of the signature. */
    @Override
    public byte[] signature() {
        return signature.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Receipt that
                && tenant.equals(that.tenant)
                && event.equals(that.event)
                && stream.equals(that.stream)
                && seq == that.seq
                && chain.equals(that.chain)
                && batchSize == that.batchSize
                && leafIndex == that.leafIndex
                && path.equals(that.path)
                && Arrays.equals(signature, that.signature)
                && keyId.equals(that.keyId)
                && Objects.equals(certificate, that.certificate)
                && issuedAt.equals(that.issuedAt);
    }

    @Override
    public int hashCode() {
        return Objects.hash(tenant, stream, seq, chain);
    }
}
