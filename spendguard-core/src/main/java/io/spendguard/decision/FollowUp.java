package io.spendguard.decision;

import io.spendguard.contract.Evaluation;
import io.spendguard.json.JsonObject;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a refusal asks of the caller.
 *
 * @param approval what a required approval needs; null for every other answer
 * @param asking how many of the answer's reasons, from the first on, ask for it; 0 for every other answer
 * @param until before when it must be given, by the ledger's time; null for every other answer, and before it is known
 * @param targets the optional steps to leave out; empty for every other answer, and when the action itself is meant
 */
record FollowUp(
        @Nullable ApprovalTerms approval,
        int asking,
        @Nullable Instant until,
        SortedSet<String> targets) {
    /** Nothing. */
    static final FollowUp NONE = new FollowUp(null, 0, null, Collections.emptySortedSet());

    static FollowUp of(Evaluation evaluation) {
        return evaluation.approval() == null && evaluation.skips().isEmpty()
                ? NONE
                : new FollowUp(evaluation.approval(), evaluation.asking(), null, evaluation.skips());
    }

    /** Reads what {@link #addTo} wrote. */
    static FollowUp parse(JsonObject json) {
        SortedSet<String> targets = json.has("targets") ? new TreeSet<>(json.strings("targets")) : NONE.targets;
        if (!json.has("approval")) {
            return new FollowUp(null, 0, null, targets);
        }
        JsonObject approval = json.object("approval");
        return new FollowUp(
                approval(approval),
                approval.has("asks") ? (int) approval.integer("asks") : 0,
                approval.has("until") ? Instant.parse(approval.string("until")) : null,
                targets);
    }

    /** As decided at this time, from which on the approval's is counted. */
    FollowUp from(Instant now) {
        return approval == null ? this : new FollowUp(approval, asking, now.plus(approval.ttl()), targets);
    }

    /** Writes the members there are. */
    JsonObject addTo(JsonObject json) {
        if (approval != null) {
            json.put(
                    "approval",
                    JsonObject.create()
                            .put("role", approval.role().text())
                            .put("ttl", approval.ttl().toString())
                            .put("fallback", AuditEvents.lower(approval.fallback()))
                            .put("asks", asking)
                            .putIfPresent("until", until == null ? null : until.toString()));
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
