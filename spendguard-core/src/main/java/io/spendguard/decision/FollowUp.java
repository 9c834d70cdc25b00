package io.spendguard.decision;

import io.spendguard.contract.Evaluation;
import io.spendguard.json.JsonObject;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a refusal asks of the caller.
 *
 * @param approval what a required approval needs; null for every other answer
 * @param targets the optional steps to leave out; empty for every other answer, and when the action itself is meant
 */
record FollowUp(@Nullable ApprovalTerms approval, SortedSet<String> targets) {
    /** Nothing. */
    static final FollowUp NONE = new FollowUp(null, Collections.emptySortedSet());

    static FollowUp of(Evaluation evaluation) {
        return evaluation.approval() == null && evaluation.skips().isEmpty()
                ? NONE
                : new FollowUp(evaluation.approval(), evaluation.skips());
    }

    /** Reads what {@link #addTo} wrote. */
    static FollowUp parse(JsonObject json) {
        SortedSet<String> targets = json.has("targets") ? new TreeSet<>(json.strings("targets")) : NONE.targets;
        return new FollowUp(json.has("approval") ? approval(json.object("approval")) : null, targets);
    }

    /** Writes the members there are. */
    JsonObject addTo(JsonObject json) {
        if (approval != null) {
            json.put(
                    "approval",
                    JsonObject.create()
                            .put("role", approval.role().text())
                            .put("ttl", approval.ttl().toString())
                            .put("fallback", AuditEvents.lower(approval.fallback())));
        }
        return targets.isEmpty() ? json : json.put("targets", targets.stream().toList());
    }

    private static ApprovalTerms approval(JsonObject json) {
        return new ApprovalTerms(
                ApproverRole.parse(json.string("role")),
                Duration.parse(json.string("ttl")),
                json.string("fallback").equals(AuditEvents.lower(Effect.CONTINUE)) ? Effect.CONTINUE : Effect.STOP);
    }
}
