package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Whether a decision costs more the more rows the ledger holds. The earlier decisions are written behind the ledger's back, as rows
 * of the same number and keys but with less text in them: what grows with history is the indexes. {@code -Dhistory.rows=N}
 * for another end than 10 million; 100 million take some 25 GB and half an hour.
 */
final class HistoryBench implements Bench {
    private static final int ROWS = Integer.getInteger("history.rows", 10_000_000);
    /** Key, event, reservation, claim, transaction and two entries. */
    private static final int ROWS_PER_DECISION = 7;

    private static final int CHUNK = 50_000;
    private static final Duration JIT = Duration.ofSeconds(12);
    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration WINDOW = Duration.ofSeconds(4);

    /** One past decision, committed, for each number of the range. */
    private static final String FILL = """
            with numbers as (
                select n, to_hex(n) as key, ('01000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id
                  from generate_series(?, ?) n),
            taken as (
                insert into spendguard.idempotency (tenant, operation, key, request_hash, answer)
                select 'history', 'DECIDE', key, sha256(key::bytea), 'an answer for replays' from numbers),
            told as (
                insert into spendguard.outbox (tenant, stream, seq, event_id, type, payload, digest, chain, batch_size,
                    leaf_index, path, signature, key_id)
                select 'history', '01000000-0000-7000-8000-000000000000', n, id, 'io.spendguard.decision.v1',
                       convert_to(repeat('x', 200), 'UTF8'), sha256(key::bytea), sha256(key::bytea), 1, 0, '',
                       sha256(key::bytea), 'history'
                  from numbers),
            held as (
                insert into spendguard.reservation (tenant, reservation_id, namespace, state, expires_at, terms)
                select 'history', id, 'ENFORCE', 'COMMITTED', now(), 'some terms' from numbers),
            claimed as (
                insert into spendguard.reservation_claim (tenant, reservation_id, account_id, atoms)
                select 'history', id, '01000000-0000-8000-8000-000000000000', 1 from numbers),
            posted as (
                insert into spendguard.ledger_tx (tenant, tx_id, operation, key, event_id)
                select 'history', id, 'DECIDE', key, id from numbers)
            insert into spendguard.ledger_entry (tenant, tx_id, line, account_id, kind, atoms)
            select 'history', id, line, '01000000-0000-8000-8000-000000000000',
                   case line when 1 then 'AVAILABLE' else 'HELD' end, 3 - 2 * line
              from numbers cross join generate_series(1, 2) line
            """;

    @Override
    public String name() {
        return "history";
    }

    @Override
    public void run(BenchReport report) throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start();
                Database database = server.newDatabase()) {
            PostgresLedger.migrate(database.adminDataSource());
            DataSource application = database.dataSourceFor("spendguard_bench", "spendguard_app");
            try (Guard guard = guard(application)) {
                Load.run(16, JIT, WARM_UP, (thread, i) -> LedgerBench.decide(guard, ""));
                Load.run(1, JIT, WARM_UP, (thread, i) -> LedgerBench.pair(guard));
            }
            Measured first = measure(report, application, "0");
            int filled = 0;
            for (int millions = 1; millions * 1_000_000L <= ROWS; millions *= 10) {
                int decisions = millions * 1_000_000 / ROWS_PER_DECISION;
                fill(database.adminDataSource(), filled + 1, decisions);
                filled = decisions;
                String at = millions + "M-rows";
                Measured now = measure(report, application, at);
                report.ratio("pair-p50-at-" + at + "/at-0", now.pairMillis / first.pairMillis);
                report.ratio("hot-32-at-" + at + "/at-0", now.perSecond / first.perSecond);
            }
        }
    }

    private record Measured(double pairMillis, double perSecond) {}

    /** With a guard of its own, whose plans are made on the tables as they are. */
    private static Measured measure(BenchReport report, DataSource application, String rows) throws Exception {
        try (Guard guard = guard(application)) {
            Load.Result pairs = Load.run(1, WARM_UP, WINDOW, (thread, i) -> LedgerBench.pair(guard));
            Load.Result decisions = Load.run(32, WARM_UP, WINDOW, (thread, i) -> LedgerBench.decide(guard, ""));
            report.figure("pair-p50-at-" + rows, pairs.p50Millis(), "ms");
            report.figure("hot-32-at-" + rows, decisions.perSecond(), "decisions/s");
            return new Measured(pairs.p50Millis(), decisions.perSecond());
        }
    }

    private static void fill(DataSource admin, int from, int until) throws SQLException {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement();
                PreparedStatement fill = connection.prepareStatement(FILL)) {
            statement.execute("set session_replication_role = replica");
            for (int next = from; next <= until; next += CHUNK) {
                fill.setInt(1, next);
                fill.setInt(2, Math.min(until, next + CHUNK - 1));
                fill.execute();
            }
            statement.execute("vacuum analyze");
            statement.execute("checkpoint");
        }
    }

    private static Guard guard(DataSource application) {
        return LedgerBench.guard(LedgerBench.hot(), application, Ed25519Signer.generate(), false);
    }
}
