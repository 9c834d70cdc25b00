package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of the approval that an earlier decision of the same action asked for, as the decision made upon it tells.
 *
 * @param decisionId the decision that asked
 * @param state what became of it
 * @param eventId the event that approves or denies; null where nobody answered
 */
record Resolved(UUID decisionId, State state, @Nullable UUID eventId) {
    /** The member of the decision's event. */
    JsonObject toJson() {
        return JsonObject.create()
                .put("decision", decisionId.toString())
                .put("state", state.name())
                .putIfPresent("event", eventId == null ? null : eventId.toString());
    }

    /** What can become of an approval. */
    enum State {
        APPROVED,
        DENIED,
        /** Nobody answered in time. */
        EXPIRED
    }
}
