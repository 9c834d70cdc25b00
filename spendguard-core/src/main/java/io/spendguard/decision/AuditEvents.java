package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.Commitments;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.PersonalValue;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import io.spendguard.model.Settlement;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes the audit events of the decision layer. {@code docs/evidence.md} lists their members. */
final class AuditEvents {
    private final Contract contract;
    private final PriceBook prices;
    private final Commitments commitments;

    AuditEvents(Contract contract, PriceBook prices, Commitments commitments) {
        this.contract = contract;
        this.prices = prices;
        this.commitments = commitments;
    }

    /** An account's first event: its limit. */
    EventDraft opened(Account account, long limit, UUID transactionId, List<Entry> entries, UUID eventId, Instant now) {
        JsonObject data = movement(transactionId, entries)
                .put("account", accountJson(account))
                .put("limit", new Amount(limit, account.unit()).toString());
        return draft(AuditEvent.of(EventTypes.ACCOUNT_OPENED, eventId, account.tenant(), now)
                .data(data)
                .build());
    }

    /** Accounts that got the limit their budget has by now. */
    static EventDraft carried(List<LimitDue> due, UUID transactionId, List<Entry> entries, UUID eventId, Instant now) {
        Account first = due.get(0).state().account();
        Map<String, Amount> limits = new TreeMap<>();
        due.forEach(
                one -> limits.put(one.state().account().budgetId(), one.state().amount(one.limit())));
        JsonObject data = movement(transactionId, entries)
                .put("namespace", lower(first.namespace()))
                .put(
                        "limits",
                        limits.entrySet().stream()
                                .map(limit -> limitJson(new BudgetLimit(limit.getKey(), limit.getValue())))
                                .toList());
        return draft(AuditEvent.of(EventTypes.LIMIT_CARRIED, eventId, first.tenant(), now)
                .data(data)
                .build());
    }

    /** A contract put in force. */
    EventDraft activated(
            String tenant,
            Namespace namespace,
            UUID activationId,
            List<BudgetLimit> limits,
            Map<String, Long> outranked,
            @Nullable Digest replaces,
            UUID transactionId,
            List<Entry> entries,
            Instant now) {
        JsonObject data = movement(transactionId, entries)
                .put("contract", contract.digest().hex())
                .putIfPresent("replaces", replaces == null ? null : replaces.hex())
                .put("name", contract.name())
                .put("mode", lower(contract.mode()))
                .put("namespace", lower(namespace))
                .put("priceBook", prices.digest().hex())
                .put("limits", limits.stream().map(AuditEvents::limitJson).toList());
        contract.revision().ifPresent(revision -> data.put("revision", revision));
        if (!outranked.isEmpty()) {
            data.put(
                    "outranked",
                    outranked.entrySet().stream()
                            .map(kept -> JsonObject.create()
                                    .put("budget", kept.getKey())
                                    .put("revision", kept.getValue()))
                            .toList());
        }
        return draft(AuditEvent.of(EventTypes.CONTRACT_ACTIVATED, activationId, tenant, now)
                .data(data)
                .build());
    }

    /** A contract that did not come into force; the one before stays, where there is one. */
    EventDraft rejected(
            String tenant,
            UUID eventId,
            String name,
            String fault,
            boolean anotherStays,
            UUID transactionId,
            Instant now) {
        JsonObject data = movement(transactionId, List.of())
                .putIfPresent("contract", anotherStays ? contract.digest().hex() : null)
                .put("rejected", name)
                .put("fault", fault);
        return draft(AuditEvent.of(EventTypes.CONTRACT_REJECTED, eventId, tenant, now)
                .data(data)
                .build());
    }

    /** A decision, allowed or refused. */
    EventDraft decision(
            Snapshot snapshot,
            Verdict verdict,
            FollowUp followUp,
            @Nullable Resolved resolved,
            List<Entry> entries,
            Instant now,
            @Nullable Instant expiresAt) {
        List<PersonalValue> personal = new ArrayList<>();
        JsonObject decision = followUp.addTo(JsonObject.create())
                .put("id", snapshot.decisionId().toString())
                .put("effect", lower(verdict.effect()))
                .put("mode", lower(contract.mode()))
                .put("matched", verdict.matched())
                .put(
                        "reasons",
                        verdict.reasons().stream()
                                .map(StoredDecision::reasonJson)
                                .toList());
        JsonObject data = movement(snapshot.transactionId(), entries)
                .put("decision", decision)
                .put("action", ActionJson.committed(snapshot.action(), value -> commit(value, personal)))
                .put("estimate", estimateJson(verdict))
                .put(
                        "claims",
                        verdict.claims().stream().map(AuditEvents::claimJson).toList())
                .put("contract", contract.digest().hex())
                .put("priceBook", prices.digest().hex());
        if (verdict.effect() == Effect.DEGRADE) {
            data.put("patch", patchJson(verdict)).put("effective", ActionJson.plain(verdict.effective()));
        }
        if (resolved != null) {
            data.put("approval", resolved.toJson());
        }
        if (expiresAt != null) {
            data.put("expiresAt", expiresAt.toString());
        }
        AuditEvent.Builder event = AuditEvent.of(EventTypes.DECISION, snapshot.eventId(), snapshot.tenant(), now)
                .decision(snapshot.decisionId())
                .data(data);
        snapshot.action().run().ifPresent(event::run);
        personal.forEach(event::personal);
        return draft(event.build());
    }

    /** What became of a hold. */
    static EventDraft outcome(HeldTerms held, Outcome outcome, List<Entry> entries) {
        return outcome(held, outcome, entries, true);
    }

    /** What became of a hold after all whose expiry was recorded as its final outcome. */
    static EventDraft lateOutcome(HeldTerms held, Outcome outcome, List<Entry> entries) {
        return outcome(held, outcome, entries, false);
    }

    /** A hold extended, or a refusal to extend it, which moves nothing. */
    static EventDraft extension(
            HeldTerms held,
            Reservation after,
            List<Entry> entries,
            List<Reason> reasons,
            UUID transactionId,
            UUID eventId,
            Instant now) {
        JsonObject extension = JsonObject.create()
                .put("decision", held.decisionId().toString())
                .put("granted", reasons.isEmpty())
                .put("reasons", reasons.stream().map(StoredDecision::reasonJson).toList());
        AuditEvent.Builder event = AuditEvent.of(EventTypes.HOLD_EXTENDED, eventId, held.tenant(), now)
                .decision(held.decisionId())
                .data(movement(transactionId, entries)
                        .put("extension", extension)
                        .put(
                                "claims",
                                after.claims().stream()
                                        .map(AuditEvents::claimJson)
                                        .toList())
                        .put("expiresAt", after.expiresAt().toString()));
        held.terms().effective().run().ifPresent(event::run);
        return draft(event.build());
    }

    /** A part of a hold committed, or a refusal of it, which moves nothing. */
    static EventDraft part(
            HeldTerms held,
            Part part,
            StoredPart answer,
            List<Terms.Charge> charges,
            List<Entry> entries,
            UUID transactionId,
            Instant now) {
        JsonObject data = movement(transactionId, entries)
                .put(
                        "part",
                        JsonObject.create()
                                .put("decision", held.decisionId().toString())
                                .put("number", part.number())
                                .put("committed", answer.isCommitted())
                                .put(
                                        "reasons",
                                        answer.reasons().stream()
                                                .map(StoredDecision::reasonJson)
                                                .toList()))
                .put("actual", charges.stream().map(AuditEvents::chargeJson).toList());
        if (part.usage() != null) {
            data.put("usage", usageJson(part.usage()));
        }
        if (part.cost() != null) {
            data.put("cost", part.cost().toString());
        }
        AuditEvent.Builder event = AuditEvent.of(EventTypes.PART_COMMITTED, answer.eventId(), held.tenant(), now)
                .decision(held.decisionId())
                .data(data);
        held.terms().effective().run().ifPresent(event::run);
        return draft(event.build());
    }

    /** A change of what is recorded of a settled call, as the difference. */
    static EventDraft correction(
            HeldTerms held, CorrectOperation correction, List<Terms.Charge> charges, List<Entry> entries, Instant now) {
        StoredCorrection after = correction.after();
        JsonObject outcome = JsonObject.create()
                .put("decision", held.decisionId().toString())
                .put("kind", String.valueOf(after.kind()))
                .put("final", false)
                .put("estimated", false)
                .put("state", after.state().name())
                .put("reference", after.reference())
                .put("corrects", correction.before().eventId().toString());
        if (after.disputed() != null) {
            outcome.put("disputed", after.disputed().toString());
        }
        JsonObject data = movement(correction.transactionId(), entries)
                .put("outcome", outcome)
                .put("actual", charges.stream().map(AuditEvents::chargeJson).toList())
                .put("contract", held.terms().contract())
                .put("priceBook", held.terms().priceBook());
        if (correction.usage() != null) {
            data.put("usage", usageJson(correction.usage()));
        }
        if (correction.cost() != null) {
            data.put("cost", correction.cost().toString());
        }
        AuditEvent.Builder event = AuditEvent.of(EventTypes.OUTCOME, after.eventId(), held.tenant(), now)
                .decision(held.decisionId())
                .data(data);
        held.terms().effective().run().ifPresent(event::run);
        return draft(event.build());
    }

    private static EventDraft outcome(HeldTerms held, Outcome outcome, List<Entry> entries, boolean isFinal) {
        JsonObject result = JsonObject.create()
                .put("decision", held.decisionId().toString())
                .put("kind", outcome.kind().name())
                .put("final", isFinal)
                .put("estimated", outcome.estimated())
                .putIfPresent("corrects", isFinal ? null : Settlement.Outcome.EXPIRED.name())
                .putIfPresent("reason", outcome.note());
        if (outcome.isWhole()) {
            result.put("whole", true);
        }
        if (held.terms().isGiven(outcome.usage(), outcome.cost())) {
            result.put("given", true);
        }
        JsonObject data = movement(outcome.transactionId(), entries)
                .put("outcome", result)
                .put(
                        "actual",
                        outcome.charges().stream().map(AuditEvents::chargeJson).toList())
                .put("contract", held.terms().contract())
                .put("priceBook", held.terms().priceBook());
        if (outcome.usage() != null) {
            data.put("usage", usageJson(outcome.usage()));
        }
        if (outcome.cost() != null) {
            data.put("cost", outcome.cost().toString());
        }
        AuditEvent.Builder event = AuditEvent.of(EventTypes.OUTCOME, outcome.eventId(), held.tenant(), outcome.at())
                .decision(held.decisionId())
                .data(data);
        held.terms().effective().run().ifPresent(event::run);
        return draft(event.build());
    }

    private JsonObject commit(String value, List<PersonalValue> personal) {
        PersonalValue committed = commitments.commit(value);
        personal.add(committed);
        return JsonObject.create().put("commitment", committed.commitment().hex());
    }

    static JsonObject movement(UUID transactionId, List<Entry> entries) {
        return JsonObject.create()
                .put("transaction", transactionId.toString())
                .put(
                        "entries",
                        entries.stream()
                                .map(entry -> JsonObject.create()
                                        .put("account", entry.account().toString())
                                        .put("kind", entry.kind().name())
                                        .put("atomic", Long.toString(entry.atomic())))
                                .toList());
    }

    private static JsonObject accountJson(Account account) {
        return JsonObject.create()
                .put("id", account.id().toString())
                .put("budget", account.budgetId())
                .put("key", account.key())
                .put("namespace", lower(account.namespace()))
                .put("unit", account.unit().code())
                .put("from", account.window().from().toString())
                .put("until", account.window().until().toString());
    }

    private static JsonObject limitJson(BudgetLimit limit) {
        return JsonObject.create()
                .put("budget", limit.budgetId())
                .put("limit", limit.limit().toString());
    }

    private static JsonObject claimJson(Claim claim) {
        return JsonObject.create()
                .put("account", claim.account().id().toString())
                .put("budget", claim.account().budgetId())
                .put("amount", claim.amount().toString());
    }

    private static JsonObject chargeJson(Terms.Charge charge) {
        long committed = charge.claim().committed();
        Unit unit = charge.claim().account().unit();
        return JsonObject.create()
                .putIfPresent("committed", committed == 0 ? null : new Amount(committed, unit).toString())
                .put("account", charge.claim().account().id().toString())
                .put("budget", charge.claim().account().budgetId())
                .put("held", charge.claim().amount().toString())
                .put("amount", new Amount(charge.actual(), unit).toString())
                .put("estimated", charge.estimated());
    }

    private static JsonObject estimateJson(Verdict verdict) {
        JsonObject json =
                JsonObject.create().put("method", lower(verdict.estimate().method()));
        if (verdict.estimate().usage() != null) {
            json.put("usage", usageJson(verdict.estimate().usage()));
        }
        if (verdict.estimate().cost() != null) {
            json.put("cost", verdict.estimate().cost().toString());
        }
        if (verdict.estimate().price() != null) {
            json.put("price", verdict.estimate().price().toJson());
        }
        return json;
    }

    private static JsonObject usageJson(Usage usage) {
        JsonObject json = JsonObject.create();
        usage.inputTokens().ifPresent(count -> json.put("input", count));
        usage.cacheReadTokens().ifPresent(count -> json.put("cacheRead", count));
        usage.cacheWriteTokens().ifPresent(count -> json.put("cacheWrite", count));
        usage.outputTokens().ifPresent(count -> json.put("output", count));
        usage.reasoningTokens().ifPresent(count -> json.put("reasoning", count));
        return json;
    }

    private static List<JsonObject> patchJson(Verdict verdict) {
        List<JsonObject> operations = new ArrayList<>();
        verdict.patch().changes().forEach(change -> {
            if (change.from() != null) {
                operations.add(operation("test", change.target(), change.from()));
            }
            operations.add(operation(change.from() == null ? "add" : "replace", change.target(), change.to()));
        });
        return operations;
    }

    private static JsonObject operation(String op, PatchTarget target, String value) {
        JsonObject json = JsonObject.create().put("op", op).put("path", target.path());
        return target == PatchTarget.STOP_SEQUENCES ? json.put("value", Patch.split(value)) : json.put("value", value);
    }

    static EventDraft draft(AuditEvent event) {
        return new EventDraft(
                event.id(),
                event.tenant(),
                event.type(),
                event.payload(),
                event.digest(),
                event.personal().stream()
                        .map(value -> new EventDraft.PersonalValue(value.commitment(), value.value(), value.salt()))
                        .toList());
    }

    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
