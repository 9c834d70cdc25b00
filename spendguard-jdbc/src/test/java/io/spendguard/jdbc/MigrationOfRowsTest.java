package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Migrations that change rows keep what a ledger holds already, in the form the library reads. */
class MigrationOfRowsTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            metadata: {name: kept, tenant: acme}
            spec:
              budgets:
                - {id: total, limit: 9.00 USD, window: {type: total}}
                - {id: run, limit: 4.00 USD, window: {type: run}, per: [user]}
            """, "kept.yaml");
    private static final Ed25519Signer KEY = Ed25519Signer.generate();

    private static Database database;

    /** Leaves a ledger of today's version in a schema of its own, as what older ones are made from. */
    @BeforeAll
    static void fillOneLedger() throws SQLException {
        database = EmbeddedPostgres.shared().newDatabase();
        PostgresLedger.migrate(database.adminDataSource());
        try (Guard guard = guard()) {
            guard.decide(call("committed")).orThrow().commit(Money.parse("0.75 USD"));
            guard.decide(call("released")).orThrow().release("not needed");
            guard.decide(call("left open")).orThrow();
            Permit session = guard.decide(call("session")).orThrow();
            session.commitPart(1, Money.parse("0.25 USD"));
            session.commitPart(2, Money.parse("0.50 USD"));
            session.extend(Duration.ofMinutes(1), Money.parse("2.00 USD"));
            session.commitPart(3, Money.parse("0.50 USD"));
            guard.decide(tooDear());
        }
        log().checkpoint("example.com/spendguard", KEY);
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("alter schema spendguard rename to today");
        }
    }

    @AfterAll
    static void dropDatabase() {
        database.close();
    }

    /** A session of two parts, as the tables were before they said what came before a part and who writes a stream. */
    private static final String ROWS = """
            insert into spendguard.budget (tenant, namespace, budget_id, unit, limit_atoms)
            values ('acme', 'ENFORCE', 'day', 'USD', 1000);
            insert into spendguard.account (tenant, account_id, namespace, budget_id, key, window_from, window_until, unit)
            values ('acme', '00000000-0000-8000-8000-00000000000a', 'ENFORCE', 'day', '', '2026-01-01Z', '2026-01-02Z', 'USD');
            insert into spendguard.signing_key values ('key', 'Ed25519', '');
            insert into spendguard.stream (tenant, stream, key_id)
            values ('acme', '00000000-0000-7000-8000-00000000000b', 'key');
            insert into spendguard.outbox (tenant, stream, seq, event_id, type, payload, digest, chain, batch_size, leaf_index, path,
                signature, key_id)
            values ('acme', '00000000-0000-7000-8000-00000000000b', 1, '00000000-0000-7000-8000-00000000000c', 'type', '{}',
                sha256('{}'), sha256('{}'), 1, 0, '', '', 'key');
            insert into spendguard.idempotency (tenant, operation, key, request_hash)
            select 'acme', 'DECIDE', 'call-' || n, sha256('{}') from generate_series(1, 3) n;
            insert into spendguard.idempotency_answer (tenant, operation, key, answer)
            select 'acme', 'DECIDE', 'call-' || n, convert_to(repeat('answer ' || n, n - 1), 'UTF8') from generate_series(1, 2) n;
            insert into spendguard.ledger_tx (tenant, tx_id, operation, key, event_id)
            values ('acme', '00000000-0000-7000-8000-00000000000d', 'DECIDE', 'call-1',
                '00000000-0000-7000-8000-00000000000c');
            insert into spendguard.reservation (tenant, reservation_id, namespace, expires_at, terms)
            values ('acme', '00000000-0000-7000-8000-00000000000e', 'ENFORCE', '2026-01-02Z', '{}');
            insert into spendguard.reservation_claim (tenant, reservation_id, account_id, part, atoms)
            select 'acme', '00000000-0000-7000-8000-00000000000e', '00000000-0000-8000-8000-00000000000a', part, atoms
              from (values (0, 100), (1, 50), (2, -30), (3, -20)) parts(part, atoms);
            """;

    @Test
    void migrate_ledgerWithSessionsAndAnswers_keepsThem() throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("drop schema if exists spendguard cascade; create schema spendguard");
            for (Map.Entry<String, String> script : Migrations.scripts().entrySet()) {
                if (script.getKey().startsWith("V11__")) {
                    statement.execute(ROWS);
                }
                statement.execute(script.getValue());
            }

            assertThat(rows(statement, """
                    select part || ': ' || held_before || ' held, ' || committed_before || ' committed'
                      from spendguard.reservation_claim order by part
                    """))
                    .containsExactly(
                            "0: 0 held, 0 committed",
                            "1: 100 held, 0 committed",
                            "2: 150 held, 0 committed",
                            "3: 120 held, 30 committed");
            assertThat(rows(statement, "select stream || ' ' || (writer is null) from spendguard.stream_writer"))
                    .containsExactly("00000000-0000-7000-8000-00000000000b true");
            assertThat(
                            rows(
                                    statement,
                                    "select key || ': ' || coalesce(convert_from(answer, 'UTF8'), 'none') from spendguard.idempotency order by key"))
                    .containsExactly("call-1: ", "call-2: answer 2", "call-3: none");
            assertThat(rows(statement, "select to_regclass('spendguard.idempotency_answer') is null"))
                    .containsExactly("t");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 12})
    void migrate_ledgerOfAnOlderVersion_keepsEveryLaw_andGoesOn(int version) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            fillAsOf(version, statement);

            PostgresLedger.migrate(database.adminDataSource());

            assertThat(LedgerCheck.run(database.adminDataSource(), null))
                    .returns(List.of(), LedgerCheck.Report::findings)
                    .returns(
                            "ledger: checked, 2 accounts, 14 transactions, 16 events, 0 findings",
                            LedgerCheck.Report::summary);
            for (String table : List.of("idempotency", "reservation", "reservation_claim", "account", "outbox")) {
                assertThat(rows(statement, difference(table))).as(table).isEmpty();
            }
        }
        try (Guard guard = guard()) {
            assertThat(guard.decide(tooDear())).isInstanceOf(Decision.Refused.class);
            guard.recover("acme", "left open").orElseThrow().commit(Money.parse("2.00 USD"));
            Permit session = guard.recover("acme", "session").orElseThrow();
            assertThat(session.commitPart(3, Money.parse("0.50 USD")).replayed())
                    .isTrue();
            session.commitPart(4, Money.parse("0.25 USD"));
            session.commit(Money.parse("0.00 USD"));
        }
        assertThat(LedgerCheck.run(database.adminDataSource(), null).findings()).isEmpty();
        log().checkpoint("example.com/spendguard", KEY);
    }

    /** Builds an older version's schema and gives it today's rows in the form they had then. */
    private static void fillAsOf(int version, Statement statement) throws SQLException {
        statement.execute("drop schema if exists spendguard cascade; create schema spendguard");
        statement.execute("create table spendguard.schema_history (like today.schema_history including all)");
        for (Map.Entry<String, String> script : Migrations.scripts().entrySet()) {
            if (versionOf(script.getKey()) <= version) {
                statement.execute(script.getValue());
            }
        }
        statement.execute("set session_replication_role = replica");
        for (String copy : rows(statement, """
                select format('insert into spendguard.%1$I (%2$s) select %2$s from today.%1$I', table_name,
                           string_agg(quote_ident(column_name), ', '))
                  from information_schema.columns old
                  join information_schema.columns new using (table_name, column_name)
                 where old.table_schema = 'spendguard' and new.table_schema = 'today'
                 group by table_name
                """)) {
            statement.execute(copy);
        }
        statement.execute("delete from spendguard.schema_history where version::integer > " + version);
        if (version < 13) {
            statement.execute("insert into spendguard.idempotency_answer (tenant, operation, key, answer)"
                    + " select tenant, operation, key, answer from today.idempotency where answer is not null");
        }
        statement.execute("set session_replication_role = origin");
    }

    private static int versionOf(String script) {
        return Integer.parseInt(script.substring(1, script.indexOf("__")));
    }

    /** The rows of a table that are in one of both ledgers only. */
    private static String difference(String table) {
        String one = "(select to_jsonb(r)::text from %s.%s r)";
        String now = one.formatted("spendguard", table);
        String before = one.formatted("today", table);
        return "(" + now + " except " + before + ") union all (" + before + " except " + now + ")";
    }

    private static Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(KEY)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    private static Action call(String key) {
        return Action.toolCall("search")
                .key(key)
                .run("r")
                .user("ada@example.com")
                .cost(Money.parse("1.00 USD"))
                .build();
    }

    private static Action tooDear() {
        return call("refused").toBuilder().cost(Money.parse("100.00 USD")).build();
    }

    private static EvidenceLog log() {
        return EvidenceLog.open(database.dataSourceFor("spendguard_test_migrated", "spendguard_log"));
    }

    private static List<String> rows(Statement statement, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }
}
