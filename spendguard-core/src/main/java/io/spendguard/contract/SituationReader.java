package io.spendguard.contract;

import io.spendguard.contract.Situation.Balances;
import io.spendguard.contract.YamlNode.Entry;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.ledger.RecentActions;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Reads situations as strictly as contracts are read. */
final class SituationReader {
    static final long MAX_COUNT = (1L << 53) - 1;

    private final Contract contract;
    private final Findings findings;

    SituationReader(Contract contract, Findings findings) {
        this.contract = contract;
        this.findings = findings;
    }

    static Situation load(Path file, Contract contract) {
        Findings findings = new Findings(String.valueOf(file.getFileName()));
        Mapping root = ContractLoader.mapping(file, findings, "Write an object with an 'action'.");
        Situation situation = root == null ? null : new SituationReader(contract, findings).whole(root);
        findings.throwIfAny();
        if (situation == null) {
            throw new IllegalStateException("A situation that cannot be read has no finding: every reason is one.");
        }
        return situation;
    }

    /** All members in one mapping. */
    private @Nullable Situation whole(Mapping root) {
        try (Members members = new Members(root, "", findings)) {
            members.required("action", "Say what is about to be done, such as {tool: web_search}.");
            Mapping given = members.mapping("action");
            Action action = given == null ? null : action(given, "action");
            return surroundings(members, action);
        }
    }

    /** How things stand around an action; null when that or the action has faults. */
    @Nullable
    Situation surroundings(Members members, @Nullable Action action) {
        Instant now = instant(members, "now");
        SortedMap<String, Balances> budgets = budgets(members);
        Long steps = null;
        Long repeats = null;
        boolean stopped = false;
        Mapping mapping = members.mapping("run");
        if (mapping != null) {
            try (Members run = new Members(mapping, members.path("run"), findings)) {
                steps = run.integer("steps", 0, Integer.MAX_VALUE);
                repeats = run.integer("repeats", 0, RecentActions.MOST);
                stopped = Boolean.TRUE.equals(run.bool("stopped"));
            }
            if (action != null && action.run().isEmpty()) {
                members.fault("run", "says how a run stands, but the action belongs to none. Give the action a 'run'.");
            } else if (action != null && repeats != null && action.content().isEmpty()) {
                members.fault(
                        "run",
                        "says how often the action came before, but only an action with content can be the same as"
                                + " another. Give the action its 'content', such as a tool's arguments.");
            }
        }
        return action == null ? null : new Situation(action, now, steps, repeats, stopped, budgets);
    }

    @Nullable
    Instant instant(Members members, String name) {
        return members.parsed(name, "a time such as 2026-11-23T12:00:00Z", SituationReader::time);
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException malformed) {
            throw new IllegalArgumentException(
                    "'" + Texts.shorten(text, 60)
                            + "' is no time with its offset. Write it as in 2026-11-23T12:00:00Z.",
                    malformed);
        }
    }

    private SortedMap<String, Balances> budgets(Members members) {
        SortedMap<String, Balances> budgets = new TreeMap<>();
        Mapping mapping = members.mapping("budgets");
        if (mapping == null) {
            return budgets;
        }
        for (Entry entry : mapping.entries()) {
            String id = entry.key().text();
            String path = members.path("budgets") + "." + Texts.shorten(id, 60);
            Budget budget = budget(entry.key(), path);
            if (budget == null) {
                continue;
            }
            if (!(entry.value() instanceof Mapping balances)) {
                findings.fault(
                        entry.value().position(),
                        path,
                        "is " + entry.value().describe() + ": balances are expected, such as {spent: "
                                + Amount.zero(budget.limit().unit()) + "}.");
                continue;
            }
            try (Members balance = new Members(balances, path, findings)) {
                budgets.put(
                        id,
                        new Balances(
                                amount(balance, "limit", budget),
                                amount(balance, "spent", budget),
                                amount(balance, "held", budget)));
            }
        }
        return budgets;
    }

    /** The budget a key names; a finding and null when the contract has none of that id. */
    @Nullable
    Budget budget(Scalar key, String path) {
        List<String> ids = contract.budgets().stream().map(Budget::id).toList();
        for (Budget budget : contract.budgets()) {
            if (budget.id().equals(key.text())) {
                return budget;
            }
        }
        findings.fault(
                key.position(),
                path,
                "unknown budget '" + Texts.shorten(key.text(), 60) + "'." + Texts.suggestion(key.text(), ids));
        return null;
    }

    @Nullable
    Amount amount(Members members, String name, Budget budget) {
        Amount amount = members.parsed(name, "an amount such as '" + budget.limit() + "'", Amount::parse);
        if (amount != null && !amount.unit().equals(budget.limit().unit())) {
            members.fault(
                    name,
                    "is " + amount + ", but budget '" + budget.id() + "' counts "
                            + budget.limit().unit() + ". Write an amount of that unit.");
            return null;
        }
        return amount;
    }

    /** The action a mapping describes, or null when it has faults. */
    @Nullable
    Action action(Mapping mapping, String path) {
        int before = findings.faultCount();
        try (Members members = new Members(mapping, path, findings)) {
            Action.Builder builder = start(members);
            text(members, "key", builder::key);
            text(members, "tenant", builder::tenant);
            text(members, "run", builder::run);
            text(members, "step", builder::step);
            text(members, "agent", builder::agent);
            text(members, "user", builder::user);
            text(members, "content", builder::content);
            count(members, "inputTokens", 0, builder::inputTokens);
            count(members, "maxOutputTokens", 1, builder::maxOutputTokens);
            count(members, "plannedSteps", 1, builder::plannedSteps);
            ReasoningEffort effort =
                    members.choice("reasoningEffort", List.of(ReasoningEffort.values()), ReasoningEffort::text);
            if (effort != null) {
                builder.reasoningEffort(effort);
            }
            parsed(members, "temperature", "a number", text -> builder.temperature(decimal(text)));
            parsed(members, "topP", "a number", text -> builder.topP(decimal(text)));
            if (members.has("stopSequences")) {
                builder.stopSequences(texts(members, "stopSequences"));
            }
            parsed(members, "cost", "money such as '0.02 USD'", text -> builder.cost(Money.parse(text)));
            for (String charge : texts(members, "charges")) {
                charge(members, charge, builder);
            }
            labels(members, "labels", builder::label);
            labels(members, "personalLabels", builder::personalLabel);
            return findings.faultCount() > before ? null : builder.build();
        }
    }

    private Action.Builder start(Members members) {
        ActionKind kind = members.choice("kind", List.of(ActionKind.values()), ActionKind::trigger);
        boolean hasKind = members.has("kind");
        if (members.has("model") || members.has("provider")) {
            members.required("provider", "Name the model's provider.");
            members.required("model", "Name the model as its provider does.");
        }
        String provider = members.text("provider");
        String model = members.text("model");
        String tool = members.text("tool");
        if (model != null && tool != null) {
            members.fault("tool", "stands beside a model: an action calls one of them. Remove one.");
        } else if (model != null && (!hasKind || kind == ActionKind.LLM_CALL)) {
            return Action.llmCall(provider == null ? "unknown" : provider, model);
        } else if (tool != null && (!hasKind || kind == ActionKind.TOOL_CALL)) {
            return Action.toolCall(tool);
        } else if (kind == ActionKind.LLM_CALL) {
            members.required("model", "A model call names its provider and model.");
        } else if (kind == ActionKind.TOOL_CALL) {
            members.required("tool", "A tool call names its tool.");
        } else if (kind != null && (model != null || tool != null)) {
            members.fault(
                    "kind",
                    "is " + kind.trigger() + ", which calls neither model nor tool. Remove 'kind' or the other.");
        } else if (!hasKind) {
            findings.fault(
                    members.position(),
                    members.path(),
                    "it is not said what the action is. Name a 'provider' and a 'model', a 'tool', or a 'kind'.");
        }
        return Action.of(kind == null ? ActionKind.RUN : kind);
    }

    private static void charge(Members members, String charge, Action.Builder builder) {
        try {
            builder.charge(Amount.parse(charge));
        } catch (IllegalArgumentException refused) {
            members.fault("charges", "holds no charge: " + refused.getMessage());
        }
    }

    private void labels(Members members, String name, Label label) {
        Mapping mapping = members.mapping(name);
        if (mapping == null) {
            return;
        }
        for (Entry entry : mapping.entries()) {
            String path = members.path(name) + "." + Texts.shorten(entry.key().text(), 60);
            if (!(entry.value() instanceof Scalar value)) {
                findings.fault(
                        entry.value().position(),
                        path,
                        "is " + entry.value().describe() + ": a text is expected. Write one value.");
                continue;
            }
            try {
                label.set(entry.key().text(), value.text());
            } catch (IllegalArgumentException refused) {
                findings.fault(value.position(), path, String.valueOf(refused.getMessage()));
            }
        }
    }

    /** A list of texts, or one text alone. */
    List<String> texts(Members members, String name) {
        YamlNode node = members.node(name);
        if (node instanceof Scalar single) {
            return List.of(single.text());
        }
        Sequence sequence = members.as(name, node, Sequence.class, "a list of texts");
        List<String> texts = new ArrayList<>();
        for (YamlNode item : sequence == null ? List.<YamlNode>of() : sequence.items()) {
            if (item instanceof Scalar scalar) {
                texts.add(scalar.text());
            } else {
                findings.fault(
                        item.position(), members.path(name), "holds " + item.describe() + ": a text is expected.");
            }
        }
        return texts;
    }

    private static void count(Members members, String name, long least, LongConsumer setter) {
        Long count = members.integer(name, least, MAX_COUNT);
        if (count != null) {
            setter.accept(count);
        }
    }

    private static void text(Members members, String name, Function<String, Action.Builder> setter) {
        parsed(members, name, "a text", setter);
    }

    private static void parsed(Members members, String name, String expected, Function<String, Action.Builder> setter) {
        Action.Builder unused = members.parsed(name, expected, setter);
    }

    private static BigDecimal decimal(String text) {
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(
                    "'" + Texts.shorten(text, 60) + "' is no number. Write digits, such as 0.7.", malformed);
        }
    }

    /** Sets one label. */
    @FunctionalInterface
    private interface Label {
        Action.Builder set(String name, String value);
    }
}
