package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Amount;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.util.List;
import java.util.UUID;

/**
 * The answer to one part of a session, as the ledger keeps it for replays.
 *
 * @param reasons why it was refused; empty when it was committed
 * @param actual what was recorded as spent, for each hold; empty when it was refused
 * @param held what is held afterwards, for each hold
 * @param eventId its audit event
 */
record StoredPart(List<Reason> reasons, List<Amount> actual, List<Amount> held, UUID eventId) {

    static StoredPart parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new StoredPart(
                root.objects("reasons").stream()
                        .map(reason -> Reason.of(new ReasonCode(reason.string("code")), reason.string("text")))
                        .toList(),
                root.strings("actual").stream().map(Amount::parse).toList(),
                root.strings("held").stream().map(Amount::parse).toList(),
                UUID.fromString(root.string("event")));
    }

    byte[] toBytes() {
        return JsonObject.create()
                .put("reasons", reasons.stream().map(StoredDecision::reasonJson).toList())
                .put("actual", actual.stream().map(Amount::toString).toList())
                .put("held", held.stream().map(Amount::toString).toList())
                .put("event", eventId.toString())
                .toCanonicalBytes();
    }

    boolean isCommitted() {
        return reasons.isEmpty();
    }

    /** The caller's answer; in shadow mode the session goes on whatever it is, and the reasons say what it is. */
    PartCommit toPartCommit(HeldTerms of, int number, boolean isReplayed) {
        boolean goesOn = isCommitted() || of.namespace() == Namespace.SHADOW;
        return new PartCommit(of.decisionId(), number, goesOn, reasons, actual, held, eventId, isReplayed);
    }
}
