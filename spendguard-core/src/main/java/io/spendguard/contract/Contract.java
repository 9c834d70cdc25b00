package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A checked and compiled contract: budgets, and rules over them. Immutable; safe for any number of threads.
 *
 * <p>Loading is strict and reports every fault at once; evaluating is pure and never throws.
 */
public final class Contract {
    private final String name;
    private final @Nullable String tenant;
    private final @Nullable String version;
    private final @Nullable Long revision;
    private final Mode mode;
    private final Models models;
    private final List<Budget> budgets;
    private final Evaluator evaluator;
    private final List<CompiledRule> compiledRules;
    private final List<Rule> rules;
    private final Effect defaultEffect;
    private final boolean asksForApproval;
    private final OnExpiry onExpiry;
    private final Requirements requirements;
    private final JsonObject canonical;
    private final Digest digest;
    private final List<Finding> warnings;
    private final List<AliasUse> aliases;

    /** A degrade's model alias, and what to report when nobody knows it or its model has no price. */
    record AliasUse(ModelAlias alias, Finding unknown, Finding unpriced) {}

    /** A document's contract; with a base, that one's and the document's together. */
    Contract(
            ContractSpec spec,
            @Nullable Contract base,
            List<Budget> budgets,
            Models models,
            Layer layer,
            List<AliasUse> aliases,
            List<Finding> warnings) {
        String own = String.valueOf(spec.name());
        List<Layer> layers = new ArrayList<>(base == null ? List.of() : base.evaluator.layers());
        layers.add(layer);
        this.name = base == null ? own : base.name + "/" + own;
        this.tenant = spec.tenant() == null && base != null ? base.tenant : spec.tenant();
        this.revision = sum(base == null ? null : base.revision, spec.revision());
        this.version = spec.version() == null && base != null ? base.version : spec.version();
        this.mode = spec.mode();
        this.models = models;
        this.budgets = List.copyOf(budgets);
        this.evaluator = new Evaluator(layers, models);
        this.onExpiry = spec.policies().onExpiry();
        this.requirements = spec.policies().requires();
        this.compiledRules = layers.stream().flatMap(l -> l.all().stream()).toList();
        this.rules = byPriority(compiledRules);
        this.defaultEffect = layers.stream().map(Layer::unmatched).reduce(Effect.CONTINUE, Effect::strictest);
        this.asksForApproval = layers.stream().map(Layer::unmatched).anyMatch(Effect.REQUIRE_APPROVAL::equals)
                || compiledRules.stream().map(CompiledRule::rule).anyMatch(Contract::asks);
        JsonObject document = CanonicalContract.of(
                spec, own, layer.all().stream().map(CompiledRule::rule).toList());
        this.canonical = base == null ? document : CanonicalContract.layered(base.canonical, document);
        this.digest = Digest.sha256(canonical.toCanonicalBytes());
        this.warnings = both(base == null ? List.of() : base.warnings, warnings);
        this.aliases = both(base == null ? List.of() : base.aliases, aliases);
    }

    /**
     * Reads, checks and compiles a file. Blocks while it reads.
     *
     * @param file UTF-8 text of at most one mebibyte
     * @throws ContractException with every fault, or when the file cannot be read
     */
    public static Contract load(Path file) {
        return ContractLoader.load(file);
    }

    /**
     * Checks and compiles a document.
     *
     * @param source the document's text, at most one mebibyte in UTF-8
     * @param name what findings call it
     * @throws ContractException with every fault
     */
    public static Contract parse(String source, String name) {
        return ContractLoader.parse(source, name, null);
    }

    /**
     * Reads, checks and compiles a contract and a layer below it, such as an organisation's and one tenant's. Blocks
     * while it reads.
     *
     * @throws ContractException with every fault of the first file that has any
     * @see #withLayer
     */
    public static Contract load(Path base, Path layer) {
        return ContractLoader.load(layer, load(base));
    }

    /**
     * This contract with a layer below it, which can only tighten: every budget and every rule of both counts, and so
     * does each one's default where none of its own rules matches. The layer's rules may name this contract's budgets
     * and aliases; it may not declare an id again, and not go back to shadow mode.
     *
     * @param source the layer's text, at most one mebibyte in UTF-8
     * @param name what findings call it
     * @throws ContractException with every fault of the layer
     */
    public Contract withLayer(String source, String name) {
        return ContractLoader.parse(source, name, this);
    }

    /**
     * The language as a JSON Schema (draft 2020-12), for editors: members, their forms and what is required. What it cannot
     * say, such as names in conditions, loading checks.
     */
    public static String schema() {
        return ContractLoader.schema();
    }

    /** The contract's name. */
    public String name() {
        return name;
    }

    /** The tenant of actions that name none. */
    public Optional<String> tenant() {
        return Optional.ofNullable(tenant);
    }

    /**
     * Which of the contracts given to one tenant is newer: limits set by a higher revision stay, whoever starts with a lower one
     * afterwards. Of a contract with layers, the sum of theirs. Empty when the contract gives none, which is lower than any.
     */
    public OptionalLong revision() {
        return revision == null ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    private static @Nullable Long sum(@Nullable Long base, @Nullable Long own) {
        return base == null ? own : own == null ? base : Long.valueOf(base + own);
    }

    /** The version as written; empty when the contract gives none. */
    public Optional<String> version() {
        return Optional.ofNullable(version);
    }

    /** Whether decisions bind. */
    public Mode mode() {
        return mode;
    }

    /** The budgets, in order of id. */
    public List<Budget> budgets() {
        return budgets;
    }

    /** The rules of all layers, highest priority first; those of one priority as written, a lower layer's last. */
    public List<Rule> rules() {
        return rules;
    }

    /** The answer when no rule matches: the strictest of all layers. */
    public Effect defaultEffect() {
        return defaultEffect;
    }

    /** What becomes of holds that nobody settles. */
    public OnExpiry onExpiry() {
        return onExpiry;
    }

    /** The models the contract itself names. */
    public ModelCatalogue catalogue() {
        return models.catalogue();
    }

    /** Members that were accepted and have no effect here, and other things an author should know. */
    public List<Finding> warnings() {
        return warnings;
    }

    /** What the contract means, in canonical JSON: comments, order of keys and quoting do not change it. */
    public JsonObject canonical() {
        return canonical;
    }

    /** SHA-256 of {@link #canonical()}: names this contract in every decision. */
    public Digest digest() {
        return digest;
    }

    /**
     * Checks what the contract needs of a catalogue.
     *
     * @param known the aliases known beside the contract's own
     * @return faults that forbid enforcing the contract; empty in shadow mode, where nothing is applied
     */
    public List<Finding> check(ModelCatalogue known) {
        return mode == Mode.ENFORCE ? unknownAliases(known) : List.of();
    }

    /**
     * Checks what the contract needs of a catalogue and of a price book: see {@link #check(ModelCatalogue)}; and where
     * money is budgeted, a degrade to a model without a price would stop every call it was to save.
     *
     * @param isPriced tells whether the price book has a price for a model
     */
    public List<Finding> check(ModelCatalogue known, Predicate<ModelRef> isPriced) {
        List<Finding> faults = new ArrayList<>(check(known));
        if (mode == Mode.ENFORCE
                && budgets.stream().anyMatch(b -> b.limit().unit().isMoney())) {
            ModelCatalogue all = catalogue().or(known);
            aliases.stream()
                    .filter(use -> all.candidates().getOrDefault(use.alias(), List.of()).stream()
                            .anyMatch(candidate -> !isPriced.test(candidate.model())))
                    .map(AliasUse::unpriced)
                    .forEach(faults::add);
        }
        return List.copyOf(faults);
    }

    /** What the contract requires of who enforces it. */
    public Requirements requirements() {
        return requirements;
    }

    /**
     * Checks what the contract requires of who enforces it.
     *
     * @return faults that forbid enforcing the contract there; empty in shadow mode, where nothing is applied
     */
    public List<Finding> check(LedgerStrength ledger, EnforcementStrength enforcement) {
        return mode == Mode.ENFORCE ? requirements.missing(name, ledger, enforcement) : List.of();
    }

    /** {@link #warnings()} and, in shadow mode, what {@link #check} would report in enforce mode. */
    public List<Finding> warnings(ModelCatalogue known) {
        List<Finding> all = new ArrayList<>(warnings);
        if (mode == Mode.SHADOW) {
            all.addAll(unknownAliases(known));
        }
        return List.copyOf(all);
    }

    /**
     * Tells whether a decision on that kind of action must see locked rows: because a rule reads balances or run state, or a
     * budget reports the crossing of a share of its limit or blocks while it owes.
     */
    public boolean readsLedger(ActionKind kind) {
        return budgets.stream().anyMatch(Budget::readsLedger)
                || evaluator.rules(kind).stream().anyMatch(CompiledRule::readsLedger);
    }

    /**
     * What means something else in this contract than in another one: empty exactly when their digests are equal.
     *
     * @param before the other contract
     */
    public List<ContractChange> changesSince(Contract before) {
        return ContractComparison.of(before, this);
    }

    /** Tells whether some rule looks for repeats, so that runs must remember what was allowed in them. */
    public boolean readsRepeats() {
        return compiledRules.stream().anyMatch(CompiledRule::repeatsRead);
    }

    private static boolean asks(Rule rule) {
        return rule.effect() == Effect.REQUIRE_APPROVAL || rule.projection() == RunProjectionAction.REQUIRE_APPROVAL;
    }

    /** Tells whether something in it asks for an approval; that a rule which fails may do so is not meant. */
    public boolean asksForApproval() {
        return asksForApproval;
    }

    /** The budgets whose balances some rule reads, sorted. */
    public Set<String> budgetsRead() {
        Set<String> ids = new TreeSet<>();
        Arrays.stream(ActionKind.values()).forEach(kind -> ids.addAll(budgetsRead(kind)));
        return ids;
    }

    /** The budgets whose balances rules for that kind of action read, sorted. */
    public Set<String> budgetsRead(ActionKind kind) {
        Set<String> ids = new TreeSet<>();
        evaluator.rules(kind).forEach(rule -> ids.addAll(rule.budgetsRead()));
        return ids;
    }

    /**
     * Evaluates every rule that applies to the action. Pure; does not block; a rule that cannot be evaluated answers
     * REQUIRE_APPROVAL with EVALUATION_ERROR and never throws.
     */
    public Evaluation evaluate(EvaluationInput input) {
        return evaluator.evaluate(input);
    }

    /**
     * Tells what {@link #evaluate} made of every rule, and of which values: for people who write contracts. Shows the
     * action's values as they are, personal ones too. Pure; slower than an evaluation by far.
     *
     * @return one explanation for each rule, the highest layer's first and by priority
     */
    public List<RuleExplanation> explain(EvaluationInput input) {
        return evaluator.explain(input);
    }

    /** Name, version and digest. */
    @Override
    public String toString() {
        return "Contract[" + name + (version == null ? "" : " " + version) + ", " + digest + "]";
    }

    private List<Finding> unknownAliases(ModelCatalogue known) {
        ModelCatalogue all = catalogue().or(known);
        return aliases.stream()
                .filter(use -> all.resolve(use.alias()).isEmpty())
                .map(AliasUse::unknown)
                .toList();
    }

    Models models() {
        return models;
    }

    /** Every layer's rules, the highest layer's first. */
    List<CompiledRule> compiledRules() {
        return compiledRules;
    }

    private static List<Rule> byPriority(List<CompiledRule> compiled) {
        List<Rule> rules = new ArrayList<>();
        compiled.forEach(rule -> rules.add(rule.rule()));
        rules.sort(Comparator.comparingInt(Rule::priority).reversed());
        return List.copyOf(rules);
    }

    private static <T> List<T> both(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }
}
