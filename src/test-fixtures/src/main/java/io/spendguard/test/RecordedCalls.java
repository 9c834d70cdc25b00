package io.spendguard.test;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Money;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The calls a ledger's audit events tell of, in the order they were recorded. Immutable. */
final class RecordedCalls {
    private final List<RecordedCall> calls;

    private RecordedCalls(List<RecordedCall> calls) {
        this.calls = List.copyOf(calls);
    }

    /** Reads all tenants' events. An outcome may stand in another stream than its decision, before or after it. */
    static RecordedCalls of(Ledger ledger) {
        List<JsonObject> decisions = new ArrayList<>();
        Map<String, JsonObject> outcomes = new HashMap<>();
        ledger.events(null, event -> {
            String type = event.draft().type();
            if (type.equals(EventTypes.DECISION)) {
                decisions.add(JsonObject.parse(event.draft().payload()));
            } else if (type.equals(EventTypes.OUTCOME)) {
                JsonObject envelope = JsonObject.parse(event.draft().payload());
                outcomes.put(envelope.string("decisionid"), envelope.object("data"));
            }
        });
        return new RecordedCalls(decisions.stream()
                .map(envelope -> RecordedCall.of(
                        envelope.string("tenantid"),
                        envelope.object("data"),
                        outcomes.get(envelope.string("decisionid"))))
                .toList());
    }

    RecordedCalls only(Predicate<RecordedCall> condition) {
        return new RecordedCalls(calls.stream().filter(condition).toList());
    }

    /** Without the first of them. */
    RecordedCalls since(int first) {
        return new RecordedCalls(calls.subList(first, calls.size()));
    }

    boolean isEmpty() {
        return calls.isEmpty();
    }

    int size() {
        return calls.size();
    }

    Money spent(Currency currency) {
        return sum(only(RecordedCall::isSpent), currency);
    }

    Money held(Currency currency) {
        return sum(only(RecordedCall::isOpen), currency);
    }

    /** Those whose cost the sums in a currency leave out, because it is unknown or in another currency. */
    RecordedCalls notCountedIn(Currency currency) {
        return only(call -> call.isOfUnknownCost()
                || ((call.isSpent() || call.isOpen())
                        && call.cost()
                                .filter(cost -> cost.nanos() > 0)
                                .filter(cost -> !cost.currency().equals(currency))
                                .isPresent()));
    }

    /** One line for each call, numbered, after a line break; says so when there is none. */
    String listing() {
        if (calls.isEmpty()) {
            return "\n  (no call)";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < calls.size(); i++) {
            text.append("\n  ").append(i + 1).append(". ").append(calls.get(i));
        }
        return text.toString();
    }

    private static Money sum(RecordedCalls calls, Currency currency) {
        return calls.calls.stream()
                .flatMap(call -> call.cost().stream())
                .filter(cost -> cost.currency().equals(currency))
                .reduce(new Money(0, currency), Money::plus);
    }
}
