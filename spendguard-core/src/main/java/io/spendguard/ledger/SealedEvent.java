package io.spendguard.ledger;

import io.spendguard.model.Digest;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An audit event in its place: stream, position, chain value, and the batch signature that covers it.
 *
 * @param draft the event
 * @param stream the stream: one tenant, one writer incarnation
 * @param seq the position in the stream, from 1, without gaps
 * @param chain SHA-256 over the previous chain value and the event's digest
 * @param batchSize how many leaves the signed batch has
 * @param leafIndex which of them this event is, from 0
 * @param path the RFC 6962 inclusion path of the leaf, lowest first
 * @param signature the signature over the batch's root
 * @param keyId the key that signed
 */
public record SealedEvent(
        EventDraft draft,
        UUID stream,
        long seq,
        Digest chain,
        int batchSize,
        int leafIndex,
        List<Digest> path,
        byte[] signature,
        String keyId) {
    /** Copies the path. */
    public SealedEvent {
        Objects.requireNonNull(draft, "draft");
        Objects.requireNonNull(stream, "stream");
        path = List.copyOf(path);
    }
}
