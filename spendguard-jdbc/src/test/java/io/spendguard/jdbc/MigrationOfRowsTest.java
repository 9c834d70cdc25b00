package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Migrations that change rows keep what a ledger holds already, in the form the library reads. */
class MigrationOfRowsTest {
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
        try (Database database = EmbeddedPostgres.shared().newDatabase();
                Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create schema spendguard");
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
