package io.spendguard.jdbc.cli;

import io.spendguard.contract.Mode;
import io.spendguard.contract.RuleExplanation;
import io.spendguard.decision.Rehearsal;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Claim;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Shows what a contract answered. */
final class RehearsedAnswer {
    private static final Pattern PERSONAL = Pattern.compile("~[0-9a-f]{32}");

    private RehearsedAnswer() {}

    /** An effect as contracts write it. */
    static String name(Effect effect) {
        return effect.name().toLowerCase(Locale.ROOT);
    }

    /** A patch's target as contracts write it, such as {@code maxOutputTokens}. */
    static String name(PatchTarget target) {
        return target.path().substring(1);
    }

    static String shown(Patch.Change change) {
        String from = change.from() == null ? "" : shown(change.target(), change.from()) + " -> ";
        return name(change.target()) + ": " + from + shown(change.target(), change.to());
    }

    static String shown(PatchTarget target, String value) {
        return target == PatchTarget.STOP_SEQUENCES ? Patch.split(value).toString() : value;
    }

    /** Personal keys are hashed under a secret that a rehearsal makes up: the hash tells nothing and is another each time. */
    static String withoutHashes(String text) {
        return PERSONAL.matcher(text).replaceAll("~personal");
    }

    /** The answer in lines. */
    static List<String> lines(Rehearsal.Answer answer, Mode mode) {
        List<String> lines = new ArrayList<>();
        lines.add("outcome: " + name(answer.effect())
                + (mode == Mode.SHADOW ? " (shadow: the action passes all the same)" : ""));
        for (Reason reason : answer.reasons()) {
            lines.add("reason: " + withoutHashes(reason.toString()));
        }
        lines.add(
                "matched: " + (answer.matchedRules().isEmpty() ? "no rule" : String.join(", ", answer.matchedRules())));
        for (Patch.Change change : answer.patch().changes()) {
            lines.add("patch: " + shown(change));
        }
        ApprovalTerms approval = answer.approval();
        if (approval != null) {
            lines.add("approval: by " + approval.role().text() + " within " + approval.ttl() + ", else "
                    + name(approval.fallback()));
        }
        if (!answer.targets().isEmpty()) {
            lines.add("targets: " + String.join(", ", answer.targets()));
        }
        for (Claim claim : holds(answer)) {
            lines.add("holds: " + shown(claim));
        }
        return lines;
    }

    /** What is held, once for each budget's key, in order of budget. */
    static List<Claim> holds(Rehearsal.Answer answer) {
        Map<String, Claim> byAccount = new TreeMap<>();
        for (Claim claim : answer.claims()) {
            byAccount.putIfAbsent(
                    claim.account().budgetId() + "\n" + claim.account().key(), claim);
        }
        return List.copyOf(byAccount.values());
    }

    private static String shown(Claim claim) {
        String key = claim.account().key();
        return claim.amount() + " of budget '" + claim.account().budgetId() + "'"
                + (key.isEmpty() ? "" : " for '" + withoutHashes(key) + "'");
    }

    /** What the rules made of the action, in lines. */
    static List<String> explained(List<RuleExplanation> rules) {
        List<String> lines = new ArrayList<>();
        for (RuleExplanation rule : rules) {
            lines.add("rule " + rule.rule() + ": " + name(rule.result()));
            for (RuleExplanation.Part part : rule.parts()) {
                lines.add("  ".repeat(part.depth() + 1) + part.text() + (part.isKnown() ? " = " : ": ") + part.value());
            }
        }
        return lines;
    }

    private static String name(RuleExplanation.Result result) {
        return switch (result) {
            case MATCHED -> "matched";
            case NOT_MATCHED -> "did not match";
            case FAILED -> "could not be evaluated";
            case NOT_EFFECTIVE -> "is not in effect at this time";
            case OTHER_TRIGGER -> "is for other actions";
        };
    }

    /** The answer as JSON. */
    static JsonObject json(Rehearsal.Answer answer) {
        JsonObject json = JsonObject.create();
        ApprovalTerms approval = answer.approval();
        if (approval != null) {
            json.put(
                    "approval",
                    JsonObject.create()
                            .put("role", approval.role().text())
                            .put("ttl", approval.ttl().toString())
                            .put("fallback", name(approval.fallback())));
        }
        if (!answer.targets().isEmpty()) {
            json.put("targets", List.copyOf(answer.targets()));
        }
        return json.put("outcome", name(answer.effect()))
                .put(
                        "reasons",
                        answer.reasons().stream()
                                .map(reason -> JsonObject.create()
                                        .put("code", reason.code().value())
                                        .putIfPresent("rule", reason.ruleId())
                                        .put("text", withoutHashes(reason.text())))
                                .toList())
                .put("matchedRules", answer.matchedRules())
                .put(
                        "patch",
                        answer.patch().changes().stream()
                                .map(RehearsedAnswer::json)
                                .toList())
                .put(
                        "holds",
                        holds(answer).stream()
                                .map(claim -> JsonObject.create()
                                        .put("budget", claim.account().budgetId())
                                        .put(
                                                "key",
                                                withoutHashes(claim.account().key()))
                                        .put("amount", claim.amount().toString()))
                                .toList());
    }

    private static JsonObject json(Patch.Change change) {
        JsonObject json = JsonObject.create().put("target", name(change.target()));
        if (change.from() != null) {
            json.put("from", shown(change.target(), change.from()));
        }
        return json.put("to", shown(change.target(), change.to()));
    }

    /** What the rules made of the action, as JSON. */
    static List<JsonObject> explainedJson(List<RuleExplanation> rules) {
        return rules.stream()
                .map(rule -> JsonObject.create()
                        .put("rule", rule.rule())
                        .put("result", rule.result().name().toLowerCase(Locale.ROOT))
                        .put(
                                "parts",
                                rule.parts().stream()
                                        .map(part -> JsonObject.create()
                                                .put("depth", part.depth())
                                                .put("text", part.text())
                                                .put("isKnown", part.isKnown())
                                                .put("value", part.value()))
                                        .toList()))
                .toList();
    }
}
