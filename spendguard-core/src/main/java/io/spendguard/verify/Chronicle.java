package io.spendguard.verify;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what decided, what became of it, and what nobody here can read, for reports. Bounded: what a package may name at will is lumped together. */
final class Chronicle {
    /** More names than any contract has; a package that brings more has its rest counted as one. */
    private static final int NAMES = 500;

    private static final String OTHERS = "(others)";

    private final SortedMap<String, Long> effects = new TreeMap<>();
    private final SortedMap<String, Long> reasons = new TreeMap<>();
    private final SortedMap<String, Long> outcomes = new TreeMap<>();
    private final SortedMap<String, Long> approvals = new TreeMap<>();
    private final SortedMap<String, Long> unknownTypes = new TreeMap<>();

    /** Takes an event's facts; throws {@link io.spendguard.json.JsonException} for malformed ones. */
    void event(String type, JsonObject data) {
        if (type.equals(EventTypes.DECISION)) {
            JsonObject decision = data.object("decision");
            String effect = decision.string("effect");
            count(effects, effect);
            List<JsonObject> why = decision.has("reasons") ? decision.objects("reasons") : List.of();
            if (!effect.equals("continue") && !why.isEmpty()) {
                count(reasons, why.get(0).string("code"));
            }
        } else if (type.equals(EventTypes.OUTCOME)) {
            count(outcomes, data.object("outcome").string("kind"));
        } else if (type.equals(EventTypes.APPROVAL_RESOLVED)) {
            count(approvals, data.object("approval").string("state"));
        } else if (!EventTypes.isKnown(type)) {
            count(unknownTypes, type);
        }
    }

    DecisionTally tally() {
        return new DecisionTally(effects, reasons, outcomes, approvals, unknownTypes);
    }

    private static void count(SortedMap<String, Long> counts, String given) {
        String name = Texts.name(given);
        counts.merge(counts.size() < NAMES || counts.containsKey(name) ? name : OTHERS, 1L, Long::sum);
    }
}
