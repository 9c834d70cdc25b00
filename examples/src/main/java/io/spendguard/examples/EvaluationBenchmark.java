package io.spendguard.examples;

import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.spendguard.contract.BudgetBalance;
import io.spendguard.contract.Contract;
import io.spendguard.contract.Evaluation;
import io.spendguard.contract.EvaluationInput;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Evaluating a contract of 20 rules and 5 budgets none of whose rules matches, beside the same conditions as bare CEL. Run by
 * {@link ContractBench}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EvaluationBenchmark {
    private static final int RULES = 20;
    private static final int BUDGETS = 5;

    /** Each as a condition of the contract and as plain CEL; {@code %1$d} is a budget, {@code %2$d} the rule. */
    private static final List<String[]> CONDITIONS = List.of(
            new String[] {"budget(\"b%1$d\").available < money(\"%2$d.00\", \"USD\")", "available%1$d < %2$d000000000"},
            new String[] {
                "action.model == \"m%2$d\" && estimate.cost > money(\"1.00\", \"USD\")",
                "model == \"m%2$d\" && cost > 1000000000"
            },
            new String[] {"run.steps > %2$d00 && action.inputTokens > 5000", "steps > %2$d00 && input > 5000"},
            new String[] {
                "action.maxOutputTokens > 9%2$d000 || action.agent == \"a%2$d\"",
                "output > 9%2$d000 || agent == \"a%2$d\""
            },
            new String[] {"action.user.startsWith(\"x%2$d\")", "user.startsWith(\"x%2$d\")"});

    private static final Map<String, Object> VALUES = Map.of(
            "model",
            "gpt-4o",
            "agent",
            "planner",
            "user",
            "anna",
            "cost",
            10_000_000L,
            "steps",
            3L,
            "input",
            10L,
            "output",
            10L);

    private final Contract contract = Contract.parse(source(RULES), "bench.yaml");
    private final List<CelRuntime.Program> programs = programs();
    private final EvaluationInput input = new Input();

    /** Compiles both. */
    public EvaluationBenchmark() {
        if (contract.evaluate(input).effect() != Effect.CONTINUE) {
            throw new IllegalStateException("A rule matched: what is measured is the contract in which none does.");
        }
    }

    /** All that {@code Guard.decide} asks of a contract. */
    @Benchmark
    public Evaluation contract() {
        return contract.evaluate(input);
    }

    /** The conditions alone: no reasons, no merging, no action to be read. */
    @Benchmark
    public int bareCel() throws CelEvaluationException {
        int matched = 0;
        for (CelRuntime.Program program : programs) {
            Object answer = program.eval(name -> Optional.of(VALUES.getOrDefault(name, 998_000_000_000L)));
            matched += answer.equals(true) ? 1 : 0;
        }
        return matched;
    }

    static String source(int rules) {
        StringBuilder source =
                new StringBuilder("apiVersion: spendguard.ai/v1\nmetadata: {name: bench}\nspec:\n  budgets:\n");
        for (int i = 0; i < BUDGETS; i++) {
            source.append("    - {id: b").append(i);
            source.append(", limit: 1000.00 USD, window: {type: calendar_day, timezone: UTC}}\n");
        }
        source.append("  rules:\n");
        for (int i = 0; i < rules; i++) {
            source.append("    - {id: r").append(i).append(", effect: stop, reasonCode: R, when: '");
            source.append(condition(i, 0)).append("'}\n");
        }
        return source.toString();
    }

    private static String condition(int rule, int form) {
        return String.format(Locale.ROOT, CONDITIONS.get(rule % CONDITIONS.size())[form], rule % BUDGETS, rule + 1);
    }

    private static List<CelRuntime.Program> programs() {
        CelCompilerBuilder builder = CelCompilerFactory.standardCelCompilerBuilder();
        VALUES.forEach((name, value) -> builder.addVar(name, type(value)));
        for (int i = 0; i < BUDGETS; i++) {
            builder.addVar("available" + i, SimpleType.INT);
        }
        CelCompiler compiler = builder.build();
        CelRuntime runtime = CelRuntimeFactory.plannerRuntimeBuilder().build();
        List<CelRuntime.Program> programs = new ArrayList<>();
        for (int i = 0; i < RULES; i++) {
            String condition = condition(i, 1);
            try {
                programs.add(runtime.createProgram(compiler.compile(condition).getAst()));
            } catch (CelValidationException | CelEvaluationException broken) {
                throw new IllegalStateException("Condition '" + condition + "' is no CEL: correct it.", broken);
            }
        }
        return programs;
    }

    private static CelType type(Object value) {
        return value instanceof Long ? SimpleType.INT : SimpleType.STRING;
    }

    /** A call of a few tokens in a young run, with nearly all of each budget left. */
    private static final class Input implements EvaluationInput {
        private final Action action = Action.llmCall("openai", "gpt-4o")
                .run("r")
                .user("anna")
                .agent("planner")
                .inputTokens(10)
                .maxOutputTokens(10)
                .build();

        private final Instant now = Instant.parse("2026-11-23T10:00:00Z");
        private final List<Amount> estimate = List.of(Amount.parse("0.01 USD"));
        private final BudgetBalance balance = new BudgetBalance(
                Amount.parse("1000.00 USD"),
                Amount.parse("1.00 USD"),
                Amount.parse("1.00 USD"),
                Amount.parse("998.00 USD"));

        @Override
        public Action action() {
            return action;
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public List<Amount> estimate() {
            return estimate;
        }

        @Override
        public BudgetBalance budget(String id) {
            return balance;
        }

        @Override
        public long runSteps() {
            return 3;
        }

        @Override
        public long runRepeats() {
            return 0;
        }
    }
}
