package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.LedgerSession;
import io.spendguard.model.IdSource;
import io.spendguard.test.Database;
import io.spendguard.test.LedgerOperations;
import io.spendguard.test.TestHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database itself refuses, to the application and to the owner. No test here changes anything. */
class SchemaRulesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/io/spendguard/jdbc/schema.golden.txt");
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String RESTRICT_VIOLATION = "23001";
    private static final String CHECK_VIOLATION = "23514";

    private static Database database;

    @BeforeAll
    static void fillOneLedger() throws Exception {
        database = TestLedgers.newDatabase();
        IdSource ids = IdSource.system();
        LedgerOperations operations = new LedgerOperations("acme", ids, Clock.systemUTC());
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database));
                LedgerSession session = ledger.connect(TestHost.of(ids))) {
            Duration patience = Duration.ofSeconds(30);
            session.submit(operations.activate("a").limit("team", "100 calls"), patience)
                    .get(60, TimeUnit.SECONDS);
            session.submit(
                            operations
                                    .hold("h")
                                    .claim(operations.account("team"), 10)
                                    .inRun("r")
                                    .withPersonal("ada@example.com", "salt"),
                            patience)
                    .get(60, TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void dropDatabase() {
        database.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "budget",
                "account",
                "signing_key",
                "stream",
                "outbox",
                "personal_value",
                "idempotency",
                "run_state",
                "ledger_tx",
                "ledger_entry",
                "reservation",
                "reservation_claim",
                "log_tree",
                "log_tile",
                "log_cursor",
                "canonical_event",
                "log_balance",
                "tree_head",
                "checkpoint",
                "cosignature",
                "opening_balance",
                "dropped_period",
                "schema_history"
            })
    void application_deletingOrTruncatingOrAltering_isRefused(String table) {
        assertRefused(application(), "delete from spendguard." + table, INSUFFICIENT_PRIVILEGE);
        assertRefused(application(), "truncate spendguard." + table, INSUFFICIENT_PRIVILEGE);
        assertRefused(
                application(), "alter table spendguard." + table + " disable trigger all", INSUFFICIENT_PRIVILEGE);
        assertRefused(application(), "drop table spendguard." + table, INSUFFICIENT_PRIVILEGE);
    }

    /** All of them leave enough available. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "('SPENT', -11), ('AVAILABLE', 11)",
                "('HELD', -11), ('AVAILABLE', 11)",
                "('DEBT', 5), ('AVAILABLE', -5)",
                "('GRANT', -50), ('ADJUSTMENT', 101), ('AVAILABLE', -51)"
            })
    void entries_thatLeaveLessThanNothing_areRefused(String entries) {
        assertRefused(application(), entries(entries), CHECK_VIOLATION);
    }

    @ParameterizedTest
    @CsvSource({
        "ledger_tx, posted_at = now()",
        "ledger_entry, atoms = 1",
        "outbox, payload = ''",
        "idempotency, key = ''",
        "stream, opened_at = now()",
        "signing_key, algorithm = ''",
        "reservation_claim, atoms = 1"
    })
    void rowsThatOnlyGrow_changedByAnybody_areRefused(String table, String change) {
        assertRefused(application(), "update spendguard." + table + " set " + change, INSUFFICIENT_PRIVILEGE);
        assertRefused(owner(), "update spendguard." + table + " set " + change, RESTRICT_VIOLATION);
        assertRefused(owner(), "delete from spendguard." + table, RESTRICT_VIOLATION);
        assertRefused(owner(), "truncate spendguard." + table + " cascade", RESTRICT_VIOLATION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "carried_version = 1",
                "limit_atoms = 90, carried_version = 1",
                "limit_atoms = 90, carried_version = -1"
            })
    void limit_saidToBeCarriedBeforeItChanged_isRefusedToEverybody(String change) {
        assertRefused(application(), "update spendguard.budget set " + change, RESTRICT_VIOLATION);
        assertRefused(owner(), "update spendguard.budget set " + change, RESTRICT_VIOLATION);
    }

    @Test
    void limitVersion_countedByHand_isRefusedToEverybody() {
        assertRefused(application(), "update spendguard.budget set limit_version = 1", INSUFFICIENT_PRIVILEGE);
        assertRefused(owner(), "update spendguard.budget set limit_version = 1", RESTRICT_VIOLATION);
        assertRefused(
                application(),
                "insert into spendguard.budget (tenant, namespace, budget_id, unit, limit_atoms, limit_version)"
                        + " values ('acme', 'ENFORCE', 'new', 'calls', 1, 1)",
                RESTRICT_VIOLATION);
    }

    /** Also by a writer that knows nothing of carrying: the change itself is what is counted. */
    @Test
    void entries_onAnAccountThatAChangedLimitHasNotReached_areRefused() {
        assertRefused(
                application(),
                "update spendguard.budget set limit_atoms = 90; " + entries("('HELD', 1), ('AVAILABLE', -1)"),
                "SG006");
        assertRefused(
                application(),
                "update spendguard.budget set limit_atoms = 90; " + entries("('ADJUSTMENT', 20), ('AVAILABLE', -20)"),
                CHECK_VIOLATION);
        assertRefused(application(), entries("('ADJUSTMENT', 10), ('AVAILABLE', -10)"), CHECK_VIOLATION);
    }

    private static String entries(String entries) {
        return """
                insert into spendguard.ledger_entry
                select tenant, tx_id, 100 + row_number() over (), account_id, moved.kind, moved.atoms
                  from spendguard.ledger_entry held cross join (values %s) as moved(kind, atoms)
                 where held.kind = 'HELD'
                """.formatted(entries);
    }

    @Test
    void balances_changedWithoutEntries_areRefusedToEverybody() {
        assertRefused(application(), "update spendguard.account set limit_atoms = 1000", INSUFFICIENT_PRIVILEGE);
        assertRefused(owner(), "update spendguard.account set limit_atoms = 1000", RESTRICT_VIOLATION);
        assertRefused(
                application(),
                "insert into spendguard.account select tenant, gen_random_uuid(), namespace, budget_id, 'other',"
                        + " window_from, window_until, unit, 1000 from spendguard.account",
                RESTRICT_VIOLATION);
    }

    @Test
    void account_ofNoWindow_isRefusedToEverybody() {
        assertRefused(
                owner(),
                "insert into spendguard.account select tenant, gen_random_uuid(), namespace, budget_id, 'other',"
                        + " window_until, window_from, unit from spendguard.account",
                CHECK_VIOLATION);
    }

    @Test
    void balances_movedByATriggerOfOnesOwn_areRefused() {
        assertRefused(application(), """
                create temp table fake (tenant text, tx_id uuid, account_id uuid, kind text, atoms bigint);
                create trigger t after insert on fake referencing new table as entries
                  for each statement execute function spendguard.apply_entries()
                """, INSUFFICIENT_PRIVILEGE);
    }

    @Test
    void parts_thatTakeMoreThanIsHeld_orLieAboutIt_orLeaveAGap_areRefused() {
        String part = "insert into spendguard.reservation_claim (tenant, reservation_id, account_id, part, atoms,"
                + " held_before) select tenant, reservation_id, account_id, %d, %d, 1000 from spendguard.reservation_claim"
                + " where part = 0";

        assertRefused(application(), part.formatted(1, -11), CHECK_VIOLATION);
        assertRefused(application(), part.formatted(2, -1), CHECK_VIOLATION);
        assertRefused(
                application(),
                "insert into spendguard.reservation_claim (tenant, reservation_id, account_id, atoms,"
                        + " held_before) select tenant, reservation_id, gen_random_uuid(), 0, 1000 from"
                        + " spendguard.reservation_claim",
                CHECK_VIOLATION);
    }

    @Test
    void entries_unbalanced_areRefused() {
        assertRefused(
                application(),
                "insert into spendguard.ledger_entry select tenant, tx_id, 100, account_id, 'AVAILABLE', 5 from"
                        + " spendguard.ledger_entry where kind = 'HELD'",
                "23514");
    }

    @Test
    void entries_balancedOnlyAcrossAccounts_areRefused() {
        assertRefused(application(), """
                insert into spendguard.ledger_entry
                select tenant, tx_id, 100 + n, case n when 1 then account_id else gen_random_uuid() end, 'AVAILABLE',
                       case n when 1 then -5 else 5 end
                  from spendguard.ledger_entry cross join generate_series(1, 2) n where kind = 'HELD'
                """, "23514");
    }

    @Test
    void entries_beyondWhatIsAvailable_areRefused() {
        assertRefused(application(), """
                insert into spendguard.ledger_entry
                select tenant, tx_id, 100 + n, account_id, case n when 1 then 'AVAILABLE' else 'HELD' end,
                       case n when 1 then -91 else 91 end
                  from spendguard.ledger_entry cross join generate_series(1, 2) n where kind = 'HELD'
                """, "SG001");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "an event of no stream | outbox select tenant, gen_random_uuid(), 1, gen_random_uuid(), type, payload, digest,"
                        + " chain, batch_size, leaf_index, path, signature, key_id from spendguard.outbox limit 1",
                "a posting without its event | ledger_tx (tenant, tx_id, operation, key, event_id) select tenant, gen_random_uuid(),"
                        + " operation, key, gen_random_uuid() from spendguard.ledger_tx",
                "a posting of no operation | ledger_tx (tenant, tx_id, operation, key, event_id) select tenant, gen_random_uuid(),"
                        + " operation, 'never taken', event_id from spendguard.ledger_tx",
                "a posting of another tenant's event | ledger_tx (tenant, tx_id, operation, key, event_id) select 'other',"
                        + " gen_random_uuid(), operation, key, event_id from spendguard.ledger_tx",
                "entries of no posting | ledger_entry select tenant, gen_random_uuid(), line, account_id, kind, atoms from"
                        + " spendguard.ledger_entry where false union all select tenant, account_id, 1 + n, account_id, 'HELD',"
                        + " 1 - 2 * n from spendguard.account cross join generate_series(0, 1) n",
                "a claim of no reservation | reservation_claim (tenant, reservation_id, account_id, atoms) select tenant,"
                        + " gen_random_uuid(), account_id, 1 from spendguard.reservation_claim"
            })
    void rows_thatBelongToNothing_areRefused(String what, String insert) {
        assertRefused(application(), "insert into spendguard." + insert, "23503");
        assertRefused(owner(), "insert into spendguard." + insert, "23503");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | digest | chain | 1 | 0 | payload | path | signature",
                "99 | substring(digest from 2) | chain | 1 | 0 | payload | path | signature",
                "99 | digest | substring(chain from 2) | 1 | 0 | payload | path | signature",
                "99 | digest | chain | 0 | 0 | payload | path | signature",
                "99 | digest | chain | 1 | 1 | payload | path | signature",
                "99 | digest | chain | 1 | -1 | payload | path | signature",
                "99 | digest | chain | 1 | 0 | null | path | signature",
                "99 | digest | chain | 1 | 0 | payload | substring(chain from 2) | signature",
                "99 | digest | chain | 1 | 0 | payload | null | signature",
                "99 | digest | chain | 1 | 0 | payload | path | null"
            })
    void event_thatIsNotWhole_isRefused(
            String seq,
            String digest,
            String chain,
            String size,
            String leaf,
            String payload,
            String path,
            String sig) {
        assertRefused(
                owner(),
                "insert into spendguard.outbox select tenant, stream, %s, gen_random_uuid(), type, %s, %s, %s, %s, %s, %s, %s, key_id from spendguard.outbox limit 1"
                        .formatted(seq, payload, digest, chain, size, leaf, path, sig),
                CHECK_VIOLATION);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'TIP', 1, 101", "'HELD', 0, 101", "'HELD', 1, -5"})
    void entry_ofNoKindOrPlace_isRefused(String entry) {
        String[] kindAtomsLine = entry.split(", ", 3);
        assertRefused(
                application(),
                "insert into spendguard.ledger_entry select tenant, tx_id, n + %s, account_id, %s, %s * (1 - 2 * n) from"
                                .formatted(kindAtomsLine[2], kindAtomsLine[0], kindAtomsLine[1])
                        + " spendguard.ledger_entry cross join generate_series(0, 1) n where kind = 'HELD'",
                CHECK_VIOLATION);
    }

    @Test
    void answer_givenAgain_isRefusedToEverybody() {
        assertRefused(application(), "update spendguard.idempotency set answer = 'another'", RESTRICT_VIOLATION);
        assertRefused(owner(), "update spendguard.idempotency set answer = null", RESTRICT_VIOLATION);
    }

    @Test
    void answer_ofAKeyTakenBare_isFilledOnce_andNothingElseOfIt() throws SQLException {
        String bare = "insert into spendguard.idempotency (tenant, operation, key, request_hash)"
                + " values ('acme', 'DECIDE', 'bare', sha256('{}'));";
        String fill = "update spendguard.idempotency set answer = '{}' where key = 'bare';";

        assertThat(changes(application(), bare + fill)).containsExactly(1, 1);
        assertRefused(application(), bare + fill + fill, RESTRICT_VIOLATION);
        assertRefused(owner(), bare + fill + fill, RESTRICT_VIOLATION);
        for (String change : new String[] {
            "answer = null",
            "answer = '{}', tenant = 'other'",
            "answer = '{}', operation = 'SETTLE'",
            "answer = '{}', key = 'other'",
            "answer = '{}', request_hash = sha256('')"
        }) {
            assertRefused(
                    owner(),
                    bare + "update spendguard.idempotency set " + change + " where key = 'bare'",
                    RESTRICT_VIOLATION);
        }
    }

    @Test
    void posting_whoseEventIsDropped_staysUntilItsEntriesAreGone() throws SQLException {
        String dropEvents = "set local session_replication_role = replica;"
                + " update spendguard.outbox set payload = null, path = null, signature = null;"
                + " set local session_replication_role = origin;";
        String deletePostings = "delete from spendguard.ledger_tx";

        assertRefused(owner(), dropEvents + deletePostings, RESTRICT_VIOLATION);
        assertThat(changes(owner(), dropEvents + "delete from spendguard.ledger_entry;" + deletePostings))
                .last()
                .isEqualTo(3);
    }

    @Test
    void entries_thatMoveNothing_areRefused() {
        assertRefused(
                application(),
                "insert into spendguard.ledger_entry select tenant, tx_id, 100, account_id, 'HELD', 0 from"
                        + " spendguard.ledger_entry where kind = 'HELD'",
                "23514");
    }

    @Test
    void reservation_changedOtherwiseThanBySettlingOnce_isRefused() {
        assertRefused(application(), "update spendguard.reservation set terms = ''", INSUFFICIENT_PRIVILEGE);
        assertRefused(owner(), "update spendguard.reservation set terms = ''", RESTRICT_VIOLATION);
        assertRefused(
                application(),
                "update spendguard.reservation set state = 'RELEASED'; update spendguard.reservation set state = 'COMMITTED'",
                RESTRICT_VIOLATION);
        assertRefused(
                application(),
                "insert into spendguard.reservation select tenant, gen_random_uuid(), namespace, run, 'COMMITTED',"
                        + " expires_at, terms from spendguard.reservation",
                RESTRICT_VIOLATION);
        assertRefused(
                application(),
                "insert into spendguard.reservation select tenant, gen_random_uuid(), 'NONE', run, 'HELD',"
                        + " expires_at, terms from spendguard.reservation",
                RESTRICT_VIOLATION);
    }

    @Test
    void run_setGoingAgainOrBack_isRefused() {
        assertRefused(
                application(),
                "update spendguard.run_state set stopped_by = gen_random_uuid(); update spendguard.run_state set stopped_by"
                        + " = null",
                RESTRICT_VIOLATION);
        assertRefused(application(), "update spendguard.run_state set steps = 0", RESTRICT_VIOLATION);
    }

    @Test
    void personalValues_erasedByTheOwner_leaveTheEventsAlone() throws SQLException {
        try (Connection connection = owner().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);

            int erased = statement.executeUpdate("delete from spendguard.personal_value");

            assertThat(erased).isEqualTo(1);
            connection.rollback();
        }
    }

    @Test
    void schema_afterMigration_isTheGoldenOne() throws Exception {
        String schema = String.join("\n", describe()) + "\n";
        if (Boolean.getBoolean("spendguard.schema.rewrite")) {
            rewrite(schema);
        }

        assertThat(schema).isEqualTo(Files.readString(GOLDEN));
    }

    private static List<String> describe() throws SQLException {
        List<String> lines = new ArrayList<>();
        String sql = new String(read("/io/spendguard/jdbc/describe-schema.sql"), StandardCharsets.UTF_8);
        try (Connection connection = owner().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
        }
        return lines;
    }

    private static byte[] read(String resource) {
        try (var in = SchemaRulesTest.class.getResourceAsStream(resource)) {
            return Objects.requireNonNull(in, resource).readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void rewrite(String schema) throws IOException {
        Files.createDirectories(GOLDEN.getParent());
        Files.writeString(GOLDEN, schema);
    }

    private static DataSource application() {
        return TestLedgers.application(database);
    }

    private static DataSource owner() {
        return database.adminDataSource();
    }

    /** How many rows each statement changes, in a transaction that is rolled back. */
    private static List<Integer> changes(DataSource as, String sql) throws SQLException {
        List<Integer> counts = new ArrayList<>();
        try (Connection connection = as.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            for (int count = statement.getUpdateCount(); count >= 0; count = statement.getUpdateCount()) {
                counts.add(count);
                statement.getMoreResults();
            }
            connection.rollback();
        }
        return counts;
    }

    /** In a transaction that is rolled back, so that a statement that is not refused leaves no trace. */
    private static void assertRefused(DataSource as, String sql, String state) {
        assertThatThrownBy(() -> {
                    try (Connection connection = as.getConnection();
                            Statement statement = connection.createStatement()) {
                        connection.setAutoCommit(false);
                        try {
                            statement.execute(sql);
                        } finally {
                            connection.rollback();
                        }
                    }
                })
                .as(sql)
                .isInstanceOfSatisfying(
                        SQLException.class,
                        refusal -> assertThat(refusal.getSQLState())
                                .as(refusal.getMessage())
                                .isEqualTo(state));
    }
}
