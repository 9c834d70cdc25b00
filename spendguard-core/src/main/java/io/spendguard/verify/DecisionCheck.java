package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** Reads what events say of decisions and what became of them; what follows from that, {@link DecisionBook} tells. */
final class DecisionCheck {
    /** The kind of a final outcome, by which a later one names it. */
    private static final String EXPIRED = "EXPIRED";

    private final Facts facts;

    DecisionCheck(Facts facts) {
        this.facts = facts;
    }

    void decision(Place place, JsonObject envelope, JsonObject data) {
        JsonObject decision = data.object("decision");
        UUID id = UUID.fromString(decision.string("id"));
        requireSame(envelope, id);
        decision.string("effect");
        List<EntryLine> entries = List.of();
        try {
            entries = EntryLine.of(data);
        } finally {
            // Without legible entries it was decided all the same: its outcome is no second fault.
            facts.decision(place, id, data.has("expiresAt"), entries);
        }
    }

    /** An open hold is extended or committed in part; what was refused moves nothing. */
    void change(Place place, JsonObject envelope, JsonObject data, String member, String answer) {
        JsonObject change = data.object(member);
        UUID id = UUID.fromString(change.string("decision"));
        requireSame(envelope, id);
        boolean isDone = change.bool(answer);
        OptionalLong part =
                isDone && member.equals("part") ? OptionalLong.of(change.integer("number")) : OptionalLong.empty();
        facts.change(place, id, isDone, part, EntryLine.of(data));
    }

    void outcome(Place place, JsonObject envelope, JsonObject data) {
        JsonObject outcome = data.object("outcome");
        UUID id = UUID.fromString(outcome.string("decision"));
        requireSame(envelope, id);
        boolean isFinal = outcome.bool("final");
        boolean isCorrection = !isFinal && outcome.has("corrects");
        String corrected = isCorrection ? outcome.string("corrects") : EXPIRED;
        facts.outcome(
                place,
                id,
                new DecisionBook.Outcome(
                        UUID.fromString(envelope.string("id")),
                        isFinal,
                        outcome.string("kind").equals(EXPIRED),
                        isCorrection,
                        corrected.equals(EXPIRED) ? null : UUID.fromString(corrected)),
                EntryLine.of(data));
    }

    private static void requireSame(JsonObject envelope, UUID decision) {
        if (!decision.toString().equals(envelope.string("decisionid"))) {
            throw new JsonException("Member 'decisionid' names another decision than its facts.");
        }
    }
}
