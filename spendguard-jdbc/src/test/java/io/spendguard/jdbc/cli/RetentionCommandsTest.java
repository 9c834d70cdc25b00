package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Money;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Letting go of what is archived, and of persons, from the shell. */
class RetentionCommandsTest {
    private static final String ROLE = "spendguard_cli_retention";

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);

    @TempDir
    private Path directory;

    private Path key;
    private Path anchors;
    private Ed25519Signer signer;
    private int calls;
    private int exports;

    @BeforeEach
    void spend() {
        key = directory.resolve("key.pem");
        anchors = directory.resolve("anchors.json");
        signer = Ed25519Signer.loadOrCreate(key, anchors);
        database.dataSourceFor(ROLE, "spendguard_app", "spendguard_log", "spendguard_retention");
        decide();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void closeAndDrop_anArchivedPeriod_leavesALedgerThatChecks() {
        Console early = onLedger("evidence", "drop", "--tenant", "acme");
        export("without.zip");
        Console unproved = close("without.zip");
        checkpoint();
        export("archive.zip", "--with-log");
        Console closed = close("archive.zip");
        Console again = close("archive.zip", "--json");
        Console tooEarly = onLedger("evidence", "drop", "--tenant", "acme");
        checkpoint();
        Console dropped = onLedger("evidence", "drop", "--tenant", "acme");
        Console nothingLeft = onLedger("evidence", "drop", "--tenant", "acme", "--json");
        decide();
        Console checked = onLedger("ledger", "check");
        Console silent = onLedger("evidence", "export", "--key", key.toString(), "--out", path("silent.zip"));
        checkpoint();
        export("rest.zip", "--with-log");
        Console verified = verify("rest.zip");
        export("excerpt.zip", "--with-log", "--from", "2020-01-01T00:00:00Z");
        Console excerpt = verify("excerpt.zip");
        Console notClosed = close("excerpt.zip");

        assertThat(excerpt.out())
                .containsPattern(": [1-9]\\d* of the events here are shown to be under it, 0 are not")
                .endsWith(", 0 findings\nNOT PROVEN (filtered): completeness, chain continuity, balances\n");
        assertThat(notClosed.err())
                .isEqualTo("spendguard: Package " + directory.resolve("excerpt.zip")
                        + " does not prove its balances, so it does not hold everything. Export the whole tenant.\n");
        assertThat(early.exitCode()).isEqualTo(2);
        assertThat(early.err())
                .isEqualTo("spendguard: Tenant 'acme' has no closed period under a signed checkpoint: nothing may be"
                        + " dropped. Run: spendguard evidence close, and then: spendguard log checkpoint\n");
        assertThat(unproved.err())
                .isEqualTo(
                        "spendguard: Package " + directory.resolve("without.zip")
                                + " encloses no checkpoint, so nobody can tell what it holds all of. Export with --with-log.\n");
        assertThat(closed.err()).isEmpty();
        assertThat(closed.out())
                .startsWith("evidence: closed, 7 events of tenant 'acme' are in " + directory.resolve("archive.zip")
                        + ", event ")
                .endsWith("They may be dropped once a checkpoint covers that event: spendguard log checkpoint\n");
        JsonObject replayed = json(again);
        assertThat(replayed.bool("replayed")).isTrue();
        assertThat(replayed.integer("size")).isEqualTo(7);
        assertThat(closed.out()).contains(replayed.string("event"));
        assertThat(tooEarly.err()).isEqualTo(early.err());
        assertThat(dropped.out())
                .isEqualTo(
                        "evidence: dropped, 7 leaves of tenant 'acme', up to 7, but for the events of streams, keys and"
                                + " closes\n");
        assertThat(json(nothingLeft).integer("dropped")).isZero();
        assertThat(checked.out()).endsWith(", 0 findings\n");
        assertThat(checked.exitCode()).isZero();
        assertThat(silent.err())
                .isEqualTo(
                        "spendguard: Events of tenant 'acme' were closed and dropped: only the log shows that nothing"
                                + " else is missing. Export with --with-log.\n");
        assertThat(verified.out())
                .contains(
                        "; of 5 more only the digests, closed and archived)",
                        "money: from the balances of a signed period close on")
                .containsPattern("acme +all +- +.*9\\.00 USD +1\\.00 USD +1\\.00 USD +7\\.00 USD")
                .endsWith(", 0 findings\n");
        assertThat(verified.exitCode()).isZero();
    }

    @Test
    void verify_moreThanWasClosedGone_orLessLeftBehind_isFound() throws SQLException {
        checkpoint();
        export("archive.zip", "--with-log");
        close("archive.zip");
        checkpoint();
        onLedger("evidence", "drop", "--tenant", "acme");
        settle();
        checkpoint();
        export("honest.zip", "--with-log");
        assertThat(verify("honest.zip").exitCode()).isZero();
        behindTheTriggers(
                "create table spendguard.kept_outbox as select * from spendguard.outbox",
                "create table spendguard.kept_opening as select * from spendguard.opening_balance");

        assertFound(
                "update spendguard.outbox set digest = sha256('x') where payload is null and seq = 3", "EVENT_EDITED");
        assertFound(
                "update spendguard.outbox set payload = null, path = null, signature = null where type like '%outcome%'",
                "EVENT_LEFT_OUT");
        assertFound("update spendguard.opening_balance set atoms = atoms + 1 where kind = 'SPENT'", "BALANCES_DIFFER");
        assertFound("delete from spendguard.opening_balance", "BALANCES_DIFFER");
        assertFound("update spendguard.outbox set decision_id = null", "OUTCOME_WITHOUT_DECISION");
    }

    /** A change only a superuser can make, and what comes of it; afterwards it is undone. */
    private void assertFound(String change, String code) throws SQLException {
        behindTheTriggers(change);
        String file = "tampered-" + exports++ + ".zip";
        export(file, "--with-log");
        behindTheTriggers(
                "delete from spendguard.outbox",
                "insert into spendguard.outbox select * from spendguard.kept_outbox",
                "delete from spendguard.opening_balance",
                "insert into spendguard.opening_balance select * from spendguard.kept_opening");

        assertThat(verify(file).out()).as(change).contains("\n  " + code + " ");
    }

    private void behindTheTriggers(String... changes) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            for (String change : changes) {
                statement.execute(change);
            }
        }
    }

    @Test
    void erase_ofATenantNobodyKnows_isNoSuccess() {
        database.dataSourceFor("spendguard_test_eraser", "spendguard_retention");

        Console erased = Console.run(
                Map.of("PGUSER", "spendguard_test_eraser", "PGPASSWORD", EmbeddedPostgres.PASSWORD),
                joined(
                        new String[] {"evidence", "erase", "--tenant", "acne", "--subject", "ada@example.com"},
                        "--url",
                        database.jdbcUrl()));

        assertThat(erased.exitCode()).isEqualTo(2);
        assertThat(erased.err()).contains("Tenant 'acne' is not known here: there are 'acme'. Name one of these.");
    }

    @Test
    void erase_aSubject_saysHowMuchItWas() {
        Console erased = onLedger("evidence", "erase", "--tenant", "acme", "--subject", "ada@example.com");
        Console again = onLedger("evidence", "erase", "--tenant", "acme", "--subject", "ada@example.com", "--json");
        export("after.zip");

        assertThat(erased.out()).isEqualTo("evidence: erased, 2 values of tenant 'acme'\n");
        assertThat(json(again).integer("erased")).isZero();
        assertThat(Console.run("verify", path("after.zip"), "--anchors", anchors.toString())
                        .exitCode())
                .isZero();
    }

    private void decide() {
        try (Guard guard = guard()) {
            guard.decide(call("settled " + calls)).orThrow().commit(Money.parse("0.50 USD"));
            if (calls++ == 0) {
                guard.decide(call("open")).orThrow();
            }
        }
    }

    private static Action call(String key) {
        return Action.toolCall("search")
                .user("ada@example.com")
                .cost(Money.parse("1.00 USD"))
                .key(key)
                .build();
    }

    private Guard guard() {
        return Guard.builder()
                .contract(Contract.parse("""
                        apiVersion: spendguard.ai/v1
                        kind: Contract
                        metadata: {name: one-dollar, tenant: acme}
                        spec:
                          budgets:
                            - {id: all, limit: 9.00 USD, window: {type: total}}
                        """, "one.yaml"))
                .ledger(PostgresLedger.open(database.dataSourceFor(ROLE)))
                .signer(signer)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    /** The hold that the dropped decision took. */
    private void settle() {
        try (Guard guard = guard()) {
            guard.recover("acme", "open").orElseThrow().commit(Money.parse("0.75 USD"));
        }
    }

    private Console verify(String file) {
        return Console.run("verify", path(file), "--anchors", anchors.toString());
    }

    private void checkpoint() {
        assertThat(onLedger("log", "checkpoint", "--key", key.toString(), "--origin", "example.com/spendguard")
                        .err())
                .isEmpty();
    }

    private void export(String file, String... options) {
        String[] command = {"evidence", "export", "--tenant", "acme", "--key", key.toString(), "--out", path(file)};
        assertThat(onLedger(joined(command, options)).err()).isEmpty();
    }

    private Console close(String file, String... options) {
        String[] command = {
            "evidence",
            "close",
            "--tenant",
            "acme",
            "--package",
            path(file),
            "--anchors",
            anchors.toString(),
            "--signing-key",
            key.toString()
        };
        return onLedger(joined(command, options));
    }

    private Console onLedger(String... command) {
        return Console.run(
                Map.of("PGUSER", ROLE, "PGPASSWORD", EmbeddedPostgres.PASSWORD),
                joined(command, "--url", database.jdbcUrl()));
    }

    private static String[] joined(String[] command, String... options) {
        String[] all = Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, all, command.length, options.length);
        return all;
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static JsonObject json(Console console) {
        assertThat(console.err()).isEmpty();
        return JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
    }
}
