package io.spendguard.evidence;

import io.spendguard.model.Digest;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An audit event in its place: stream, position, chain value, and the batch signature that covers it. It verifies alone.
 *
 * @param event the event
 * @param stream the stream: one tenant, one writer incarnation
 * @param seq the position in the stream, from 1, without gaps
 * @param chain the chain value, see {@link SealFormat#next}
 * @param batchSize how many leaves the signed batch has
 * @param leafIndex which of them this event is, from 0
 * @param path the RFC 6962 inclusion path of the leaf, lowest first
 * @param signature the signature over {@link SealFormat#batch}
 * @param keyId the key that signed
 */
public record SealedAuditEvent(
        AuditEvent event,
        UUID stream,
        long seq,
        Digest chain,
        int batchSize,
        int leafIndex,
        List<Digest> path,
        byte[] signature,
        String keyId) {
    /** Copies the path. The signature's bytes are shared by a batch's events and must not be changed. */
    public SealedAuditEvent {
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(chain, "chain");
        Objects.requireNonNull(signature, "signature");
        Objects.requireNonNull(keyId, "keyId");
        path = List.copyOf(path);
    }
}
