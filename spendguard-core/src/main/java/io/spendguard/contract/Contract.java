package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
    private final Mode mode;
    private final ModelCatalogue catalogue;
    private final List<Budget> budgets;
    private final List<Rule> rules;
    private final Effect defaultEffect;
    private final Evaluator evaluator;
    private final JsonObject canonical;
    private final Digest digest;
    private final List<Finding> warnings;
    private final List<AliasUse> aliases;

    /** A degrade's model alias, and what to report when nobody knows it. */
    record AliasUse(ModelAlias alias, Finding unknown) {}

    Contract(
            ContractSpec spec,
            String name,
            List<Rule> rules,
            Evaluator evaluator,
            List<AliasUse> aliases,
            List<Finding> warnings) {
        this.name = name;
        this.tenant = spec.tenant();
        this.version = spec.version();
        this.mode = spec.mode();
        this.catalogue = spec.models();
        this.budgets = spec.budgets();
        this.rules = List.copyOf(rules);
        this.defaultEffect = spec.defaultEffect();
        this.evaluator = evaluator;
        this.canonical = CanonicalContract.of(spec, name, rules);
        this.digest = Digest.sha256(canonical.toCanonicalBytes());
        this.warnings = List.copyOf(warnings);
        this.aliases = List.copyOf(aliases);
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
        return ContractLoader.parse(source, name);
    }

    /** The contract's name. */
    public String name() {
        return name;
    }

    /** The tenant of actions that name none. */
    public Optional<String> tenant() {
        return Optional.ofNullable(tenant);
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

    /** The rules, highest priority first; those of one priority as written. */
    public List<Rule> rules() {
        return rules;
    }

    /** The answer when no rule matches. */
    public Effect defaultEffect() {
        return defaultEffect;
    }

    /** The models the contract itself names. */
    public ModelCatalogue catalogue() {
        return catalogue;
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

    /** Name, version and digest. */
    @Override
    public String toString() {
        return "Contract[" + name + (version == null ? "" : " " + version) + ", " + digest + "]";
    }

    private List<Finding> unknownAliases(ModelCatalogue known) {
        ModelCatalogue all = catalogue.or(known);
        return aliases.stream()
                .filter(use -> all.resolve(use.alias()).isEmpty())
                .map(AliasUse::unknown)
                .toList();
    }
}
