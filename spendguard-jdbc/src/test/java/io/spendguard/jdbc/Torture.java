package io.spendguard.jdbc;

import io.spendguard.contract.Contract;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Several processes that spend from the same budgets through a {@link FlakyProxy}, and one fault after another: processes are
 * killed, sessions ended, the server is stopped as by a crash, the network breaks, rows are locked from outside.
 */
final class Torture implements AutoCloseable {
    static final Unit USD = Amount.parse("1.00 USD").unit();
    static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            metadata: {name: torture, tenant: acme}
            spec:
              budgets:
                - {id: hot, limit: 300.00 USD, window: {type: total}, reservation: {ttl: PT2S}}
                - {id: team, limit: 20.00 USD, window: {type: total}, per: label.team, parent: hot}
            """, "torture.yaml");

    private static final int PROCESSES = 3;

    private final Random random;
    private final EmbeddedPostgres server = EmbeddedPostgres.start();
    private final Database database = TestLedgers.newDatabase(server);
    private final FlakyProxy proxy = new FlakyProxy(port(database));
    private final Path folder;
    private final List<Process> workers = new ArrayList<>();
    private final List<Path> logs = new ArrayList<>();
    private final Map<String, Integer> done = new TreeMap<>();

    Torture(long seed, Path folder) {
        this.random = new Random(seed);
        this.folder = folder;
        TestLedgers.application(database);
    }

    Database database() {
        return database;
    }

    Path key() {
        return folder.resolve("key.pem");
    }

    /** What every process was told, one file for each. */
    List<Path> logs() {
        return logs;
    }

    /** How often each fault was made. */
    Map<String, Integer> done() {
        return done;
    }

    /** Goes on for so long; afterwards every process is dead and the server runs. */
    void run(Duration time) throws Exception {
        for (int i = 0; i < PROCESSES; i++) {
            workers.add(worker());
        }
        CountDownLatch never = new CountDownLatch(1);
        while (!logs.stream().allMatch(Torture::hasDecided)) {
            pause(never, 50);
        }
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            pause(never, 300 + random.nextInt(1_500));
            fault(random.nextInt(12));
        }
        for (Process worker : workers) {
            worker.destroyForcibly().waitFor();
        }
        proxy.close();
    }

    private static boolean hasDecided(Path log) {
        try {
            return Files.exists(log) && Files.readString(log).contains("D ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pause(CountDownLatch never, long millis) throws InterruptedException {
        if (never.await(millis, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("Nobody counts down.");
        }
    }

    private void fault(int which) throws Exception {
        switch (which) {
            case 0, 1 -> killAProcess();
            case 2, 3, 4 -> endASession();
            case 5 -> stopTheServer();
            case 6, 7 -> made("connections dropped", proxy::drop);
            case 8 -> made("connections half closed", proxy::halfClose);
            case 9, 10 ->
                made("network slow or fast again", () -> proxy.delay(random.nextBoolean() ? 0 : random.nextInt(20)));
            default -> lockARow();
        }
    }

    private void killAProcess() throws Exception {
        int which = random.nextInt(workers.size());
        workers.get(which).destroyForcibly().waitFor();
        workers.set(which, worker());
        made("processes killed", () -> {});
    }

    private void endASession() {
        made("sessions ended", () -> onServer("""
                select pg_terminate_backend(pid) from pg_stat_activity
                 where usename = '%s' order by random() limit 1""".formatted(TestLedgers.APPLICATION)));
    }

    private void stopTheServer() {
        server.stopImmediately();
        server.startAgain();
        made("server stopped as by a crash", () -> {});
    }

    private void lockARow() {
        made("rows locked for a second", () -> onServer("""
                begin; select from spendguard.account order by random() limit 1 for update; select pg_sleep(1); commit"""));
    }

    private void onServer(String sql) {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("Torture cannot run: " + sql, e);
        }
    }

    private void made(String fault, Runnable work) {
        work.run();
        done.merge(fault, 1, Integer::sum);
    }

    private Process worker() throws IOException {
        String name = "w" + logs.size();
        Path log = folder.resolve(name + ".log");
        logs.add(log);
        String url = "jdbc:postgresql://localhost:" + proxy.port() + "/" + database.name() + "?socketTimeout=10";
        File output = folder.resolve(name + ".out").toFile();
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TortureWorker.class.getName(),
                        url,
                        key().toString(),
                        log.toString(),
                        name,
                        Long.toString(random.nextLong()))
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
    }

    private static int port(Database database) {
        return URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort();
    }

    @Override
    public void close() throws IOException {
        workers.forEach(Process::destroyForcibly);
        proxy.close();
        server.close();
    }
}
