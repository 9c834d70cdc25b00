package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.Situation;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What another contract would have answered the decisions that evidence holds, each in the state its own answers would have
 * left. Immutable; safe for any number of threads.
 *
 * <p>Evidence does not hold everything a decision saw: personal values are commitments, and what was spent before its
 * first event is not there. So the contract that decided is rehearsed too, and only where that answers as is recorded does
 * the other one's answer count.
 */
public final class Replay {
    /** Those of one instant stay in the order of their stream. */
    private static final Comparator<Happening> IN_TIME = Comparator.comparing(Happening::at);

    private final List<Happening> happenings;

    private Replay(List<Happening> happenings) {
        this.happenings = happenings;
    }

    /**
     * A replay of recorded events, each stream's in its order; those that are neither decision nor outcome are left aside.
     *
     * @throws io.spendguard.json.JsonException when a decision or outcome does not have the form they are written in
     */
    public static Replay of(List<AuditEvent> events) {
        List<Happening> happenings = new ArrayList<>();
        for (AuditEvent event : events) {
            if (event.type().equals(EventTypes.DECISION)) {
                happenings.add(decided(event));
            } else if (event.type().equals(EventTypes.OUTCOME)) {
                happenings.add(settled(event));
            }
        }
        happenings.sort(IN_TIME);
        return new Replay(List.copyOf(happenings));
    }

    /**
     * Rehearses both contracts from the first recorded decision on.
     *
     * @param before the contract that decided
     * @param after the contract in question
     * @param prices what calls cost
     */
    public Result compare(Contract before, Contract after, PriceBook prices) {
        String mode = before.mode().name().toLowerCase(Locale.ROOT);
        List<Decided> decisions = new ArrayList<>();
        Set<UUID> ids = new HashSet<>();
        for (Happening happening : happenings) {
            if (happening instanceof Decided decided && decided.mode.equals(mode)) {
                decisions.add(decided);
                ids.add(decided.id);
            }
        }
        List<Happening> theirs = happenings.stream()
                .filter(happening -> ids.contains(happening.decision()))
                .toList();
        Map<UUID, Rehearsal.Answer> old = rehearse(before, theirs, prices);
        Map<UUID, Rehearsal.Answer> now = rehearse(after, theirs, prices);
        List<Difference> differences = new ArrayList<>();
        int replayed = 0;
        int unlike = 0;
        for (Decided decided : decisions) {
            if (!decided.contract.equals(before.digest().hex())) {
                continue;
            }
            Rehearsal.Answer same = old.get(decided.id);
            Rehearsal.Answer other = now.get(decided.id);
            if (same == null || other == null || !decided.isAnsweredBy(same)) {
                unlike++;
                continue;
            }
            replayed++;
            if (same.effect() != other.effect() || !same.patch().equals(other.patch())) {
                differences.add(new Difference(decided.id, decided.at, decided.action, same, other));
            }
        }
        return new Result(replayed, unlike, decisions.size() - replayed - unlike, differences);
    }

    private static Map<UUID, Rehearsal.Answer> rehearse(
            Contract contract, List<Happening> happenings, PriceBook prices) {
        Map<UUID, Rehearsal.Answer> answers = new HashMap<>();
        if (happenings.isEmpty()) {
            return answers;
        }
        try (Rehearsal rehearsal =
                Rehearsal.of(contract, prices, happenings.get(0).at())) {
            Map<UUID, Permit> permits = new HashMap<>();
            Map<UUID, Settled> early = new HashMap<>();
            for (Happening happening : happenings) {
                if (happening instanceof Decided decided) {
                    if (contract.tenant().isPresent() && !contract.tenant().equals(decided.action.tenant())) {
                        continue;
                    }
                    Rehearsal.Answer answer = rehearsal.decide(Situation.of(decided.action, decided.at));
                    answers.put(decided.id, answer);
                    Settled settled = early.remove(decided.id);
                    answer.permit().ifPresent(permit -> settleOrKeep(permit, decided, settled, permits));
                } else if (happening instanceof Settled settled) {
                    Permit permit = permits.remove(settled.decision);
                    if (permit != null) {
                        settled.settle(permit);
                    } else {
                        early.putIfAbsent(settled.decision, settled);
                    }
                }
            }
        }
        return answers;
    }

    /**
     * What was refused in fact and is allowed now has no outcome: it is taken to cost what it may. An outcome may come
     * before its decision where the clocks of host and ledger differ.
     */
    private static void settleOrKeep(
            Permit permit, Decided decided, @Nullable Settled settled, Map<UUID, Permit> permits) {
        if (settled != null) {
            settled.settle(permit);
        } else if (decided.effect.allows()) {
            permits.put(decided.id, permit);
        } else {
            permit.commit(Usage.unknown());
        }
    }

    private static Decided decided(AuditEvent event) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject data = envelope.object("data");
        JsonObject decision = data.object("decision");
        JsonObject action = data.object("action");
        Action.Builder builder = ActionJson.parse(action);
        if (action.has("labels")) {
            JsonObject labels = action.object("labels");
            labels.names().stream()
                    .filter(name -> labels.value(name) instanceof String)
                    .forEach(name -> builder.label(name, labels.string(name)));
        }
        return new Decided(
                UUID.fromString(decision.string("id")),
                Instant.parse(envelope.string("time")),
                builder.build(),
                Effect.valueOf(decision.string("effect").toUpperCase(Locale.ROOT)),
                decision.objects("reasons").stream()
                        .map(reason -> reason.string("code"))
                        .toList(),
                decision.string("mode"),
                data.string("contract"));
    }

    private static Settled settled(AuditEvent event) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject data = envelope.object("data");
        JsonObject outcome = data.object("outcome");
        Usage usage = null;
        if (data.has("usage")) {
            JsonObject counts = data.object("usage");
            Usage.Builder builder = Usage.builder();
            if (counts.has("input")) {
                builder.inputTokens(counts.integer("input"));
            }
            if (counts.has("cacheRead")) {
                builder.cacheReadTokens(counts.integer("cacheRead"));
            }
            if (counts.has("output")) {
                builder.outputTokens(counts.integer("output"));
            }
            if (counts.has("reasoning")) {
                builder.reasoningTokens(counts.integer("reasoning"));
            }
            usage = builder.build();
        }
        boolean isFree = data.objects("actual").stream()
                .allMatch(charge -> charge.string("amount").matches("0(\\.0+)? .*"));
        return new Settled(
                UUID.fromString(outcome.string("decision")),
                Instant.parse(envelope.string("time")),
                Settlement.Outcome.valueOf(outcome.string("kind")),
                usage,
                data.has("cost") ? Money.parse(data.string("cost")) : null,
                isFree);
    }

    /**
     * What the contract in question changes.
     *
     * @param replayed decisions of the contract that decided, which it answers again as is recorded
     * @param notReproduced decisions of it that it answers otherwise here: the evidence holds too little for them
     * @param byOthers decisions of other contracts, which are rehearsed and not compared
     * @param differences the replayed decisions with another outcome, in order of time
     */
    public record Result(int replayed, int notReproduced, int byOthers, List<Difference> differences) {
        /** Copies the list. */
        public Result {
            differences = List.copyOf(differences);
        }
    }

    /**
     * A decision that would have been another.
     *
     * @param decisionId the decision
     * @param at when it was made
     * @param action what was asked, as far as evidence holds it
     * @param before the recorded answer, as it was rehearsed
     * @param after the other contract's
     */
    public record Difference(
            UUID decisionId, Instant at, Action action, Rehearsal.Answer before, Rehearsal.Answer after) {}

    /** Something that was recorded. */
    private sealed interface Happening {
        Instant at();

        UUID decision();
    }

    private record Decided(
            UUID id, Instant at, Action action, Effect effect, List<String> reasons, String mode, String contract)
            implements Happening {
        @Override
        public UUID decision() {
            return id;
        }

        private boolean isAnsweredBy(Rehearsal.Answer answer) {
            return effect == answer.effect()
                    && reasons.equals(answer.reasons().stream()
                            .map(reason -> reason.code().value())
                            .toList());
        }
    }

    private record Settled(
            UUID decision,
            Instant at,
            Settlement.Outcome kind,
            @Nullable Usage usage,
            @Nullable Money cost,
            boolean isFree)
            implements Happening {
        private void settle(Permit permit) {
            if (kind == Settlement.Outcome.RELEASED || (kind == Settlement.Outcome.EXPIRED && isFree)) {
                permit.release("released as recorded");
            } else if (usage != null) {
                permit.commit(usage);
            } else if (cost != null) {
                commit(permit, cost);
            } else {
                permit.commit(Usage.unknown());
            }
        }

        /** A contract with budgets of another currency cannot record the cost; it takes its own estimate. */
        private static void commit(Permit permit, Money cost) {
            try {
                permit.commit(cost);
            } catch (IllegalArgumentException otherCurrency) {
                permit.commit(Usage.unknown());
            }
        }
    }
}
