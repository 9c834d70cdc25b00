package io.spendguard.jdbc.cli;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** An audit event in words: one line, or each of its facts in one. */
final class EventWords {
    private static final String PREFIX = "io.spendguard.";

    private EventWords() {}

    /** When, whose, what: {@code 2026-11-23T12:00:00Z acme decision CONTINUE gpt-4o, run r-1, daily 0.18 USD}. */
    static String line(JsonObject event) {
        return event.string("time") + "  " + event.string("tenantid") + "  " + what(event);
    }

    /** Every member on a line of its own, by its path. */
    static List<String> facts(JsonObject event) {
        List<List<String>> rows = new ArrayList<>();
        flatten("", event, rows);
        return TextTable.format(rows);
    }

    private static String what(JsonObject event) {
        String type = shortType(event.string("type"));
        try {
            JsonObject data = event.object("data");
            return switch (event.string("type")) {
                case EventTypes.DECISION -> type + " " + decision(event, data);
                case EventTypes.OUTCOME -> type + " " + outcome(event, data);
                case EventTypes.ACCOUNT_OPENED ->
                    type + " " + data.object("account").string("budget") + ", limit " + data.string("limit");
                case EventTypes.LIMIT_CARRIED -> type + " " + limits(data);
                case EventTypes.CONTRACT_ACTIVATED -> type + " " + data.string("name");
                case EventTypes.CONTRACT_REJECTED -> type + " " + data.string("rejected") + ": " + data.string("fault");
                case EventTypes.BUDGET_GRANTED, EventTypes.BUDGET_TRANSFERRED ->
                    type + " " + data.string("amount") + " to "
                            + data.object("to").string("budget");
                case EventTypes.APPROVAL_RESOLVED ->
                    type + " " + data.object("approval").string("state") + " by a "
                            + data.object("approval").object("by").string("role") + ", decision "
                            + event.string("decisionid");
                case EventTypes.UNRECORDED ->
                    type + " " + data.object("unrecorded").integer("refused") + " refused, "
                            + data.object("unrecorded").integer("passed") + " passed, until "
                            + data.object("unrecorded").string("until");
                case EventTypes.CLOCK_ANOMALY ->
                    type + " ledger " + data.object("clocks").string("ledger") + ", writer "
                            + data.object("clocks").string("writer");
                case EventTypes.KEY_REVOKED ->
                    type + " " + data.object("revocation").string("key") + " at checkpoint "
                            + data.object("revocation").integer("size") + ": "
                            + data.object("revocation").string("reason");
                case EventTypes.PERIOD_CLOSED ->
                    type + " first " + data.object("period").integer("size") + " events, archive "
                            + data.object("period").string("archive");
                case EventTypes.HOLD_EXTENDED ->
                    type + " of decision " + event.string("decisionid") + " until " + data.string("expiresAt");
                case EventTypes.PART_COMMITTED ->
                    type + " " + data.object("part").integer("number") + " of decision "
                            + event.string("decisionid") + ": "
                            + (data.object("part").bool("committed") ? "committed" : "refused");
                default -> data.has("stream") ? type + " " + data.string("stream") : type;
            };
        } catch (JsonException otherForm) {
            return type; // shown all the same: verify says what is wrong with it
        }
    }

    private static String limits(JsonObject data) {
        return data.objects("limits").stream()
                .map(limit -> limit.string("budget") + ", limit " + limit.string("limit"))
                .collect(Collectors.joining("; "));
    }

    private static String decision(JsonObject event, JsonObject data) {
        JsonObject decision = data.object("decision");
        JsonObject action = data.object("action");
        List<String> parts = new ArrayList<>();
        parts.add(decision.string("effect").toUpperCase(Locale.ROOT) + " " + subject(action));
        if (event.has("runid")) {
            parts.add("run " + event.string("runid"));
        }
        decision.objects("reasons").forEach(reason -> parts.add(reason.string("code")));
        data.objects("claims").forEach(claim -> parts.add(claim.string("budget") + " " + claim.string("amount")));
        parts.add("decision " + decision.string("id"));
        return String.join(", ", parts);
    }

    private static String subject(JsonObject action) {
        for (String name : List.of("model", "tool", "kind")) {
            if (action.has(name)) {
                return action.string(name);
            }
        }
        return "action";
    }

    private static String outcome(JsonObject event, JsonObject data) {
        JsonObject outcome = data.object("outcome");
        List<String> parts = new ArrayList<>();
        parts.add(outcome.string("kind") + (outcome.has("reason") ? " (" + outcome.string("reason") + ")" : ""));
        data.objects("actual").forEach(charge -> parts.add(charge.string("budget") + " " + charge.string("amount")));
        parts.add("decision " + event.string("decisionid"));
        return String.join(", ", parts);
    }

    private static String shortType(String type) {
        String name = type.startsWith(PREFIX) ? type.substring(PREFIX.length()) : type;
        return name.endsWith(".v1") ? name.substring(0, name.length() - 3) : name;
    }

    private static void flatten(String path, Object value, List<List<String>> rows) {
        if (value instanceof JsonObject object) {
            object.names()
                    .forEach(name -> flatten(path.isEmpty() ? name : path + "." + name, object.value(name), rows));
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                flatten(path + "[" + i + "]", list.get(i), rows);
            }
        } else {
            rows.add(List.of(path, String.valueOf(value)));
        }
    }
}
