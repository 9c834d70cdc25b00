package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.CostState;
import java.util.List;
import java.util.UUID;

/**
 * What is recorded of a call after its settlement or after one more correction.
 *
 * @param number 0 for the settlement, then one more for each correction
 * @param actual what is recorded as spent, for each claim
 * @param state who says so
 * @param isReleased whether the call was released and nothing was corrected since
 * @param eventId the event that told of it
 */
record StoredCorrection(int number, List<Amount> actual, CostState state, boolean isReleased, UUID eventId) {

    static StoredCorrection parse(int number, byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredCorrection(
                number,
                root.strings("actual").stream().map(Amount::parse).toList(),
                CostState.valueOf(root.string("state")),
                false,
                UUID.fromString(root.string("event")));
    }

    byte[] toBytes() {
        return JsonObject.create()
                .put("actual", actual.stream().map(Amount::toString).toList())
                .put("state", state.name())
                .put("event", eventId.toString())
                .toCanonicalBytes();
    }
}
