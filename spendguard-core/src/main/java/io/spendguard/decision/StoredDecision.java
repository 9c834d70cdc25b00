package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A decision as the ledger keeps it for replays of its key.
 *
 * @param decisionId the decision
 * @param effect its answer
 * @param reasons why
 * @param contract what decided
 * @param eventId its audit event
 * @param followUp what it asked of the caller
 * @param priceBook what priced it; null where it asked for no approval
 * @param run its run; null where it asked for no approval, and without one
 * @param content a keyed digest of its content; null where it asked for no approval, where no rule does, and without content
 */
record StoredDecision(
        UUID decisionId,
        Effect effect,
        List<Reason> reasons,
        Digest contract,
        UUID eventId,
        FollowUp followUp,
        @Nullable Digest priceBook,
        @Nullable String run,
        @Nullable Digest content) {

    /** An action's decision; where it asked for an approval, the one made upon the answer, as soon as there is one. */
    static Optional<StoredDecision> latest(Ledger ledger, String tenant, Namespace namespace, String actionKey) {
        Optional<StoredDecision> first = find(ledger, tenant, DecideOperation.key(namespace, actionKey));
        return first.filter(decision -> decision.effect() == Effect.REQUIRE_APPROVAL && namespace == Namespace.ENFORCE)
                .flatMap(asking -> find(ledger, tenant, DecideOperation.approvedKey(actionKey)))
                .or(() -> first);
    }

    private static Optional<StoredDecision> find(Ledger ledger, String tenant, String key) {
        return ledger.answer(tenant, OperationKind.DECIDE, key).map(StoredDecision::parse);
    }

    static StoredDecision parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredDecision(
                UUID.fromString(root.string("decision")),
                Effect.valueOf(root.string("effect")),
                root.objects("reasons").stream()
                        .map(reason -> new Reason(
                                new ReasonCode(reason.string("code")),
                                reason.stringOrNull("rule"),
                                reason.string("text")))
                        .toList(),
                Digest.parse(root.string("contract")),
                UUID.fromString(root.string("event")),
                FollowUp.parse(root),
                root.has("priceBook") ? Digest.parse(root.string("priceBook")) : null,
                root.stringOrNull("run"),
                root.has("content") ? Digest.parse(root.string("content")) : null);
    }

    /** The reasons that asked for an approval. */
    List<Reason> asking() {
        return reasons.subList(0, followUp.asking());
    }

    byte[] toBytes() {
        return followUp.addTo(JsonObject.create())
                .put("decision", decisionId.toString())
                .put("effect", effect.name())
                .put("reasons", reasons.stream().map(StoredDecision::reasonJson).toList())
                .put("contract", contract.hex())
                .put("event", eventId.toString())
                .putIfPresent("priceBook", priceBook == null ? null : priceBook.hex())
                .putIfPresent("run", run)
                .putIfPresent("content", content == null ? null : content.hex())
                .toCanonicalBytes();
    }

    static JsonObject reasonJson(Reason reason) {
        return JsonObject.create()
                .put("code", reason.code().value())
                .put("text", reason.text())
                .putIfPresent("rule", reason.ruleId());
    }
}
