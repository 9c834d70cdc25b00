package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.Situation;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
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
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What another contract would have answered the decisions that evidence holds, each in the state its own answers would have
 * left. Immutable; safe for any number of threads.
 *
 * <p>Evidence does not hold everything a decision saw: personal values are commitments, and what was spent before its
 * first event is not there. So the contract that decided is rehearsed too, and only where that answers as is recorded does
 * the other one's answer count.
 */
public final class Replay {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

    /** Those of one instant stay in the order of their stream. */
    private static final Comparator<Happening> IN_TIME = Comparator.comparing(Happening::at);

    private final List<Happening> happenings;

    private Replay(List<Happening> happenings) {
        this.happenings = happenings;
    }

    /**
     * A replay of recorded events, each stream's in its order; those that are neither decision, approval, part nor outcome are left aside.
     *
     * @throws io.spendguard.json.JsonException when one of those does not have the form they are written in
     */
    public static Replay of(List<AuditEvent> events) {
        List<Happening> happenings = new ArrayList<>();
        for (AuditEvent event : events) {
            if (event.type().equals(EventTypes.DECISION)) {
                happenings.add(decided(event));
            } else if (event.type().equals(EventTypes.APPROVAL_RESOLVED)) {
                happenings.add(answered(event));
            } else if (event.type().equals(EventTypes.OUTCOME)) {
                happenings.add(settled(event));
            } else if (event.type().equals(EventTypes.PART_COMMITTED)) {
                part(event).ifPresent(happenings::add);
            }
        }
        happenings.replaceAll(inOrder(happenings));
        happenings.sort(IN_TIME);
        return new Replay(List.copyOf(happenings));
    }

    /** The ledger's clock tells when a part was, the host's when its decision and outcome were: it is never outside of them. */
    private static UnaryOperator<Happening> inOrder(List<Happening> happenings) {
        Map<UUID, Instant> decided = new HashMap<>();
        Map<UUID, Instant> lastPart = new HashMap<>();
        for (Happening happening : happenings) {
            if (happening instanceof Decided decision) {
                decided.putIfAbsent(decision.id, decision.at);
            } else if (happening instanceof Parted part) {
                lastPart.merge(part.decision, part.at, Replay::later);
            }
        }
        return happening -> {
            if (happening instanceof Parted part) {
                return part.notBefore(decided.getOrDefault(part.decision, part.at));
            }
            return happening instanceof Settled settled && lastPart.containsKey(settled.decision)
                    ? settled.notBefore(
                            later(lastPart.get(settled.decision), decided.getOrDefault(settled.decision, settled.at)))
                    : happening;
        };
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
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
            Map<UUID, Session> sessions = new HashMap<>();
            Map<UUID, Settled> early = new HashMap<>();
            Map<UUID, Action> waiting = new HashMap<>();
            for (Happening happening : happenings) {
                if (happening instanceof Decided decided) {
                    if (contract.tenant().isPresent() && !contract.tenant().equals(decided.action.tenant())) {
                        continue;
                    }
                    Rehearsal.Answer first = decided.upon == null ? null : answers.get(decided.upon);
                    if (first != null && first.effect() != Effect.REQUIRE_APPROVAL) {
                        answers.put(decided.id, first); // which nobody waited for here: it is one action
                        continue;
                    }
                    Rehearsal.Answer answer = rehearsal.decide(Situation.of(decided.action, decided.at));
                    answers.put(decided.id, answer);
                    if (answer.effect() == Effect.REQUIRE_APPROVAL) {
                        waiting.put(decided.id, decided.action);
                    }
                    Settled settled = early.remove(decided.id);
                    answer.permit().ifPresent(permit -> settleOrKeep(permit, decided, settled, sessions));
                } else if (happening instanceof Answered answered) {
                    Action action = waiting.get(answered.decision);
                    if (action != null) {
                        answered.tell(rehearsal, action);
                    }
                } else if (happening instanceof Parted part) {
                    Session session = sessions.get(part.decision);
                    if (session != null) {
                        session.commit(part);
                    }
                } else if (happening instanceof Settled settled) {
                    Session session = sessions.remove(settled.decision);
                    if (session != null) {
                        session.settle(settled);
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
            Permit permit, Decided decided, @Nullable Settled settled, Map<UUID, Session> sessions) {
        if (settled != null) {
            new Session(permit).settle(settled);
        } else if (decided.effect.allows()) {
            sessions.put(decided.id, new Session(permit));
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
                data.string("contract"),
                data.has("approval") ? UUID.fromString(data.object("approval").string("decision")) : null);
    }

    private static Answered answered(AuditEvent event) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject approval = envelope.object("data").object("approval");
        return new Answered(
                UUID.fromString(approval.string("decision")),
                Instant.parse(envelope.string("time")),
                Approval.State.valueOf(approval.string("state")));
    }

    private static Settled settled(AuditEvent event) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject data = envelope.object("data");
        JsonObject outcome = data.object("outcome");
        boolean isFree = data.objects("actual").stream()
                .allMatch(charge -> charge.string("amount").matches("0(\\.0+)? .*"));
        return new Settled(
                UUID.fromString(outcome.string("decision")),
                Instant.parse(envelope.string("time")),
                Settlement.Outcome.valueOf(outcome.string("kind")),
                usage(data),
                cost(data),
                isFree);
    }

    /** Empty for a part that was refused: what became of it stands in the session's outcome. */
    private static Optional<Happening> part(AuditEvent event) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject data = envelope.object("data");
        JsonObject part = data.object("part");
        return part.bool("committed")
                ? Optional.of(new Parted(
                        UUID.fromString(part.string("decision")),
                        Instant.parse(envelope.string("time")),
                        Math.toIntExact(part.integer("number")),
                        usage(data),
                        cost(data)))
                : Optional.empty();
    }

    private static @Nullable Money cost(JsonObject data) {
        return data.has("cost") ? Money.parse(data.string("cost")) : null;
    }

    private static @Nullable Usage usage(JsonObject data) {
        if (!data.has("usage")) {
            return null;
        }
        JsonObject counts = data.object("usage");
        Usage.Builder builder = Usage.builder();
        if (counts.has("input")) {
            builder.inputTokens(counts.integer("input"));
        }
        if (counts.has("cacheRead")) {
            builder.cacheReadTokens(counts.integer("cacheRead"));
        }
        if (counts.has("cacheWrite")) {
            builder.cacheWriteTokens(counts.integer("cacheWrite"));
        }
        if (counts.has("output")) {
            builder.outputTokens(counts.integer("output"));
        }
        if (counts.has("reasoning")) {
            builder.reasoningTokens(counts.integer("reasoning"));
        }
        return builder.build();
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

    /** A decision; {@code upon} is the one whose approval it was made upon, or null. */
    private record Decided(
            UUID id,
            Instant at,
            Action action,
            Effect effect,
            List<String> reasons,
            String mode,
            String contract,
            @Nullable UUID upon)
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

    /** What somebody answered a decision that had asked. */
    private record Answered(UUID decision, Instant at, Approval.State state) implements Happening {
        private void tell(Rehearsal rehearsal, Action action) {
            try {
                rehearsal.resolve(action, state, at);
            } catch (ApprovalException tooLate) {
                LOG.debug("Decision {} was answered, and would have been over by then", decision, tooLate);
            }
        }
    }

    private record Parted(
            UUID decision,
            Instant at,
            int number,
            @Nullable Usage usage,
            @Nullable Money cost) implements Happening {
        private Parted notBefore(Instant time) {
            return new Parted(decision, later(at, time), number, usage, cost);
        }
    }

    /** An allowed call, and what its parts cost that the contract in question does not take as parts. */
    private static final class Session {
        private final Permit permit;
        private @Nullable Money beyond;

        private Session(Permit permit) {
            this.permit = permit;
        }

        private void commit(Parted part) {
            if (!isTaken(part) && part.cost != null) {
                beyond = beyond == null ? part.cost : beyond.plus(part.cost);
            }
        }

        /** A contract with budgets of other units cannot tell what the part is of them. */
        private boolean isTaken(Parted part) {
            try {
                if (part.usage != null) {
                    return permit.commitPart(part.number, part.usage).isCommitted();
                }
                return part.cost == null
                        || permit.commitPart(part.number, part.cost).isCommitted();
            } catch (IllegalArgumentException otherUnits) {
                return false;
            }
        }

        private void settle(Settled settled) {
            settled.plus(beyond).settle(permit);
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
        private Settled notBefore(Instant time) {
            return new Settled(decision, later(at, time), kind, usage, cost, isFree);
        }

        /** This outcome with so much more spent; without a count, the hold stands for all of it. */
        private Settled plus(@Nullable Money more) {
            if (more == null) {
                return this;
            }
            boolean isRelease = kind == Settlement.Outcome.RELEASED || (kind == Settlement.Outcome.EXPIRED && isFree);
            Money all = isRelease ? more : cost == null ? null : cost.plus(more);
            return new Settled(decision, at, Settlement.Outcome.COMMITTED, null, all, false);
        }

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
