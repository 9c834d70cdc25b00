package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Settlement;
import java.util.List;
import java.util.UUID;

/**
 * A settlement as the ledger keeps it for replays.
 *
 * @param kind committed or released
 * @param actual what was recorded as spent, for each hold
 * @param estimated whether that is the estimate
 * @param eventId its audit event
 */
record StoredSettlement(Settlement.Outcome kind, List<Amount> actual, boolean estimated, UUID eventId) {

    static StoredSettlement of(Outcome outcome) {
        return new StoredSettlement(outcome.kind(), outcome.actual(), outcome.estimated(), outcome.eventId());
    }

    static StoredSettlement parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredSettlement(
                Settlement.Outcome.valueOf(root.string("kind")),
                root.strings("actual").stream().map(Amount::parse).toList(),
                root.bool("estimated"),
                UUID.fromString(root.string("event")));
    }

    byte[] toBytes() {
        return JsonObject.create()
                .put("kind", kind.name())
                .put("actual", actual.stream().map(Amount::toString).toList())
                .put("estimated", estimated)
                .put("event", eventId.toString())
                .toCanonicalBytes();
    }

    Settlement toSettlement(UUID decisionId, boolean replayed) {
        return new Settlement(decisionId, kind, actual, estimated, eventId, replayed);
    }
}
