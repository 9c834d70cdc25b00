package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What a durable, signed decision costs, beside the forms in {@link LedgerRivals} on the same server in the same run. Server and
 * load share the machine. Ours is the whole {@code Guard.decide}: contract, estimate, event, signature.
 */
final class LedgerBench implements Bench {
    /**
     * Until the compiler is done with the whole of a decision and a commit, which are far more code than the rivals are: after 12 s it still
     * took two fifths of a processor.
     */
    private static final Duration JIT = Duration.ofSeconds(30);

    private static final Duration WARM_UP = Duration.ofMillis(500);
    private static final Duration WINDOW = Duration.ofMillis(1_500);
    private static final int ROUNDS = 3;
    private static final int MANY = 1_000;
    private static final String APPLICATION = "spendguard_bench";

    /** The strongest JVM peer on one hot budget, its store syncing every write, on a machine of this size. */
    private static final double PEER_PAIRS_PER_SECOND = 431;

    private static final double PEER_PAIR_MILLIS = 5.2;

    private @Nullable Database database;
    private @Nullable DataSource application;

    @Override
    public String name() {
        return "ledger";
    }

    @Override
    public void run(BenchReport report) throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start();
                Database ours = server.newDatabase();
                LedgerRivals rivals = new LedgerRivals(server.newDatabase().adminDataSource())) {
            database = ours;
            PostgresLedger.migrate(ours.adminDataSource());
            application = ours.dataSourceFor(APPLICATION, "spendguard_app");
            report.conditions("PostgreSQL " + ask("select current_setting('server_version')")
                    + " on the same machine with fsync and synchronous_commit on");
            warmUp(rivals);
            oneThread(report, rivals);
            hotBudget(report, rivals);
            manyBudgets(report, rivals);
            rules(report);
            pairs(report);
            processes(report);
        }
    }

    private void warmUp(LedgerRivals rivals) throws Exception {
        try (Guard guard = guard(hot(), Ed25519Signer.generate(), false)) {
            Load.run(16, JIT, WARM_UP, (thread, i) -> decide(guard, ""));
            Load.run(1, JIT, WARM_UP, (thread, i) -> pair(guard));
        }
        Load.run(16, WARM_UP, WARM_UP, (thread, i) -> rivals.oneCall(0L));
        Load.run(16, WARM_UP, WARM_UP, (thread, i) -> rivals.naive(0));
    }

    private void oneThread(BenchReport report, LedgerRivals rivals) throws Exception {
        try (Guard guard = guard(hot(), Ed25519Signer.generate(), false)) {
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("bare", () -> load(1, (thread, i) -> rivals.bare()));
            loads.put("oneCall", () -> load(1, (thread, i) -> rivals.oneCall(0L)));
            loads.put("ours", () -> load(1, (thread, i) -> decide(guard, "")));
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            double bare = of(results, "bare").p50Millis();
            report.figure("one-thread-bare-insert-p50", bare, "ms");
            report.figure("one-thread-decide-p50", of(results, "ours").p50Millis(), "ms");
            report.ratioAtMost("one-thread-p50/bare-insert", of(results, "ours").p50Millis() / bare, 2.5);
        }
    }

    private void hotBudget(BenchReport report, LedgerRivals rivals) throws Exception {
        try (Guard guard = guard(hot(), Ed25519Signer.generate(), false);
                Guard strict = guard(hot(), Ed25519Signer.generate(), true);
                Guard unsigned = guard(hot(), new NoSigner(), false)) {
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("naive", () -> load(32, (thread, i) -> rivals.naive(1)));
            loads.put("oneCall", () -> load(32, (thread, i) -> rivals.oneCall(2L)));
            loads.put("ours", () -> load(32, (thread, i) -> decide(guard, "")));
            loads.put("strict", () -> load(32, (thread, i) -> decide(strict, "")));
            loads.put("unsigned", () -> load(32, (thread, i) -> decide(unsigned, "")));
            loads.put("ours8", () -> load(8, (thread, i) -> decide(guard, "")));
            loads.put("ours128", () -> load(128, (thread, i) -> decide(guard, "")));
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            Load.Result ours = of(results, "ours");
            report.figure("hot-32-naive", of(results, "naive").perSecond(), "decisions/s");
            report.figure("hot-32-one-call", of(results, "oneCall").perSecond(), "decisions/s");
            report.figure("hot-8-decide", of(results, "ours8").perSecond(), "decisions/s");
            report.figure("hot-32-decide", ours.perSecond(), "decisions/s");
            report.figure("hot-128-decide", of(results, "ours128").perSecond(), "decisions/s");
            report.figure("hot-32-decide-p99", ours.p99Millis(), "ms");
            report.figureBelow("hot-32-decide-p50", ours.p50Millis(), 5, "ms");
            report.ratioAtLeast(
                    "hot-32/naive", ours.perSecond() / of(results, "naive").perSecond(), 15);
            report.ratioAtLeast(
                    "hot-32/one-call", ours.perSecond() / of(results, "oneCall").perSecond(), 4);
            report.ratioAtLeast(
                    "hot-128/hot-8",
                    of(results, "ours128").perSecond() / of(results, "ours8").perSecond(),
                    1.5);
            report.ratioAtLeast(
                    "signed/unsigned",
                    ours.perSecond() / of(results, "unsigned").perSecond(),
                    0.8);
            report.ratioAtLeast(
                    "signed-each/unsigned",
                    of(results, "strict").perSecond() / of(results, "unsigned").perSecond(),
                    0.4);
            report.figure("wal-bytes-per-decision", walBytes(guard), "bytes");
        }
    }

    private void manyBudgets(BenchReport report, LedgerRivals rivals) throws Exception {
        try (Guard one = guard(perRun(), Ed25519Signer.generate(), false);
                Guard three = guard(hotAndTwoPerRun(), Ed25519Signer.generate(), false)) {
            for (int run = 0; run < MANY; run++) {
                decide(one, "run-" + run);
                decide(three, "run-" + run);
            }
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("oneCall", () -> load(32, (thread, i) -> rivals.oneCall(1 + any())));
            loads.put("ours", () -> load(32, (thread, i) -> decide(one, "run-" + any())));
            loads.put(
                    "oneCall3",
                    () -> load(32, (thread, i) -> {
                        long budget = any();
                        rivals.oneCall(0L, 1 + budget, 1 + MANY + budget);
                    }));
            loads.put("ours3", () -> load(32, (thread, i) -> decide(three, "run-" + any())));
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            report.figure("many-32-one-call", of(results, "oneCall").perSecond(), "decisions/s");
            report.figure("many-32-decide", of(results, "ours").perSecond(), "decisions/s");
            report.figure("three-claims-32-one-call", of(results, "oneCall3").perSecond(), "decisions/s");
            report.figure("three-claims-32-decide", of(results, "ours3").perSecond(), "decisions/s");
            report.ratioAtLeast(
                    "many-32/one-call",
                    of(results, "ours").perSecond() / of(results, "oneCall").perSecond(),
                    1.5);
            report.ratioAtLeast(
                    "three-claims-32/one-call",
                    of(results, "ours3").perSecond() / of(results, "oneCall3").perSecond(),
                    4);
        }
    }

    private void rules(BenchReport report) throws Exception {
        String rule = """
                  rules:
                    - id: %s
                      when: %s
                      effect: stop
                      reasonCode: TOO_MUCH
                """;
        String assumed = rule.formatted("big", "action.maxOutputTokens > 100000");
        String reading = rule.formatted("low", "budget(\"day\").available < money(\"1.00\", \"USD\")");
        try (Guard without = guard(hot("without") + assumed, Ed25519Signer.generate(), false);
                Guard with = guard(hot("with") + reading, Ed25519Signer.generate(), false)) {
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("without", () -> load(32, (thread, i) -> decide(without, "")));
            loads.put("with", () -> load(32, (thread, i) -> decide(with, "")));
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            report.figure("hot-32-rules-read-balances", of(results, "with").perSecond(), "decisions/s");
            report.ratioAtLeast(
                    "rules-read-balances/not",
                    of(results, "with").perSecond() / of(results, "without").perSecond(),
                    0.5);
        }
    }

    private void pairs(BenchReport report) throws Exception {
        try (Guard guard = guard(hot("pairs"), Ed25519Signer.generate(), false)) {
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("one", () -> load(1, (thread, i) -> pair(guard)));
            loads.put("eight", () -> load(8, (thread, i) -> pair(guard)));
            loads.put("many", () -> load(32, (thread, i) -> pair(guard)));
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            report.figure("pairs-32", of(results, "many").perSecond(), "pairs/s");
            report.ratioAtLeast("pairs-8/peer", of(results, "eight").perSecond() / PEER_PAIRS_PER_SECOND, 5);
            report.ratioAtMost("pair-p50/peer", of(results, "one").p50Millis() / PEER_PAIR_MILLIS, 0.5);
        }
    }

    /** One process with all threads beside four that share them, on the same row. Each process warms up by itself. */
    private void processes(BenchReport report) throws Exception {
        Database row = Objects.requireNonNull(database);
        try (LedgerBenchProcess.Group one = LedgerBenchProcess.start(row, APPLICATION, 1, 32);
                LedgerBenchProcess.Group four = LedgerBenchProcess.start(row, APPLICATION, 4, 8)) {
            Map<String, Callable<Load.Result>> loads = new LinkedHashMap<>();
            loads.put("one", one::measure);
            loads.put("four", four::measure);
            Map<String, Load.Result> results = Load.interleaved(ROUNDS, loads);
            report.figure("one-jvm-32", of(results, "one").perSecond(), "decisions/s");
            report.figure("four-jvms-8", of(results, "four").perSecond(), "decisions/s");
            report.ratioAtLeast(
                    "four-jvms/one-jvm",
                    of(results, "four").perSecond() / of(results, "one").perSecond(),
                    0.8);
        }
    }

    private double walBytes(Guard guard) throws Exception {
        String before = ask("select pg_current_wal_lsn()");
        long[] decisions = new long[32];
        Load.run(32, WARM_UP, WINDOW, (thread, i) -> {
            decide(guard, "");
            decisions[thread]++;
        });
        double bytes = Double.parseDouble(ask("select pg_current_wal_lsn() - '" + before + "'"));
        long all = 0;
        for (long one : decisions) {
            all += one;
        }
        return bytes / all;
    }

    static void decide(Guard guard, String run) {
        Action.Builder action =
                Action.llmCall("openai", "gpt-4o").inputTokens(1_200).maxOutputTokens(400);
        require(guard.decide(run.isEmpty() ? action.build() : action.run(run).build()));
    }

    static void pair(Guard guard) {
        require(guard.decide(Action.llmCall("openai", "gpt-4o")
                        .inputTokens(1_200)
                        .maxOutputTokens(400)
                        .build()))
                .permit()
                .commit(Usage.of(1_200, 250));
    }

    private static Decision.Allowed require(Decision decision) {
        if (decision instanceof Decision.Allowed allowed) {
            return allowed;
        }
        throw new IllegalStateException("Decision was " + decision + ", but a benchmark's budget never ends.");
    }

    private Guard guard(String contract, Signer signer, boolean signsEach) {
        return guard(contract, Objects.requireNonNull(application), signer, signsEach);
    }

    static Guard guard(String contract, DataSource application, Signer signer, boolean signsEach) {
        Guard.Builder builder = Guard.builder()
                .contract(Contract.parse(contract, "bench.yaml"))
                .ledger(PostgresLedger.open(application))
                .patience(Duration.ofSeconds(60))
                .signer(signer);
        return (signsEach ? builder.signEachEvent() : builder).build();
    }

    static String hot() {
        return hot("hot");
    }

    private static String hot(String tenant) {
        return contract(tenant, "- {id: day, limit: 100000000.00 USD, window: {type: calendar_day, timezone: UTC}}");
    }

    private static String perRun() {
        return contract("many", "- {id: run, limit: 100000.00 USD, window: {type: run}}");
    }

    private static String hotAndTwoPerRun() {
        return contract(
                "three",
                "- {id: day, limit: 100000000.00 USD, window: {type: calendar_day, timezone: UTC}}",
                "- {id: run, limit: 100000.00 USD, window: {type: run}}",
                "- {id: run_calls, limit: 100000000 calls, window: {type: run}}");
    }

    private static String contract(String tenant, String... budgets) {
        return """
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: bench, tenant: %s}
                spec:
                  budgets:
                    %s
                """.formatted(tenant, String.join("\n    ", budgets));
    }

    private static Load.Result load(int threads, Load.Step step) throws Exception {
        return Load.run(threads, WARM_UP, WINDOW, step);
    }

    private static long any() {
        return ThreadLocalRandom.current().nextLong(MANY);
    }

    private String ask(String sql) throws SQLException {
        try (Connection connection =
                        Objects.requireNonNull(database).adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Signs nothing, to see what signing costs. */
    private static final class NoSigner implements Signer {
        private final Signer named = Ed25519Signer.generate();

        @Override
        public String keyId() {
            return named.keyId();
        }

        @Override
        public String algorithm() {
            return named.algorithm();
        }

        @Override
        public byte[] publicKey() {
            return named.publicKey();
        }

        @Override
        public byte[] sign(byte[] message) {
            return new byte[64];
        }
    }

    private static Load.Result of(Map<String, Load.Result> results, String name) {
        return Objects.requireNonNull(results.get(name), name);
    }
}
