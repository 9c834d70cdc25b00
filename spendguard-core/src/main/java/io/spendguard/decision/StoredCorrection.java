package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.CostChange;
import io.spendguard.model.CostState;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of a call after its settlement or after one more change.
 *
 * @param number 0 for the settlement, then one more for each change
 * @param kind what was changed; null for the settlement
 * @param reference where the change comes from; empty for the settlement
 * @param actual what is recorded as spent, for each claim
 * @param state who says so
 * @param disputed what is contested; null when nothing is
 * @param isReleased whether the call was released and nothing was changed since
 * @param eventId the event that told of it
 */
record StoredCorrection(
        int number,
        CostChange.@Nullable Kind kind,
        String reference,
        List<Amount> actual,
        CostState state,
        @Nullable Amount disputed,
        boolean isReleased,
        UUID eventId) {
    StoredCorrection {
        actual = List.copyOf(actual);
    }

    static StoredCorrection parse(int number, byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredCorrection(
                number,
                CostChange.Kind.valueOf(root.string("kind")),
                root.string("reference"),
                root.strings("actual").stream().map(Amount::parse).toList(),
                CostState.valueOf(root.string("state")),
                root.has("disputed") ? Amount.parse(root.string("disputed")) : null,
                false,
                UUID.fromString(root.string("event")));
    }

    /** What is to be recorded next. */
    StoredCorrection next(
            CostChange.Kind by, String from, List<Amount> to, CostState who, @Nullable Amount contested, UUID event) {
        return new StoredCorrection(number + 1, by, from, to, who, contested, false, event);
    }

    byte[] toBytes() {
        return JsonObject.create()
                .put("kind", String.valueOf(kind))
                .put("reference", reference)
                .put("actual", actual.stream().map(Amount::toString).toList())
                .put("state", state.name())
                .putIfPresent("disputed", disputed == null ? null : disputed.toString())
                .put("event", eventId.toString())
                .toCanonicalBytes();
    }
}
