package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Extension;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The answer to a request for an extension, as the ledger keeps it for replays.
 *
 * @param isGranted whether the hold was extended
 * @param reasons why not; empty when it was
 * @param held what is held afterwards, for each claim
 * @param expiresAt when the hold ends afterwards
 * @param eventId its audit event
 */
record StoredExtension(boolean isGranted, List<Reason> reasons, List<Amount> held, Instant expiresAt, UUID eventId) {

    static StoredExtension parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredExtension(
                root.bool("granted"),
                root.objects("reasons").stream()
                        .map(reason -> Reason.of(new ReasonCode(reason.string("code")), reason.string("text")))
                        .toList(),
                root.strings("held").stream().map(Amount::parse).toList(),
                Instant.parse(root.string("expiresAt")),
                UUID.fromString(root.string("event")));
    }

    byte[] toBytes() {
        return JsonObject.create()
                .put("granted", isGranted)
                .put("reasons", reasons.stream().map(StoredDecision::reasonJson).toList())
                .put("held", held.stream().map(Amount::toString).toList())
                .put("expiresAt", expiresAt.toString())
                .put("event", eventId.toString())
                .toCanonicalBytes();
    }

    /** The caller's answer; in shadow mode the call goes on whatever it is, and the reasons say what it is. */
    Extension toExtension(UUID decisionId, boolean isShadow) {
        return new Extension(decisionId, isGranted || isShadow, reasons, held, expiresAt, eventId);
    }
}
