package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.Action;
import io.spendguard.model.IdSource;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is really sent to the server, and what that runs there. */
class StatementsTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: three, tenant: acme}
            spec:
              budgets:
                - {id: run, limit: 10.00 USD, window: {type: run}}
                - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: tokens, limit: 100000 tokens.total, window: {type: total}}
            """, "three.yaml");

    /**
     * What one server does once for all its tenants: it sweeps overdue holds, looks for streams of dead writers, and signs checkpoints
     * of all their logs.
     */
    private static final List<String> ACROSS_TENANTS = List.of(
            "where state in ('HELD', 'EXTENDED') and expires_at > '-infinity' and expires_at <= clock_timestamp()",
            "where not known.is_closed and coalesce(writer.heard_at, opened.opened_at) <= clock_timestamp()",
            "(select max(size) from spendguard.checkpoint)");

    private static final Pattern TABLE = Pattern.compile(
            "(?:from|join|into|update)\\s+(?:only\\s+)?\"?spendguard\"?\\.\"?(\\w+)", Pattern.CASE_INSENSITIVE);
    /** Where a row is told from another tenant's, or is given its tenant. */
    private static final Pattern TENANT = Pattern.compile(
            "tenant\"?\\s*(?:=|in\\b|<>)|=\\s*\\w+\\.tenant\\b|using\\s*\\(\\s*tenant|\\(\\s*\"?tenant\"?\\s*[,)]",
            Pattern.CASE_INSENSITIVE);

    private final Ed25519Signer key = Ed25519Signer.generate();
    private final Database database = TestLedgers.newDatabase();
    private final RecordedStatements recorded = new RecordedStatements(TestLedgers.application(database));

    @AfterEach
    void drop() {
        database.close();
    }

    /** What every decision of every agent pays; more of it is a change of the design. */
    @Test
    void decide_andCommit_areOneStatementEach() {
        try (Guard guard = guard()) {
            guard.decide(call()).orThrow().commit(Usage.of(10, 10));
            recorded.take();

            Permit permit = guard.decide(call()).orThrow();
            assertThat(recorded.take()).hasSize(1).allMatch(sql -> sql.startsWith("select spendguard.post("));

            permit.commit(Usage.of(10, 10));
            assertThat(recorded.take()).hasSize(1).allMatch(sql -> sql.startsWith("select spendguard.post("));

            guard.decide(call()).orThrow().release("not needed");
            assertThat(recorded.take()).hasSize(2);
        }
    }

    /** History must not be what starting a guard costs: accounts have the limit their budget has. */
    @Test
    void activate_limitsInForceAlready_looksAtNoAccount() {
        try (Guard first = guard()) {
            first.decide(call()).orThrow().commit(Usage.of(10, 10));
        }
        recorded.take();

        try (Guard again = guard()) {
            again.decide(call()).orThrow().commit(Usage.of(10, 10));
        }

        assertThat(recorded.take()).noneMatch(sql -> sql.matches("(?s).*spendguard\"?\\.\"?account\\b.*"));
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(recorded.dataSource()))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    /**
     * A plan made while a table is small stays for the session: it must be the right one for a table that has grown, whatever the
     * server gathered about the table while it held nothing, or next to nothing.
     */
    @ParameterizedTest
    @CsvSource({
        "'', ''",
        "'', analyze",
        "'', vacuum analyze",
        "analyze, ''",
        "vacuum full, ''",
    })
    void decide_whileTablesGrow_readsOnlyTheRowsItNames(String whileEmpty, String afterOne) throws SQLException {
        int decisions = 80;
        if (!whileEmpty.isEmpty()) {
            for (String table : tables()) {
                execute(whileEmpty + " spendguard." + table);
            }
        }
        query("select pg_stat_reset()::text");
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(key)
                .sweepEvery(Duration.ZERO)
                .build()) {
            for (int i = 0; i < decisions; i++) {
                guard.decide(call("run-" + i)).orThrow().commit(Usage.of(1, 1));
                if (i == 0 && !afterOne.isEmpty()) {
                    execute(afterOne);
                }
            }
        }

        // The server adds a session up when the session has ended.
        List<String> read;
        do {
            read = query("""
                    select relname || ': ' || (seq_tup_read + idx_tup_fetch) / %d from pg_catalog.pg_stat_user_tables
                     where schemaname = 'spendguard'
                       and (select n_tup_ins >= %d from pg_catalog.pg_stat_user_tables where relname = 'outbox')
                    """.formatted(decisions, 2 * decisions));
        } while (read.isEmpty());
        assertThat(read)
                .hasSizeGreaterThan(10)
                .filteredOn(table -> Long.parseLong(table.substring(table.indexOf(' ') + 1)) > 24)
                .isEmpty();
        assertThat(query("""
                select indexrelname || ': ' || idx_scan from pg_catalog.pg_stat_user_indexes
                 where indexrelname = 'reservation_overdue'
                """)).as("which only a sweep reads").containsExactly("reservation_overdue: 0");
    }

    private void execute(String command) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private static Action call() {
        return call("r");
    }

    private static Action call(String run) {
        return Action.llmCall("openai", "gpt-4o")
                .run(run)
                .inputTokens(10)
                .maxOutputTokens(10)
                .build();
    }

    @Test
    void statements_nameTheTenantForEachTableTheyTouch(@TempDir Path folder) throws SQLException {
        Set<String> tables = tables();
        everything(folder);

        assertThat(recorded.take())
                .hasSizeGreaterThan(100)
                .map(StatementsTest::oneLine)
                .filteredOn(statement -> !tenantless(statement, tables).isEmpty())
                .isEmpty();
    }

    private static List<String> tenantless(String statement, Set<String> tables) {
        if (ACROSS_TENANTS.stream().anyMatch(statement::contains)) {
            return List.of();
        }
        List<String> touched = TABLE.matcher(statement)
                .results()
                .map(match -> match.group(1))
                .filter(tables::contains)
                .toList();
        long named = TENANT.matcher(statement).results().count();
        return named >= touched.size() ? List.of() : touched;
    }

    private static String oneLine(String statement) {
        return statement.replaceAll("--[^\n]*", "").replaceAll("\\s+", " ").strip();
    }

    private Set<String> tables() throws SQLException {
        return Set.copyOf(query("""
                select relname from pg_catalog.pg_class relation join pg_catalog.pg_attribute attribute
                    on attribute.attrelid = relation.oid and attribute.attname = 'tenant'
                 where relation.relnamespace = 'spendguard'::regnamespace and relation.relkind in ('r', 'p')
                """));
    }

    @Test
    void functions_nameTheTenantForEachTableTheyTouch() throws SQLException {
        Set<String> tables = tables();
        List<String> astray = new ArrayList<>();
        for (String function : query("""
                select proname || ': ' || prosrc from pg_catalog.pg_proc where pronamespace = 'spendguard'::regnamespace
                """)) {
            for (String statement : function.replaceAll("--[^\n]*", "").split(";", -1)) {
                if (!tenantless(statement, tables).isEmpty()) {
                    astray.add(function.substring(0, function.indexOf(':')) + ": " + oneLine(statement));
                }
            }
        }

        assertThat(astray).isEmpty();
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

    private void everything(Path folder) {
        PostgresLedger ledger = PostgresLedger.open(recorded.dataSource());
        try (SpendWorld world = new SpendWorld(new SpendWorld.Setting(
                ledger, Clock.systemUTC(), IdSource.system(), key, Duration.ofDays(30), 2, true))) {
            for (String team : List.of("red", "blue")) {
                world.decideTool("search", "r", team, "a", 10);
                world.decideModel("r", team, "a", 100, 100);
                world.decideTool("risky", "s", team, "b", 200);
                world.decideTool("risky", "s", team, "b", 200);
            }
            world.check();
            world.decideAgain();
            world.decideAnotherUnderAKey(0);
            world.commit(0, 5_000, true);
            world.commit(1, 400, false);
            world.release(2);
            world.extend(3, 60, 100);
            world.commit(3, 1_000, false);
            world.bill(3, 1_200, true);
            world.refund(3, 1);
            world.dispute(3, 1);
            world.resolve(3, true);
            world.compensate(3, 10);
            world.grant("red", 10);
            world.transfer("red", "blue", 5);
            world.limitTo(200);
            world.sweep();
            world.check();
            EvidenceExport.from(ledger)
                    .tenant(SpendWorld.TENANT)
                    .write(key, Clock.systemUTC(), folder.resolve("e.zip"));
        }
    }
}
