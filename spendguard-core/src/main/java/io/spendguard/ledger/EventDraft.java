package io.spendguard.ledger;

import io.spendguard.model.Digest;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An audit event as its writer made it: canonical bytes without position and without signature, opaque to the ledger.
 *
 * @param id the event's id
 * @param tenant whose stream it goes to
 * @param type the CloudEvents type
 * @param payload the canonical bytes
 * @param digest SHA-256 of the payload
 * @param personal the values the payload holds commitments of, to be stored where they can be erased
 */
public record EventDraft(
        UUID id, String tenant, String type, byte[] payload, Digest digest, List<PersonalValue> personal) {
    /** Copies the list. */
    public EventDraft {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(payload, "payload");
        Objects.requireNonNull(digest, "digest");
        personal = List.copyOf(personal);
    }

    /**
     * A personal value behind a commitment in an event.
     *
     * @param commitment what the event shows
     * @param value the value in clear
     * @param salt what was hashed with it
     */
    public record PersonalValue(Digest commitment, String value, byte[] salt) {}
}
