package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Approval;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Digest;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * An approval or a denial as the ledger keeps it, for replays and for the decision that it permits. Who gave it is there as the
 * commitment in its event: the name stands where it can be erased.
 *
 * @param decisionId the decision that asked
 * @param state what was answered
 * @param by the commitment to the name of who answered
 * @param role as what he answered
 * @param reason why
 * @param at when, by the ledger's time
 * @param covers what had asked, by code and rule
 * @param eventId its audit event
 */
record StoredApproval(
        UUID decisionId,
        Approval.State state,
        Digest by,
        ApproverRole role,
        String reason,
        Instant at,
        List<Reason> covers,
        UUID eventId) {
    static StoredApproval parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        JsonObject by = root.object("by");
        return new StoredApproval(
                UUID.fromString(root.string("decision")),
                Approval.State.valueOf(root.string("state")),
                Digest.parse(by.object("name").string("commitment")),
                ApproverRole.parse(by.string("role")),
                root.string("reason"),
                Instant.parse(root.string("at")),
                root.objects("covers").stream()
                        .map(covered ->
                                new Reason(new ReasonCode(covered.string("code")), covered.stringOrNull("rule"), ""))
                        .toList(),
                UUID.fromString(root.string("event")));
    }

    byte[] toBytes() {
        return facts().put("at", at.toString()).put("event", eventId.toString()).toCanonicalBytes();
    }

    /** What the event says, too. */
    JsonObject facts() {
        return JsonObject.create()
                .put("decision", decisionId.toString())
                .put("state", state.name())
                .put(
                        "by",
                        JsonObject.create()
                                .put("name", JsonObject.create().put("commitment", by.hex()))
                                .put("role", role.text()))
                .put("reason", reason)
                .put(
                        "covers",
                        covers.stream()
                                .map(covered -> JsonObject.create()
                                        .put("code", covered.code().value())
                                        .putIfPresent("rule", covered.ruleId()))
                                .toList());
    }
}
