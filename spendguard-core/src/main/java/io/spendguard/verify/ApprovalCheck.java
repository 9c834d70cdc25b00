package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Reads what events say of approvals; what follows from that, {@link ApprovalBook} tells. */
final class ApprovalCheck {
    private static final Set<String> STATES = Set.of("APPROVED", "DENIED", "EXPIRED");
    private static final Set<String> ALLOWING = Set.of("continue", "degrade");
    /** What decisions made upon an approval, or instead of one, give as a reason of their own. */
    private static final Set<String> SAYING_SO = Set.of("APPROVED", "APPROVAL_EXPIRED", "APPROVAL_DENIED");

    private final Facts facts;
    private final Findings findings;

    ApprovalCheck(Facts facts, Findings findings) {
        this.facts = facts;
        this.findings = findings;
    }

    /** A decision asks for an approval, or is made upon what became of one. */
    void decision(Place place, Instant at, JsonObject data) {
        JsonObject decision = data.object("decision");
        if (decision.has("approval") && decision.string("effect").equals("require_approval")) {
            ApprovalTerms needed = needed(decision.object("approval"));
            facts.approval(
                    place,
                    UUID.fromString(decision.string("id")),
                    ApprovalBook.Asked.toJson(needed, at, terms(data), request(data), asking(decision)));
            requireUntil(decision.object("approval"), at.plus(needed.ttl()));
        }
        if (data.has("approval")) {
            JsonObject approval = data.object("approval");
            String state = approval.string("state");
            if (!STATES.contains(state)) {
                throw new JsonException("Member 'state' of its approval is none of " + STATES + ".");
            }
            facts.approval(
                    place,
                    UUID.fromString(approval.string("decision")),
                    ApprovalBook.Used.toJson(
                            state,
                            state.equals("EXPIRED") ? null : UUID.fromString(approval.string("event")),
                            ALLOWING.contains(decision.string("effect")),
                            at,
                            terms(data),
                            request(data)));
        } else if (decision.has("reasons")
                && decision.objects("reasons").stream().anyMatch(ApprovalCheck::saysSo)) {
            findings.add(
                    FindingCode.APPROVAL_MISSING,
                    place,
                    "Event " + place.event()
                            + " says what became of an approval, and not of which: a decision names the approval that it"
                            + " stands on. Ask who wrote it.");
        }
    }

    /** Somebody approves or denies. */
    void resolved(Place place, Instant at, JsonObject envelope, JsonObject data) {
        JsonObject approval = data.object("approval");
        UUID decision = UUID.fromString(approval.string("decision"));
        String state = approval.string("state");
        if (!decision.toString().equals(envelope.string("decisionid"))
                || !STATES.contains(state)
                || state.equals("EXPIRED")) {
            throw new JsonException("It approves or denies no decision, or another one than it is labelled with.");
        }
        facts.approval(
                place,
                decision,
                ApprovalBook.Resolved.toJson(
                        UUID.fromString(envelope.string("id")),
                        state.equals("APPROVED"),
                        ApproverRole.parse(approval.object("by").string("role")),
                        at,
                        terms(data),
                        digest(approval.objects("covers"))));
    }

    /** Contracts may give a code of that name too, each with its rule. */
    private static boolean saysSo(JsonObject reason) {
        return !reason.has("rule") && SAYING_SO.contains(reason.string("code"));
    }

    private static String terms(JsonObject data) {
        return "contract " + data.string("contract") + " and price book " + data.string("priceBook");
    }

    private static ApprovalTerms needed(JsonObject approval) {
        try {
            return new ApprovalTerms(
                    ApproverRole.parse(approval.string("role")),
                    Duration.parse(approval.string("ttl")),
                    approval.string("fallback").equals("continue") ? Effect.CONTINUE : Effect.STOP);
        } catch (DateTimeParseException malformed) {
            throw new JsonException("Member 'ttl' is no ISO 8601 duration.", malformed);
        }
    }

    private static void requireUntil(JsonObject approval, Instant until) {
        if (approval.has("until") && !Instant.parse(approval.string("until")).equals(until)) {
            throw new JsonException("Member 'until' of its approval is " + approval.string("until")
                    + " where its time and its ttl make " + until + ".");
        }
    }

    /** The reasons that ask for it: the first ones. */
    private static String asking(JsonObject decision) {
        JsonObject approval = decision.object("approval");
        List<JsonObject> reasons = decision.has("reasons") ? decision.objects("reasons") : List.of();
        long asks = approval.has("asks") ? approval.integer("asks") : 0;
        if (asks < 0 || asks > reasons.size()) {
            throw new JsonException("Member 'asks' of its approval is " + asks + ", and it gives " + reasons.size()
                    + " reasons: so many of them ask for it.");
        }
        return digest(reasons.subList(0, (int) asks));
    }

    /** What stands for reasons in their order, each by its code and its rule. */
    private static String digest(List<JsonObject> reasons) {
        List<JsonObject> named = reasons.stream()
                .map(reason -> JsonObject.create()
                        .put("code", reason.string("code"))
                        .putIfPresent("rule", reason.stringOrNull("rule")))
                .toList();
        return Digest.sha256(JsonObject.create().put("reasons", named).toCanonicalBytes())
                .hex();
    }

    /** What two events of one request have in common: commitments to one value differ, all else is the same. */
    private static String request(JsonObject data) {
        JsonObject action = data.object("action");
        JsonObject plain = JsonObject.create();
        for (String name : action.names()) {
            Object value = action.value(name);
            if (value instanceof JsonObject nested) {
                plain.put(name, isCommitment(nested) ? JsonObject.create() : withoutCommitments(nested));
            } else {
                plain.put(name, value instanceof List<?> list ? list : List.of(value));
            }
        }
        return Digest.sha256(plain.toCanonicalBytes()).hex();
    }

    private static JsonObject withoutCommitments(JsonObject labels) {
        JsonObject plain = JsonObject.create();
        for (String name : labels.names()) {
            if (labels.value(name) instanceof JsonObject nested) {
                plain.put(name, isCommitment(nested) ? JsonObject.create() : nested);
            } else {
                plain.put(name, labels.string(name));
            }
        }
        return plain;
    }

    private static boolean isCommitment(JsonObject value) {
        return value.names().equals(Set.of("commitment"));
    }
}
