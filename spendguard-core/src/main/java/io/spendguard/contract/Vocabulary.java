package io.spendguard.contract;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import io.spendguard.contract.Variable.Reader;
import io.spendguard.contract.Variable.Reads;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Everything the expressions of one contract can name, with its type and how it is read. Immutable once built. */
final class Vocabulary {
    static final List<String> ROOTS = List.of("action", "labels", "run", "estimate", "now");
    static final List<String> BUDGET_MEMBERS = List.of("limit", "spent", "held", "available", "remaining");

    /** Only in contracts with one money budget for each run. */
    static final List<String> RUN_AMOUNTS = List.of("run.spent", "run.held", "run.projected");

    /** Names in compiled expressions hold a character no source can: nobody writes a variable that is not meant. */
    private static final String PRESENCE = "has ";

    private static final String MICROS = ".amountMicros";
    private static final long NANOS_PER_MICRO = 1_000;

    private final Map<String, Variable> variables = new LinkedHashMap<>();
    private final Map<String, Unit> budgetUnits = new TreeMap<>();
    private final Set<String> faultyBudgets = new TreeSet<>();
    private final Set<Unit> currencies;

    Vocabulary(List<Budget> budgets, Collection<String> declaredBudgets, PredictionPolicy policy) {
        text("action.kind", action -> action.kind().trigger());
        optionalText("action.provider", action -> action.provider().orElse(null));
        optionalText("action.model", action -> action.model().orElse(null));
        optionalText("action.tool", action -> action.tool().orElse(null));
        optionalText("action.tenant", action -> action.tenant().orElse(null));
        optionalText("action.run", action -> action.run().orElse(null));
        optionalText("action.step", action -> action.step().orElse(null));
        optionalText("action.agent", action -> action.agent().orElse(null));
        optionalText("action.user", action -> action.user().orElse(null));
        optional(
                "action.inputTokens",
                SimpleType.INT,
                null,
                Reads.NOTHING,
                input -> boxed(input.action().inputTokens()));
        optional(
                "action.maxOutputTokens",
                SimpleType.INT,
                null,
                Reads.NOTHING,
                input -> boxed(input.action().maxOutputTokens()));
        add(
                "labels",
                MapType.create(SimpleType.STRING, SimpleType.STRING),
                null,
                Reads.NOTHING,
                input -> input.action().labels());
        add("now", SimpleType.TIMESTAMP, null, Reads.NOTHING, EvaluationInput::now);
        optional(
                "run.steps",
                SimpleType.INT,
                null,
                Reads.RUN,
                input -> input.action().run().isPresent() ? (Object) input.runSteps() : null);
        optional(
                "run.repeats",
                SimpleType.INT,
                null,
                Reads.REPEATS,
                input -> input.action().run().isPresent() ? (Object) input.runRepeats() : null);
        optional(
                "run.plannedSteps",
                SimpleType.INT,
                null,
                Reads.NOTHING,
                input -> boxed(input.action().plannedSteps()));
        optional("run.remainingSteps", SimpleType.INT, null, Reads.RUN, RunProjection::remainingSteps);
        tokens("estimate.inputTokens", Usage::inputTokens);
        tokens("estimate.outputTokens", Usage::outputTokens);
        // A poisoned part of an expression: lets the type check go on around a fault that is already reported.
        add(ExpressionRewriter.POISON, SimpleType.DYN, null, Reads.NOTHING, input -> null);

        budgets.forEach(this::budget);
        declaredBudgets.stream().filter(id -> !budgetUnits.containsKey(id)).forEach(faultyBudgets::add);
        currencies = budgetUnits.values().stream().filter(Unit::isMoney).collect(Collectors.toCollection(TreeSet::new));
        if (currencies.size() == 1) {
            estimate(currencies.iterator().next());
            run(budgets, currencies.iterator().next(), policy);
        }
    }

    Collection<Variable> variables() {
        return variables.values();
    }

    /** The variables by name, for evaluation. */
    Map<String, Variable> byName() {
        return new HashMap<>(variables);
    }

    @Nullable
    Variable variable(String name) {
        return variables.get(name);
    }

    /** The variable that tells whether another has a value; null when that one always has. */
    @Nullable
    Variable presence(String name) {
        return variables.get(PRESENCE + name);
    }

    /** The names of fields below a root, such as {@code action.model}. */
    List<String> fields(String root) {
        return variables.keySet().stream()
                .filter(name -> name.startsWith(root + ".") && !name.endsWith(MICROS))
                .toList();
    }

    static String budgetVariable(String id, String member) {
        return "budget " + id + " " + member;
    }

    /** The same amount in millionths, as a plain integer; null for what is not money. */
    @Nullable
    Variable micros(Variable amount) {
        return variables.get(amount.name() + MICROS);
    }

    Set<String> budgetIds() {
        return budgetUnits.keySet();
    }

    /** Tells whether a budget of that id is declared with faults of its own, which are reported already. */
    boolean isFaulty(String budgetId) {
        return faultyBudgets.contains(budgetId);
    }

    /** The currencies of the money budgets. */
    Set<Unit> currencies() {
        return currencies;
    }

    private void budget(Budget budget) {
        Unit unit = budget.limit().unit();
        budgetUnits.put(budget.id(), unit);
        budgetMember(budget.id(), unit, "limit", b -> b.limit(), false);
        budgetMember(budget.id(), unit, "spent", b -> b.spent(), true);
        budgetMember(budget.id(), unit, "held", b -> b.held(), true);
        budgetMember(budget.id(), unit, "available", b -> b.available(), false);
        budgetMember(budget.id(), unit, "remaining", b -> b.available(), false);
    }

    private void budgetMember(
            String id, Unit unit, String member, Function<BudgetBalance, Amount> part, boolean roundUp) {
        String shown = "budget(\"" + id + "\")." + member;
        amount(budgetVariable(id, member), shown, unit, Reads.budget(id), roundUp, input -> {
            BudgetBalance balance = input.budget(id);
            Amount amount = balance == null ? null : part.apply(balance);
            return amount != null && amount.unit().equals(unit) ? amount : null;
        });
    }

    /** What the run took of the one money budget that starts anew with each run. */
    private void run(List<Budget> budgets, Unit currency, PredictionPolicy policy) {
        List<String> perRun = budgets.stream()
                .filter(budget -> budget.window() instanceof WindowSpec.PerRun)
                .filter(budget -> budget.limit().unit().equals(currency))
                .map(Budget::id)
                .toList();
        if (perRun.size() != 1) {
            return;
        }
        String id = perRun.get(0);
        RunProjection projection = new RunProjection(id, currency, policy);
        optionalAmount("run.spent", currency, Reads.budget(id), input -> part(input, id, BudgetBalance::spent));
        optionalAmount("run.held", currency, Reads.budget(id), input -> part(input, id, BudgetBalance::held));
        optionalAmount("run.projected", currency, Reads.budgetAndRun(id), projection::cost);
    }

    private static @Nullable Amount part(EvaluationInput input, String id, Function<BudgetBalance, Amount> part) {
        BudgetBalance balance = input.budget(id);
        return balance == null ? null : part.apply(balance);
    }

    private void optionalAmount(
            String name, Unit unit, Reads reads, Function<EvaluationInput, @Nullable Amount> reader) {
        amount(name, name, unit, reads, true, reader);
        add(PRESENCE + name, SimpleType.BOOL, null, reads, input -> reader.apply(input) != null);
    }

    private void tokens(String name, Function<Usage, OptionalLong> count) {
        optional(name, SimpleType.INT, null, Reads.NOTHING, input -> {
            Usage usage = input.estimatedUsage();
            return usage == null ? null : boxed(count.apply(usage));
        });
    }

    private void estimate(Unit currency) {
        Function<EvaluationInput, @Nullable Amount> cost = input -> {
            for (Amount amount : input.estimate()) {
                if (amount.unit().equals(currency)) {
                    return amount;
                }
            }
            return null;
        };
        amount("estimate.cost", "estimate.cost", currency, Reads.NOTHING, true, cost);
        add(PRESENCE + "estimate.cost", SimpleType.BOOL, null, Reads.NOTHING, input -> cost.apply(input) != null);
    }

    /** An amount as its atoms and, for money, also in millionths: rounded against the spender. */
    private void amount(
            String name,
            String shown,
            Unit unit,
            Reads reads,
            boolean roundUp,
            Function<EvaluationInput, @Nullable Amount> reader) {
        add(name, shown, SimpleType.INT, unit, reads, input -> atoms(reader.apply(input), Amount::atomic));
        if (unit.isMoney()) {
            ToLongFunction<Amount> micros = roundUp ? Vocabulary::microsUp : Vocabulary::microsDown;
            add(name + MICROS, shown, SimpleType.INT, null, reads, input -> atoms(reader.apply(input), micros));
        }
    }

    private static @Nullable Object atoms(@Nullable Amount amount, ToLongFunction<Amount> form) {
        return amount == null ? null : form.applyAsLong(amount);
    }

    private static long microsDown(Amount money) {
        return money.atomic() / NANOS_PER_MICRO;
    }

    private static long microsUp(Amount money) {
        return money.atomic() / NANOS_PER_MICRO + (money.atomic() % NANOS_PER_MICRO == 0 ? 0 : 1);
    }

    private static @Nullable Object boxed(OptionalLong count) {
        return count.isPresent() ? count.getAsLong() : null;
    }

    private void text(String name, Function<Action, String> reader) {
        add(name, SimpleType.STRING, null, Reads.NOTHING, input -> reader.apply(input.action()));
    }

    private void optionalText(String name, Function<Action, @Nullable String> reader) {
        optional(name, SimpleType.STRING, null, Reads.NOTHING, input -> reader.apply(input.action()));
    }

    private void optional(String name, CelType type, @Nullable Unit unit, Reads reads, Reader reader) {
        add(name, type, unit, reads, reader);
        add(PRESENCE + name, SimpleType.BOOL, null, reads, input -> reader.read(input) != null);
    }

    private void add(String name, CelType type, @Nullable Unit unit, Reads reads, Reader reader) {
        add(name, name, type, unit, reads, reader);
    }

    private void add(String name, String shown, CelType type, @Nullable Unit unit, Reads reads, Reader reader) {
        String remedy = shown.startsWith("budget(")
                ? " is unknown: the action has no account of it. For a budget per run, give the action a run."
                : " is absent. Test it first with has(" + shown + ").";
        variables.put(name, new Variable(name, type, unit, reads, reader, shown + remedy));
    }
}
