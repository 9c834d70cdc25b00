package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Period;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.LedgerOperations;
import io.spendguard.test.TestHost;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A limit that changes while more accounts are open than one transaction should move. */
class LimitCarryingTest {
    private static final int AT_ONCE = 256;
    private static final long DOLLAR = 1_000_000_000L;
    /** Several steps, and no whole number of them. */
    private static final int MANY = 1_500;

    private final Database database = TestLedgers.newDatabase();
    private final Ed25519Signer key = Ed25519Signer.generate();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void swap_limitOfManyOpenAccounts_isCarriedInSteps_andIsWhatIsJudgedByMeanwhile(@TempDir Path folder)
            throws SQLException {
        Contract lowered = contract(5, 2);
        try (Guard guard = guard(contract(10, 1))) {
            takeTablesForEmpty();
            open(guard, MANY, 1);
            guard.swap(lowered);

            assertThat(limits()).containsEntry(5L, (long) AT_ONCE).containsEntry(10L, (long) MANY - AT_ONCE);
            String behind = oneWithLimit(10);
            assertThat(guard.decide(call(behind, 5)).effect()).isEqualTo(Effect.STOP);
            assertThat(guard.decide(call(behind + " of another", 5)).effect()).isEqualTo(Effect.CONTINUE);
            String alsoBehind = oneWithLimit(10);
            assertThat(guard.decide(call(alsoBehind, 4)).effect()).isEqualTo(Effect.CONTINUE);
            long carriedByDecisions = limits().getOrDefault(5L, 0L) - AT_ONCE - 1;
            assertThat(carriedByDecisions).isBetween(1L, 2L);
            assertThat(findings()).isEmpty();

            assertThat(guard.sweep().carriedLimits()).isEqualTo((int) (MANY - AT_ONCE - carriedByDecisions));

            assertThat(limits()).isEqualTo(Map.of(5L, MANY + 1L));
            assertThat(guard.sweep().carriedLimits()).isZero();
            assertThat(query("select count(*)::text from spendguard.budget where carried_version < limit_version"))
                    .containsExactly("0");
        }
        assertThat(query("""
                select max(accounts)::text
                  from (select count(distinct account_id) as accounts from spendguard.ledger_entry group by xmin::text) moved
                """))
                .allSatisfy(most -> assertThat(Integer.parseInt(most)).isLessThanOrEqualTo(AT_ONCE + 1));
        assertSound(folder, lowered);
    }

    @Test
    void sweep_writerKilledBetweenSteps_goesOnInAnotherProcess(@TempDir Path folder) throws SQLException {
        Contract lowered = contract(5, 2);
        try (Guard one = guard(contract(10, 1), Duration.ofSeconds(2));
                Guard two = guard(contract(10, 1))) {
            open(two, 899, 1);
            one.decide(call("another", 1)).orThrow();
            one.swap(lowered);
            killWritersThatCarryAfterTheFirstStep();

            assertThatThrownBy(one::sweep).isInstanceOf(LedgerUnavailableException.class);
            assertThat(limits()).isEqualTo(Map.of(5L, 2L * AT_ONCE, 10L, 900L - 2 * AT_ONCE));
            assertThat(findings()).isEmpty();
            execute("drop trigger kill_carrier on spendguard.ledger_tx");
            execute(
                    "set session_replication_role = replica; delete from spendguard.lease; reset session_replication_role");

            assertThat(two.sweep().carriedLimits()).isEqualTo(900 - 2 * AT_ONCE);
            assertThat(limits()).isEqualTo(Map.of(5L, 900L));
        }
        assertSound(folder, lowered);
    }

    /** Holds only grow here: whoever is allowed something after the limit was lowered has no more than that afterwards. */
    @Test
    void decide_inTwoProcessesWhileOneLowersTheLimit_neverAllowsByTheOldOneAfterwards(@TempDir Path folder)
            throws Exception {
        int runs = 400;
        Contract lowered = contract(4, 2);
        AtomicBoolean isLowered = new AtomicBoolean();
        Set<String> allowedAfterwards = ConcurrentHashMap.newKeySet();
        try (Guard old = guard(contract(10, 1));
                Guard young = guard(contract(10, 1))) {
            open(old, runs, 2);
            ExecutorService threads = Executors.newFixedThreadPool(5);
            List<Future<?>> deciding = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                Guard guard = thread % 2 == 0 ? old : young;
                int first = thread * 100;
                deciding.add(threads.submit(() -> {
                    for (int i = 0; i < runs; i++) {
                        String run = "run-" + (first + i) % runs;
                        boolean after = isLowered.get();
                        if (guard.decide(call(run, 1)).effect() == Effect.CONTINUE && after) {
                            allowedAfterwards.add(run);
                        }
                    }
                }));
            }
            Future<?> lowering = threads.submit(() -> {
                young.swap(lowered);
                isLowered.set(true);
            });
            threads.shutdown();
            lowering.get(5, TimeUnit.MINUTES);
            for (Future<?> each : deciding) {
                each.get(5, TimeUnit.MINUTES);
            }
            young.sweep();

            assertThat(allowedAfterwards).isNotEmpty();
            assertThat(accounts())
                    .hasSize(runs)
                    .allSatisfy(state -> assertThat(state.limit()).isEqualTo(4 * DOLLAR))
                    .filteredOn(state -> state.held() > 4 * DOLLAR)
                    .noneMatch(
                            state -> allowedAfterwards.contains(state.account().key()));
        }
        assertSound(folder, lowered);
    }

    /** Which account an activation leaves behind is for its plan to say, and always the same. */
    @Test
    void hold_limitLoweredWhileItWaitsForItsAccount_isJudgedAnew() throws Exception {
        IdSource ids = IdSource.system();
        LedgerOperations operations = new LedgerOperations("acme", ids, Clock.systemUTC());
        Duration patience = Duration.ofSeconds(60);
        try (PostgresLedger ledger = PostgresLedger.open(
                        TestLedgers.application(database),
                        PostgresLedger.Options.defaults().lockTimeout(Duration.ofSeconds(30)));
                LedgerSession one = ledger.connect(TestHost.of(ids));
                LedgerSession two = ledger.connect(TestHost.of(ids));
                Connection foreign = database.adminDataSource().getConnection();
                Statement lock = foreign.createStatement()) {
            one.submit(operations.activate("a").limit("team", "100 calls"), patience)
                    .get(60, TimeUnit.SECONDS);
            List<CompletableFuture<PostResult>> opening = new ArrayList<>();
            for (int i = 0; i <= AT_ONCE; i++) {
                Account account = operations.account("team", "key-" + i, Period.ALWAYS);
                opening.add(one.submit(operations.hold("open-" + i).claim(account, 10), patience));
            }
            for (CompletableFuture<PostResult> each : opening) {
                each.get(60, TimeUnit.SECONDS);
            }
            one.submit(operations.activate("b").limit("team", "90 calls"), patience)
                    .get(60, TimeUnit.SECONDS);
            List<Account> left = ledger.behind(10);
            assertThat(left).hasSize(1);
            Account last = left.get(0);
            one.submit(operations.carry("carry", left), patience).get(60, TimeUnit.SECONDS);
            assertThat(ledger.behind(10)).isEmpty();
            foreign.setAutoCommit(false);
            lock.execute("select from spendguard.account where key = '" + last.key() + "' for update");
            CompletableFuture<PostResult> waiting =
                    two.submit(operations.hold("more").claim(last, 60).unassumed(), patience);
            while (!query("select (count(*) > 0)::text from pg_stat_activity where wait_event_type = 'Lock'"
                            + " and datname = current_database()")
                    .equals(List.of("true"))) {
                Thread.onSpinWait();
            }

            one.submit(operations.activate("c").limit("team", "50 calls"), patience)
                    .get(60, TimeUnit.SECONDS);
            foreign.rollback();

            assertThat(new String(waiting.get(60, TimeUnit.SECONDS).answer(), StandardCharsets.UTF_8))
                    .isEqualTo("refused: short of team");
            assertThat(ledger.find("acme", List.of(last.id())).get(0).limit()).isEqualTo(50);
        }
        assertThat(limitsThatAreBroken()).isEmpty();
    }

    private List<LedgerCheck.Finding> limitsThatAreBroken() {
        return findings().stream()
                .filter(finding -> finding.law() == LedgerLaw.LIMITS_ARE_THE_BUDGETS)
                .toList();
    }

    private void killWritersThatCarryAfterTheFirstStep() throws SQLException {
        execute("""
                create function public.kill_carrier() returns trigger language plpgsql security definer as $$
                begin
                    if (select count(*) from spendguard.ledger_tx where operation = 'CARRY') > 1 then
                        perform pg_terminate_backend(pg_backend_pid());
                    end if;
                    return null;
                end $$;
                create trigger kill_carrier after insert on spendguard.ledger_tx
                    for each row when (new.operation = 'CARRY') execute function public.kill_carrier();
                """);
    }

    /** As statistics do that were gathered after everything was deleted: joined row by row, the tables of this test take minutes. */
    private void takeTablesForEmpty() throws SQLException {
        execute("update pg_class set relpages = 30, reltuples = 0"
                + " where relnamespace = 'spendguard'::regnamespace and relkind in ('r', 'i')");
    }

    private static void open(Guard guard, int runs, int calls) {
        List<CompletableFuture<Decision>> opening = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            opening.add(guard.decideAsync(call("run-" + i, calls)));
            if (opening.size() == 500) {
                opening.forEach(CompletableFuture::join);
                opening.clear();
            }
        }
        opening.forEach(CompletableFuture::join);
    }

    private Map<Long, Long> limits() {
        return accounts().stream()
                .collect(Collectors.groupingBy(state -> state.limit() / DOLLAR, Collectors.counting()));
    }

    private String oneWithLimit(long limit) {
        return accounts().stream()
                .filter(state -> state.limit() == limit * DOLLAR)
                .map(state -> state.account().key())
                .findFirst()
                .orElseThrow();
    }

    private List<AccountState> accounts() {
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            return ledger.accounts("acme", Namespace.ENFORCE);
        }
    }

    private List<LedgerCheck.Finding> findings() {
        return LedgerCheck.run(TestLedgers.application(database), null).findings();
    }

    private void assertSound(Path folder, Contract contract) {
        assertThat(findings()).isEmpty();
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger)
                    .tenant("acme")
                    .contract(contract)
                    .contract(contract(10, 1))
                    .write(key, Clock.systemUTC(), file);
        }
        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }

    private void execute(String command) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private List<String> query(String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    private static Action call(String run, int dollars) {
        return Action.toolCall("t")
                .run(run)
                .cost(Money.parse(dollars + ".00 USD"))
                .build();
    }

    private static Contract contract(int dollars, int revision) {
        return Contract.parse(String.format(Locale.ROOT, """
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: runs, tenant: acme, revision: %d}
                spec:
                  budgets:
                    - {id: run, limit: %d.00 USD, window: {type: run}}
                """, revision, dollars), "runs.yaml");
    }

    private Guard guard(Contract contract) {
        return guard(contract, Duration.ofSeconds(60));
    }

    private Guard guard(Contract contract, Duration patience) {
        return Guard.builder()
                .contract(contract)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .patience(patience)
                .sweepEvery(Duration.ZERO)
                .build();
    }
}
