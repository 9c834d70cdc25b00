package io.spendguard.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** Runs the benchmarks by name: {@code mvn -q -Pbench verify [-Dbench=NAME]}. */
public final class Benches {
    /** Every benchmark there is; the adapters' are in modules of their own. */
    private static final List<String> NAMES =
            List.of("contract", "ledger", "history", "verify", "langchain4j", "spring_ai");

    private static final List<Bench> OWN =
            List.of(new ContractBench(), new LedgerBench(), new HistoryBench(), new VerifyBench());
    private static final Path TABLES = Path.of("..", "docs", "performance.md");

    private static final int MEASURED = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private Benches() {}

    /**
     * Measures and exits: 0 when all was measured, whether goals were met or not; 1 when a benchmark failed; 2 when the
     * argument names none.
     *
     * @param args a benchmark's name, or {@code all}
     */
    public static void main(String[] args) {
        runAndExit(args, OWN);
    }

    /** As {@link #main}, with the benchmarks of one module: it keeps silent when another module's was named. */
    public static void runAndExit(String[] args, List<Bench> own) {
        System.exit(run(args.length == 0 ? "all" : args[0], own, System.out, System.err));
    }

    private static int run(String name, List<Bench> own, PrintStream out, PrintStream err) {
        List<Bench> chosen = own.stream()
                .filter(bench -> name.equals("all") || bench.name().equals(name))
                .toList();
        if (!name.equals("all") && !NAMES.contains(name)) {
            err.println("Benchmark '" + name + "' does not exist: there are " + String.join(", ", NAMES)
                    + ", or all of them. Say -Dbench=NAME.");
            return MISUSED;
        }
        for (Bench bench : chosen) {
            BenchReport report = new BenchReport(bench.name(), out);
            try {
                bench.run(report);
                report.writeTo(TABLES);
            } catch (IOException e) {
                err.println("Table of benchmark '" + bench.name() + "' cannot be written to " + TABLES + ": " + e);
                return FAILED;
            } catch (Exception e) {
                err.println("Benchmark '" + bench.name() + "' failed: " + e);
                e.printStackTrace(err);
                return FAILED;
            }
        }
        return MEASURED;
    }
}
