package io.spendguard.examples;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.spendguard.contract.BudgetBalance;
import io.spendguard.contract.Contract;
import io.spendguard.contract.EvaluationInput;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Evaluating a contract of 20 rules and 5 budgets none of whose rules matches, beside the same conditions as bare CEL. */
final class ContractBench implements Bench {
    private static final int ROUNDS = 9;
    private static final int EVALUATIONS = 20_000;
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

    @Override
    public String name() {
        return "contract";
    }

    @Override
    public void run(BenchReport report) throws Exception {
        long start = System.nanoTime();
        Contract.parse(source(200), "bench.yaml");
        double coldMillis = (System.nanoTime() - start) / 1e6;

        Contract contract = Contract.parse(source(20), "bench.yaml");
        List<CelRuntime.Program> programs = programs(20);
        EvaluationInput input = new Input();
        if (contract.evaluate(input).effect() != Effect.CONTINUE) {
            throw new IllegalStateException("A rule matched: what is measured is the contract in which none does.");
        }
        double[] evaluation = new double[ROUNDS];
        double[] bare = new double[ROUNDS];
        double[] bytes = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long before = allocated();
            evaluation[round] = nanosEach(() -> contract.evaluate(input));
            bytes[round] = (allocated() - before) / (double) EVALUATIONS;
            bare[round] = nanosEach(() -> evaluate(programs));
        }
        report.conditions("20 rules, 5 budgets, one thread");
        report.figureBelow("evaluation", median(evaluation) / 1_000, 15, "µs");
        report.figureBelow("allocated by an evaluation", median(bytes), 4_096, "bytes");
        report.ratioAtMost("evaluation to the bare CEL programs", median(evaluation) / median(bare), 3);
        report.figureBelow("first load in a new JVM, 200 rules", coldMillis, 2_000, "ms");
    }

    private static String source(int rules) {
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

    private static List<CelRuntime.Program> programs(int rules) throws Exception {
        CelCompilerBuilder builder = CelCompilerFactory.standardCelCompilerBuilder();
        VALUES.forEach((name, value) -> builder.addVar(name, type(value)));
        for (int i = 0; i < BUDGETS; i++) {
            builder.addVar("available" + i, SimpleType.INT);
        }
        CelCompiler compiler = builder.build();
        CelRuntime runtime = CelRuntimeFactory.plannerRuntimeBuilder().build();
        List<CelRuntime.Program> programs = new ArrayList<>();
        for (int i = 0; i < rules; i++) {
            programs.add(runtime.createProgram(compiler.compile(condition(i, 1)).getAst()));
        }
        return programs;
    }

    private static CelType type(Object value) {
        return value instanceof Long ? SimpleType.INT : SimpleType.STRING;
    }

    private static int evaluate(List<CelRuntime.Program> programs) {
        int matched = 0;
        try {
            for (CelRuntime.Program program : programs) {
                Object answer = program.eval(name -> Optional.of(VALUES.getOrDefault(name, 998_000_000_000L)));
                matched += answer.equals(true) ? 1 : 0;
            }
        } catch (Exception failure) {
            throw new IllegalStateException("A condition failed as bare CEL: " + failure.getMessage(), failure);
        }
        return matched;
    }

    private static double nanosEach(Supplier<Object> work) {
        int seen = 0;
        long start = System.nanoTime();
        for (int i = 0; i < EVALUATIONS; i++) {
            seen += work.get().hashCode() & 1;
        }
        long nanos = System.nanoTime() - start;
        if (seen > EVALUATIONS) {
            throw new IllegalStateException("More was counted than was done.");
        }
        return nanos / (double) EVALUATIONS;
    }

    private static long allocated() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getCurrentThreadAllocatedBytes();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
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
