package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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
        if (decision.string("effect").equals("degrade")) {
            PatchCheck.require(data);
        }
        requireRun(envelope, data);
        List<EntryLine> entries = List.of();
        try {
            entries = EntryLine.of(data);
        } finally {
            // Without legible entries it was decided all the same: its outcome is no second fault.
            facts.decision(place, id, expiresAt(data), terms(data), binds(decision), accounts(data, "claims"), entries);
        }
    }

    /**
     * An action is decided under its key; only who decides upon the approval that a decision asked for decides once more. What only
     * watches has keys of its own.
     */
    void key(Place place, JsonObject data) {
        if (!data.has("approval") && data.has("action") && data.object("action").has("key")) {
            JsonObject decided = JsonObject.create()
                    .put("tenant", Objects.requireNonNull(place.tenant(), "tenant"))
                    .put("binds", binds(data.object("decision")))
                    .put("key", data.object("action").string("key"));
            facts.key(place, UuidMap.key(decided));
        }
    }

    private static boolean binds(JsonObject decision) {
        return !decision.has("mode") || !decision.string("mode").equals("shadow");
    }

    /** An open hold is extended, or that is refused, which moves nothing. */
    void extension(Place place, JsonObject envelope, JsonObject data) {
        JsonObject extension = data.object("extension");
        UUID id = UUID.fromString(extension.string("decision"));
        requireSame(envelope, id);
        facts.extension(
                place,
                id,
                extension.bool("granted"),
                expiresAt(data),
                amounts(data, "claims", "amount"),
                EntryLine.of(data));
    }

    /** A part of an open hold is committed, or that is refused, which moves nothing. */
    void part(Place place, JsonObject envelope, JsonObject data) {
        JsonObject part = data.object("part");
        UUID id = UUID.fromString(part.string("decision"));
        requireSame(envelope, id);
        long number = part.integer("number");
        facts.part(
                place, id, part.bool("committed") ? OptionalLong.of(number) : OptionalLong.empty(), EntryLine.of(data));
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new JsonException("Member 'number' of its part is " + number + ": parts are numbered from 0.");
        }
    }

    void outcome(Place place, Instant at, JsonObject envelope, JsonObject data) {
        JsonObject outcome = data.object("outcome");
        UUID id = UUID.fromString(outcome.string("decision"));
        requireSame(envelope, id);
        boolean isFinal = outcome.bool("final");
        boolean isCorrection = !isFinal && outcome.has("corrects");
        String corrected = isCorrection ? outcome.string("corrects") : EXPIRED;
        String kind = outcome.string("kind");
        facts.outcome(
                place,
                id,
                new DecisionBook.Outcome(
                        UUID.fromString(envelope.string("id")),
                        isFinal,
                        isFinal && kind.equals(EXPIRED) ? at : null,
                        isCorrection,
                        corrected.equals(EXPIRED) ? null : UUID.fromString(corrected),
                        terms(data),
                        Change.Kind.of(kind),
                        outcome.has("disputed")
                                ? Amount.parse(outcome.string("disputed")).atomic()
                                : 0,
                        isCorrection ? amounts(data, "actual", "amount") : Map.of(),
                        outcome.has("reference") ? Map.of() : amounts(data, "actual", "committed"),
                        isFinal ? accounts(data, "actual") : null),
                EntryLine.of(data));
    }

    /** The contract and the price book that the event says it stands under; null where it does not say. */
    private static @Nullable String terms(JsonObject data) {
        return data.has("contract") && data.has("priceBook")
                ? data.string("contract") + " and price book " + data.string("priceBook")
                : null;
    }

    private static @Nullable Instant expiresAt(JsonObject data) {
        if (!data.has("expiresAt")) {
            return null;
        }
        try {
            return Instant.parse(data.string("expiresAt"));
        } catch (DateTimeParseException malformed) {
            throw new JsonException("Member 'expiresAt' is no RFC 3339 time in UTC.", malformed);
        }
    }

    /** What charges or claims give as one of their members, by account. */
    private static Map<UUID, Long> amounts(JsonObject data, String list, String member) {
        Map<UUID, Long> amounts = new HashMap<>(0);
        if (data.has(list)) {
            for (JsonObject charge : data.objects(list)) {
                if (charge.has(member)) {
                    amounts.put(
                            UUID.fromString(charge.string("account")),
                            Amount.parse(charge.string(member)).atomic());
                }
            }
        }
        return amounts;
    }

    /** What stands for all accounts that claims or charges name; null where there are none of either. */
    private static @Nullable UUID accounts(JsonObject data, String member) {
        if (!data.has(member)) {
            return null;
        }
        List<String> accounts = data.objects(member).stream()
                .map(named -> UUID.fromString(named.string("account")).toString())
                .sorted()
                .toList();
        return accounts.size() == 1
                ? UUID.fromString(accounts.get(0))
                : UuidMap.key(JsonObject.create().put("accounts", accounts));
    }

    /** What was asked in one run is not filed under another one. */
    private static void requireRun(JsonObject envelope, JsonObject data) {
        if (data.has("action")
                && data.object("action").has("run")
                && !data.object("action").string("run").equals(envelope.stringOrNull("runid"))) {
            throw new JsonException("Member 'runid' names another run than its action.");
        }
    }

    private static void requireSame(JsonObject envelope, UUID decision) {
        if (!decision.toString().equals(envelope.string("decisionid"))) {
            throw new JsonException("Member 'decisionid' names another decision than its facts.");
        }
    }
}
