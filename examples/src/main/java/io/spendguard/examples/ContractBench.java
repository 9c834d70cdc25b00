package io.spendguard.examples;

import io.spendguard.contract.Contract;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What a contract's evaluation takes, by JMH in JVMs of its own taken in turn, and what its first load does. */
final class ContractBench implements Bench {
    private static final int ROUNDS = 3;
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    @Override
    public String name() {
        return "contract";
    }

    @Override
    public void run(BenchReport report) throws Exception {
        // Before anything else, since it is about the first load in this JVM.
        long start = System.nanoTime();
        Contract.parse(EvaluationBenchmark.source(200), "bench.yaml");
        double coldMillis = (System.nanoTime() - start) / 1e6;

        double[] evaluation = new double[ROUNDS];
        double[] bare = new double[ROUNDS];
        double[] bytes = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            RunResult contract = measured("contract");
            evaluation[round] = contract.getPrimaryResult().getScore();
            bytes[round] = Objects.requireNonNull(contract.getSecondaryResults().get(ALLOCATED), ALLOCATED)
                    .getScore();
            bare[round] = measured("bareCel").getPrimaryResult().getScore();
        }
        report.conditions("20 rules, 5 budgets, one thread");
        report.figureBelow("evaluation", median(evaluation) / 1_000, 15, "µs");
        report.figureBelow("allocated by an evaluation", median(bytes), 4_096, "bytes");
        report.ratioAtMost("evaluation to the bare CEL programs", median(evaluation) / median(bare), 3);
        report.figureBelow("first load in a new JVM, 200 rules", coldMillis, 2_000, "ms");
    }

    private static RunResult measured(String method) throws RunnerException {
        return new Runner(new OptionsBuilder()
                        .include(Pattern.quote(EvaluationBenchmark.class.getName() + "." + method) + "$")
                        .forks(1)
                        .warmupIterations(4)
                        .warmupTime(TimeValue.seconds(1))
                        .measurementIterations(4)
                        .measurementTime(TimeValue.seconds(1))
                        .addProfiler(GCProfiler.class)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .runSingle();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
