package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.postgresql.ds.PGSimpleDataSource;

/** A JVM that decides on the hot budget: warms up, says so, waits to be told to go, and says how fast it was. */
final class LedgerBenchProcess {
    /** Enough for the compiler, however many processes share the cores meanwhile. */
    private static final int WARM_UP_DECISIONS = 20_000;

    private static final Duration WARM_UP_ROUND = Duration.ofSeconds(2);
    private static final Duration WARM_UP = Duration.ofMillis(500);
    private static final Duration WINDOW = Duration.ofSeconds(3);

    private LedgerBenchProcess() {}

    /** URL, user, threads. */
    public static void main(String[] args) throws Exception {
        PGSimpleDataSource application = new PGSimpleDataSource();
        application.setUrl(args[0]);
        application.setUser(args[1]);
        application.setPassword(EmbeddedPostgres.PASSWORD);
        int threads = Integer.parseInt(args[2]);
        try (Guard guard = LedgerBench.guard(LedgerBench.hot(), application, Ed25519Signer.generate(), false);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (double decided = 0; decided < WARM_UP_DECISIONS; ) {
                Load.Result round =
                        Load.run(threads, Duration.ZERO, WARM_UP_ROUND, (thread, i) -> LedgerBench.decide(guard, ""));
                decided += round.perSecond() * WARM_UP_ROUND.toSeconds();
            }
            System.out.println("ready");
            while (in.readLine() != null) {
                Load.Result result = Load.run(threads, WARM_UP, WINDOW, (thread, i) -> LedgerBench.decide(guard, ""));
                System.out.printf(Locale.ROOT, "%f %f%n", result.perSecond(), result.p50Millis());
            }
        }
    }

    /** Starts so many, which are warm once this returns, and wait. */
    static Group start(Database database, String user, int processes, int threads) throws IOException {
        Group group = new Group();
        try {
            for (int i = 0; i < processes; i++) {
                group.add(start(database, user, threads));
            }
            for (BufferedReader says : group.says) {
                require("ready", says.readLine());
            }
            return group;
        } catch (IOException | RuntimeException e) {
            group.close();
            throw e;
        }
    }

    /** Processes that are measured together, as often as wanted. */
    static final class Group implements AutoCloseable {
        private final List<Process> running = new ArrayList<>();
        private final List<BufferedReader> says = new ArrayList<>();

        private Group() {}

        private void add(Process process) {
            running.add(process);
            says.add(process.inputReader(StandardCharsets.UTF_8));
        }

        /** Lets them go together, and adds up. */
        Load.Result measure() throws IOException {
            for (Process process : running) {
                process.outputWriter(StandardCharsets.UTF_8).append("go\n").flush();
            }
            double perSecond = 0;
            double p50 = 0;
            for (BufferedReader it : says) {
                String[] figures = it.readLine().split(" ", 2);
                perSecond += Double.parseDouble(figures[0]);
                p50 = Math.max(p50, Double.parseDouble(figures[1]));
            }
            return new Load.Result(perSecond, p50, p50);
        }

        @Override
        public void close() throws IOException {
            for (Process process : running) {
                process.outputWriter(StandardCharsets.UTF_8).close();
            }
            for (Process process : running) {
                process.onExit().join();
            }
        }
    }

    private static void require(String expected, String said) {
        if (!expected.equals(said)) {
            throw new IllegalStateException("A process said '" + said + "' instead of '" + expected + "'. See above.");
        }
    }

    private static Process start(Database database, String user, int threads) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LedgerBenchProcess.class.getName(),
                        database.jdbcUrl(),
                        user,
                        Integer.toString(threads))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
