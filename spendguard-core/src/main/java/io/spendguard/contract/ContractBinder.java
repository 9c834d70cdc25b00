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
    /** Room for dates and build numbers, and for the sum of two. */
    private static final long MAX_REVISION = 1_000_000_000_000L;

    private static final int MAX_BUDGETS = 500;
    private static final int MAX_RULES = 500;

    private final Findings findings;
    private final @Nullable Contract base;
    private ApiVersion apiVersion = ApiVersion.V1;

    private ContractBinder(Findings findings, @Nullable Contract base) {
        this.findings = findings;
        this.base = base;
    }

    /**
     * What the document says, as far as it is right.
     *
     * @param base the contract the document is a layer of, or null
     */
    static ContractSpec bind(YamlNode root, Findings findings, @Nullable Contract base) {
        ContractBinder binder = new ContractBinder(findings, base);
        if (root instanceof Mapping mapping) {
            return binder.document(mapping);
        }
        findings.fault(
                root.position(),
                "",
                "the document is " + root.describe()
                        + ": a contract is a mapping. Start with 'apiVersion: spendguard.ai/v1'.");
        return binder.spec(null, new Metadata(null, null, null, null, null));
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
            return new Metadata(null, null, null, null, null);
        }
        try (Members members = new Members(mapping, "metadata", findings)) {
            members.required("name", "Name the contract: decisions and evidence refer to it.");
            return new Metadata(
                    members.text("name"),
                    members.text("tenant"),
                    members.text("version"),
                    members.text("owner"),
                    members.integer("revision", 1, MAX_REVISION));
        }
    }

    private ContractSpec spec(@Nullable Mapping mapping, Metadata metadata) {
        if (mapping == null) {
            return metadata.with(
                    Mode.ENFORCE,
                    ModelCatalogue.EMPTY,
                    List.of(),
                    Set.of(),
                    List.of(),
                    Effect.CONTINUE,
                    Policies.DEFAULT);
        }
        try (Members spec = new Members(mapping, "spec", findings)) {
            Mode mode =
                    spec.choice("mode", List.of(Mode.values()), m -> m.name().toLowerCase(Locale.ROOT));
            if (base != null && base.mode() == Mode.ENFORCE && mode == Mode.SHADOW) {
                spec.fault(
                        "mode",
                        "is shadow, but contract '" + base.name()
                                + "' above is enforced: a layer only tightens. Remove it.");
            }
            if (apiVersion.isAlpha()) {
                scope(spec);
            }
            ModelCatalogue models = models(spec);
            Map<String, Position> budgetIds = new HashMap<>();
            List<Budget> budgets = budgets(spec, budgetIds);
            Defaults defaults = defaults(spec);
            Policies policies = policies(spec, defaults.onError);
            List<RuleSpec> rules = rules(spec, policies);
            if (!spec.has("budgets") && !spec.has("rules")) {
                findings.fault(
                        spec.position(),
                        "spec",
                        "neither budgets nor rules: such a contract controls nothing. Add a budget.");
            }
            return metadata.with(
                    mode == null ? base == null ? Mode.ENFORCE : base.mode() : mode,
                    models,
                    budgets,
                    budgetIds.keySet(),
                    rules,
                    defaults.decision,
                    policies);
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
        ModelBinder binder = new ModelBinder(findings);
        try (Members members = new Members(mapping, path, findings)) {
            String compatibilityClass = members.id("class");
            List<ModelProfile> candidates =
                    members.has("candidates") ? candidates(members, binder) : single(binder.bind(members));
            try {
                ModelAlias alias = ModelAlias.parse(entry.key().text());
                if (!candidates.isEmpty() && isTakenAbove(alias, candidates)) {
                    findings.fault(
                            entry.key().position(),
                            path,
                            "'" + alias + "' stands for another model in the contract above: a layer changes nothing."
                                    + " Choose another alias.");
                } else if (!candidates.isEmpty()) {
                    catalogue.candidates(alias, compatibilityClass, candidates);
                }
            } catch (IllegalArgumentException refused) {
                findings.fault(entry.key().position(), path, String.valueOf(refused.getMessage()));
            }
        }
    }

    private boolean isTakenAbove(ModelAlias alias, List<ModelProfile> candidates) {
        List<ModelProfile> above =
                base == null ? null : base.catalogue().candidates().get(alias);
        return above != null && !above.equals(candidates);
    }

    private static List<ModelProfile> single(@Nullable ModelProfile profile) {
        return profile == null ? List.of() : List.of(profile);
    }

    private List<ModelProfile> candidates(Members members, ModelBinder binder) {
        List<ModelProfile> candidates = new ArrayList<>();
        Sequence sequence = members.sequence("candidates");
        if (sequence != null && sequence.items().isEmpty()) {
            members.fault("candidates", "is an empty list: an alias stands for one model at least. Name it.");
        }
        for (int i = 0; sequence != null && i < sequence.items().size(); i++) {
            String path = members.path("candidates") + "[" + i + "]";
            if (!(sequence.items().get(i) instanceof Mapping mapping)) {
                findings.fault(
                        sequence.items().get(i).position(),
                        path,
                        "is " + sequence.items().get(i).describe()
                                + ": a model is expected, such as {provider: openai, model: gpt-4o-mini}.");
                continue;
            }
            try (Members candidate = new Members(mapping, path, findings)) {
                ModelProfile profile = binder.bind(candidate);
                if (profile != null) {
                    candidates.add(profile);
                }
            }
        }
        return candidates;
    }

    private List<Budget> budgets(Members spec, Map<String, Position> ids) {
        BudgetBinder binder = new BudgetBinder(apiVersion, findings);
        List<Budget> budgets = new ArrayList<>();
        each(
                spec,
                "budgets",
                MAX_BUDGETS,
                (members, path) -> {
                    distinct(
                            members,
                            ids,
                            base == null
                                    ? List.of()
                                    : base.budgets().stream().map(Budget::id).toList());
                    return binder.bind(members);
                },
                budgets);
        binder.checkParents(budgets, ids.keySet());
        budgets.sort(Comparator.comparing(Budget::id));
        return budgets;
    }

    private List<RuleSpec> rules(Members spec, Policies policies) {
        RuleBinder binder = new RuleBinder(apiVersion, policies, findings);
        List<RuleSpec> rules = new ArrayList<>();
        Map<String, Position> ids = new HashMap<>();
        each(
                spec,
                "rules",
                MAX_RULES,
                (members, path) -> {
                    distinct(
                            members,
                            ids,
                            base == null
                                    ? List.of()
                                    : base.rules().stream().map(Rule::id).toList());
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

    private void distinct(Members members, Map<String, Position> ids, List<String> above) {
        if (members.node("id") instanceof Scalar id && !id.isNull()) {
            if (above.contains(id.text())) {
                members.fault(
                        "id",
                        "'" + Texts.shorten(id.text(), 60)
                                + "' is in the contract above already: a layer adds to it and changes nothing."
                                + " Choose another id; both count.");
            }
            Position before = ids.putIfAbsent(id.text(), id.position());
            if (before != null) {
                members.fault(
                        "id",
                        "'" + Texts.shorten(id.text(), 60) + "' stands here a second time, first in line "
                                + before.line() + ". Choose another id.");
            }
        }
    }

    private Policies policies(Members spec, Effect onError) {
        PredictionPolicy prediction = null;
        if (apiVersion != ApiVersion.V1ALPHA1) {
            prediction = spec.choice("prediction_policy", List.of(PredictionPolicy.values()), Enum::name);
        } else {
            spec.onlyIn(
                    false, "prediction_policy", "needs apiVersion spendguard.ai/v1alpha2 or later. Change apiVersion.");
        }
        spec.onlyIn(!apiVersion.isAlpha(), "combining", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        Mapping mapping = spec.mapping("combining");
        boolean priorityDecides = false;
        if (mapping != null) {
            try (Members combining = new Members(mapping, "combining", findings)) {
                priorityDecides =
                        "priority".equals(combining.choice("modelAlias", List.of("reject", "priority"), s -> s));
            }
        }
        return new Policies(
                onError,
                prediction == null ? PredictionPolicy.STRICT_CEILING : prediction,
                priorityDecides,
                onExpiry(spec),
                requires(spec));
    }

    private Requirements requires(Members spec) {
        Requirements above = base == null ? Requirements.NONE : base.requirements();
        spec.onlyIn(!apiVersion.isAlpha(), "requires", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        Mapping mapping = spec.mapping("requires");
        if (mapping == null) {
            return above;
        }
        try (Members requires = new Members(mapping, "requires", findings)) {
            LedgerStrength ledger = requires.choice("ledger", List.of(LedgerStrength.values()), LedgerStrength::text);
            EnforcementStrength enforcement =
                    requires.choice("enforcement", List.of(EnforcementStrength.values()), EnforcementStrength::text);
            return above.and(new Requirements(
                    ledger == null ? above.ledger() : ledger, enforcement == null ? above.enforcement() : enforcement));
        }
    }

    private OnExpiry onExpiry(Members spec) {
        spec.onlyIn(!apiVersion.isAlpha(), "onExpiry", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        OnExpiry onExpiry = spec.choice(
                "onExpiry", List.of(OnExpiry.values()), o -> o.name().toLowerCase(Locale.ROOT));
        if (base != null && base.onExpiry() == OnExpiry.COMMIT && onExpiry == OnExpiry.RELEASE) {
            spec.fault(
                    "onExpiry",
                    "is release, but contract '" + base.name()
                            + "' above records what nobody settles as spent: a layer only tightens. Remove it.");
        }
        if (onExpiry != null) {
            return onExpiry;
        }
        return base == null ? OnExpiry.COMMIT : base.onExpiry();
    }

    private Defaults defaults(Members spec) {
        Mapping mapping = spec.mapping("defaults");
        if (mapping == null) {
            return new Defaults(Effect.CONTINUE, Effect.REQUIRE_APPROVAL);
        }
        try (Members defaults = new Members(mapping, "defaults", findings)) {
            List<Effect> allowed = List.of(Effect.CONTINUE, Effect.SKIP, Effect.REQUIRE_APPROVAL, Effect.STOP);
            Effect decision = defaults.choice("decision", allowed, RuleBinder::effectName);
            defaults.onlyIn(!apiVersion.isAlpha(), "onError", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
            Effect onError = defaults.choice("onError", RuleBinder.ON_ERROR, RuleBinder::effectName);
            return new Defaults(
                    decision == null ? Effect.CONTINUE : decision, onError == null ? Effect.REQUIRE_APPROVAL : onError);
        }
    }

    private record Defaults(Effect decision, Effect onError) {}

    private record Metadata(
            @Nullable String name,
            @Nullable String tenant,
            @Nullable String version,
            @Nullable String owner,
            @Nullable Long revision) {
        ContractSpec with(
                Mode mode,
                ModelCatalogue models,
                List<Budget> budgets,
                Set<String> declaredBudgets,
                List<RuleSpec> rules,
                Effect defaultEffect,
                Policies policies) {
            return new ContractSpec(
                    name,
                    tenant,
                    version,
                    owner,
                    revision,
                    mode,
                    models,
                    List.copyOf(budgets),
                    Set.copyOf(declaredBudgets),
                    List.copyOf(rules),
                    defaultEffect,
                    policies);
        }
    }
}
