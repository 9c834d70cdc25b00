package io.spendguard.decision;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Money;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Currency;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What shadow mode let pass and enforcement would not have: calls and their cost, by what the contract answered. Made of audit
 * events, so it says what was decided then, whatever contract stands there now.
 *
 * @param tenant whose calls
 * @param rows one for each answer and deciding reason, the dearest first
 */
public record ExposureReport(String tenant, List<Row> rows) {
    /** Copies the list. */
    public ExposureReport {
        rows = List.copyOf(rows);
    }

    /**
     * Calls that were answered alike.
     *
     * @param effect the answer: {@code continue}, {@code degrade}, {@code skip}, {@code require_approval} or {@code stop}
     * @param reason the deciding reason's code; empty when there was none
     * @param calls how many
     * @param costs what they cost, by currency: what was settled and, of sessions, what their parts cost; or else the estimate
     */
    public record Row(String effect, String reason, long calls, Map<Currency, Money> costs) {
        /** Copies the map. */
        public Row {
            costs = Map.copyOf(costs);
        }

        /** Tells whether enforcement would have let these calls run, if perhaps cheaper. */
        public boolean isAllowed() {
            return effect.equals("continue") || effect.equals("degrade");
        }
    }

    /** What was spent in one currency by calls that enforcement would have refused. */
    public Money exposed(Currency currency) {
        return rows.stream()
                .filter(row -> !row.isAllowed())
                .map(row -> row.costs().getOrDefault(currency, new Money(0, currency)))
                .reduce(new Money(0, currency), Money::plus);
    }

    /** The currencies that occur, in order of their codes. */
    public List<Currency> currencies() {
        return rows.stream()
                .flatMap(row -> row.costs().keySet().stream())
                .distinct()
                .sorted(Comparator.comparing(Currency::getCurrencyCode))
                .toList();
    }

    /**
     * Reads a tenant's shadow decisions and their outcomes. Blocks while all of the tenant's events pass by; keeps one entry for
     * each shadow decision of the period.
     *
     * @param from the first moment of decisions that count
     * @param until the first moment after them
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger cannot be reached
     */
    public static ExposureReport of(Ledger ledger, String tenant, Instant from, Instant until) {
        Map<String, Call> calls = new LinkedHashMap<>();
        Map<String, Spend> spent = new HashMap<>();
        ledger.events(tenant, event -> {
            String type = event.draft().type();
            if (!type.equals(EventTypes.DECISION)
                    && !type.equals(EventTypes.OUTCOME)
                    && !type.equals(EventTypes.PART_COMMITTED)) {
                return;
            }
            JsonObject envelope = JsonObject.parse(event.draft().payload());
            JsonObject data = envelope.object("data");
            if (type.equals(EventTypes.DECISION)) {
                Instant at = Instant.parse(envelope.string("time"));
                if (data.object("decision").string("mode").equals("shadow")
                        && !at.isBefore(from)
                        && at.isBefore(until)) {
                    calls.put(envelope.string("decisionid"), Call.of(data));
                }
            } else {
                spent.computeIfAbsent(envelope.string("decisionid"), decision -> new Spend())
                        .add(data);
            }
        });
        Map<List<String>, Tally> tallies = new TreeMap<>(Comparator.comparing(List::toString));
        calls.forEach(
                (decision, call) -> tallies.computeIfAbsent(List.of(call.effect(), call.reason()), key -> new Tally())
                        .add(spent.getOrDefault(decision, new Spend()).costs(call.estimate())));
        return new ExposureReport(
                tenant,
                tallies.entrySet().stream()
                        .map(tally -> new Row(
                                tally.getKey().get(0),
                                tally.getKey().get(1),
                                tally.getValue().calls,
                                tally.getValue().costs))
                        .sorted(Comparator.comparingLong((Row row) -> row.costs().values().stream()
                                        .mapToLong(Money::nanos)
                                        .max()
                                        .orElse(0))
                                .reversed())
                        .toList());
    }

    private record Call(String effect, String reason, List<Money> estimate) {
        static Call of(JsonObject data) {
            JsonObject decision = data.object("decision");
            JsonObject estimate = data.object("estimate");
            return new Call(
                    decision.string("effect"),
                    decision.objects("reasons").stream()
                            .findFirst()
                            .map(reason -> reason.string("code"))
                            .orElse(""),
                    estimate.has("cost") ? List.of(Money.parse(estimate.string("cost"))) : List.of());
        }
    }

    /** What one call cost. Its parts went on whatever was answered to them, since shadow mode lets them pass. */
    private static final class Spend {
        private final List<Money> parts = new ArrayList<>();
        private @Nullable List<Money> settled;

        void add(JsonObject data) {
            List<Money> cost = data.has("cost") ? List.of(Money.parse(data.string("cost"))) : List.of();
            if (data.has("part")) {
                parts.addAll(cost);
            } else if (data.has("cost") || data.object("outcome").string("kind").equals("RELEASED")) {
                if (data.object("outcome").has("reference")) { // a bill is of the whole session
                    parts.clear();
                }
                settled = cost;
            }
        }

        /** The parts and what was settled beside them; where nothing was, the estimate stands for all that they do not exceed. */
        List<Money> costs(List<Money> estimate) {
            Map<Currency, Money> costs = new HashMap<>();
            parts.forEach(part -> costs.merge(part.currency(), part, Money::plus));
            if (settled == null) {
                estimate.forEach(most ->
                        costs.merge(most.currency(), most, (used, held) -> used.compareTo(held) > 0 ? used : held));
            } else {
                settled.forEach(rest -> costs.merge(rest.currency(), rest, Money::plus));
            }
            return List.copyOf(costs.values());
        }
    }

    private static final class Tally {
        private final Map<Currency, Money> costs = new HashMap<>();
        private long calls;

        void add(List<Money> cost) {
            calls++;
            cost.stream()
                    .filter(money -> money.nanos() != 0)
                    .forEach(money -> costs.merge(money.currency(), money, Money::plus));
        }
    }
}
