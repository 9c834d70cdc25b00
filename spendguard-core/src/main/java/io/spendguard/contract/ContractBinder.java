package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Entry;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.Effect;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Reads a document's nodes as a contract. Goes on after every fault, so that all of them are found at once. */
final class ContractBinder {
    private static final int MAX_BUDGETS = 500;
    private static final int MAX_RULES = 500;

    private final Findings findings;
    private ApiVersion apiVersion = ApiVersion.V1;

    private ContractBinder(Findings findings) {
        this.findings = findings;
    }

    /** What the document says, as far as it is right. */
    static ContractSpec bind(YamlNode root, Findings findings) {
        ContractBinder binder = new ContractBinder(findings);
        if (root instanceof Mapping mapping) {
            return binder.document(mapping);
        }
        findings.fault(
                root.position(),
                "",
                "the document is " + root.describe()
                        + ": a contract is a mapping. Start with 'apiVersion: spendguard.ai/v1'.");
        return binder.spec(null, new Metadata(null, null, null, null));
    }

    private ContractSpec document(Mapping root) {
        try (Members document = new Members(root, "", findings)) {
            if (document.required("apiVersion", "Write 'apiVersion: spendguard.ai/v1'.") != null) {
                apiVersion = Objects.requireNonNullElse(
                        document.choice("apiVersion", List.of(ApiVersion.values()), ApiVersion::text), ApiVersion.V1);
            }
            document.choice("kind", List.of("Contract"), kind -> kind);
            Metadata metadata = metadata(document);
            document.required("spec", "Write 'spec:' with budgets and rules.");
            return spec(document.mapping("spec"), metadata);
        }
    }

    private Metadata metadata(Members document) {
        document.required("metadata", "Write 'metadata: {name: ...}'.");
        Mapping mapping = document.mapping("metadata");
        if (mapping == null) {
            return new Metadata(null, null, null, null);
        }
        try (Members members = new Members(mapping, "metadata", findings)) {
            members.required("name", "Name the contract: decisions and evidence refer to it.");
            return new Metadata(
                    members.text("name"), members.text("tenant"), members.text("version"), members.text("owner"));
        }
    }

    private ContractSpec spec(@Nullable Mapping mapping, Metadata metadata) {
        if (mapping == null) {
            return metadata.with(Mode.ENFORCE, ModelCatalogue.EMPTY, List.of(), Set.of(), List.of(), Effect.CONTINUE);
        }
        try (Members spec = new Members(mapping, "spec", findings)) {
            Mode mode =
                    spec.choice("mode", List.of(Mode.values()), m -> m.name().toLowerCase(Locale.ROOT));
            if (apiVersion.isAlpha()) {
                scope(spec);
            }
            ModelCatalogue models = models(spec);
            Map<String, Position> budgetIds = new HashMap<>();
            List<Budget> budgets = budgets(spec, budgetIds);
            List<RuleSpec> rules = rules(spec);
            if (!spec.has("budgets") && !spec.has("rules")) {
                findings.fault(
                        spec.position(),
                        "spec",
                        "neither budgets nor rules: such a contract controls nothing. Add a budget.");
            }
            return metadata.with(
                    mode == null ? Mode.ENFORCE : mode,
                    models,
                    budgets,
                    budgetIds.keySet(),
                    rules,
                    defaultEffect(spec));
        }
    }

    /** The reference scopes contracts by route; a library has no routes, so only "all of them" can be meant. */
    private void scope(Members spec) {
        Mapping scope = spec.mapping("scope");
        if (scope == null) {
            return;
        }
        try (Members members = new Members(scope, "scope", findings)) {
            Mapping routes = members.mapping("routes");
            if (routes == null) {
                return;
            }
            try (Members route = new Members(routes, "scope.routes", findings)) {
                Sequence include = route.sequence("include");
                boolean all = include != null
                        && include.items().size() == 1
                        && include.items().get(0) instanceof Scalar only
                        && only.text().equals("*");
                if (include != null && !all) {
                    route.fault("include", "selects routes, which calls inside a process do not have. Write [\"*\"].");
                }
            }
        }
    }

    private ModelCatalogue models(Members spec) {
        spec.onlyIn(!apiVersion.isAlpha(), "models", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        Mapping mapping = spec.mapping("models");
        ModelCatalogue.Builder catalogue = ModelCatalogue.builder();
        if (mapping != null) {
            for (Entry entry : mapping.entries()) {
                model(entry, catalogue);
            }
        }
        return catalogue.build();
    }

    private void model(Entry entry, ModelCatalogue.Builder catalogue) {
        String path = "models." + Texts.shorten(entry.key().text(), 60);
        if (!(entry.value() instanceof Mapping mapping)) {
            findings.fault(
                    entry.value().position(),
                    path,
                    "is " + entry.value().describe()
                            + ": a model is expected, such as {provider: openai, model: gpt-4o-mini}.");
            return;
        }
        try (Members members = new Members(mapping, path, findings)) {
            members.required("provider", "Name the model's provider.");
            members.required("model", "Name the model as its provider does.");
            String provider = members.text("provider");
            String model = members.text("model");
            try {
                ModelAlias alias = ModelAlias.parse(entry.key().text());
                if (provider != null && model != null) {
                    catalogue.model(alias, new ModelRef(provider, model));
                }
            } catch (IllegalArgumentException refused) {
                findings.fault(entry.key().position(), path, String.valueOf(refused.getMessage()));
            }
        }
    }

    private List<Budget> budgets(Members spec, Map<String, Position> ids) {
        BudgetBinder binder = new BudgetBinder(apiVersion, findings);
        List<Budget> budgets = new ArrayList<>();
        each(
                spec,
                "budgets",
                MAX_BUDGETS,
                (members, path) -> {
                    distinct(members, ids);
                    return binder.bind(members);
                },
                budgets);
        binder.checkParents(budgets, ids.keySet());
        budgets.sort(Comparator.comparing(Budget::id));
        return budgets;
    }

    private List<RuleSpec> rules(Members spec) {
        RuleBinder binder = new RuleBinder(apiVersion, findings);
        List<RuleSpec> rules = new ArrayList<>();
        Map<String, Position> ids = new HashMap<>();
        each(
                spec,
                "rules",
                MAX_RULES,
                (members, path) -> {
                    distinct(members, ids);
                    return binder.bind(members);
                },
                rules);
        return rules;
    }

    private <T> void each(
            Members spec, String name, int most, BiFunction<Members, String, @Nullable T> bind, List<T> into) {
        Sequence sequence = spec.sequence(name);
        if (sequence == null) {
            return;
        }
        if (sequence.items().size() > most) {
            spec.fault(
                    name,
                    "has " + sequence.items().size() + " entries: at most " + most
                            + " are allowed. Split the contract.");
            return;
        }
        for (int i = 0; i < sequence.items().size(); i++) {
            String path = name + "[" + i + "]";
            YamlNode item = sequence.items().get(i);
            if (!(item instanceof Mapping mapping)) {
                findings.fault(item.position(), path, "is " + item.describe() + ": a mapping with an id is expected.");
                continue;
            }
            try (Members members = new Members(mapping, path, findings)) {
                T bound = bind.apply(members, path);
                if (bound != null) {
                    into.add(bound);
                }
            }
        }
    }

    private void distinct(Members members, Map<String, Position> ids) {
        if (members.node("id") instanceof Scalar id && !id.isNull()) {
            Position before = ids.putIfAbsent(id.text(), id.position());
            if (before != null) {
                members.fault(
                        "id",
                        "'" + Texts.shorten(id.text(), 60) + "' stands here a second time, first in line "
                                + before.line() + ". Choose another id.");
            }
        }
    }

    private Effect defaultEffect(Members spec) {
        Mapping mapping = spec.mapping("defaults");
        if (mapping == null) {
            return Effect.CONTINUE;
        }
        try (Members defaults = new Members(mapping, "defaults", findings)) {
            List<Effect> allowed = List.of(Effect.CONTINUE, Effect.SKIP, Effect.REQUIRE_APPROVAL, Effect.STOP);
            Effect effect = defaults.choice("decision", allowed, RuleBinder::effectName);
            return effect == null ? Effect.CONTINUE : effect;
        }
    }

    private record Metadata(
            @Nullable String name,
            @Nullable String tenant,
            @Nullable String version,
            @Nullable String owner) {
        ContractSpec with(
                Mode mode,
                ModelCatalogue models,
                List<Budget> budgets,
                Set<String> declaredBudgets,
                List<RuleSpec> rules,
                Effect defaultEffect) {
            return new ContractSpec(
                    name,
                    tenant,
                    version,
                    owner,
                    mode,
                    models,
                    List.copyOf(budgets),
                    Set.copyOf(declaredBudgets),
                    List.copyOf(rules),
                    defaultEffect);
        }
    }
}
