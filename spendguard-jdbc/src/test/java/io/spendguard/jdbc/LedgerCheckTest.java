package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A sound ledger has no finding; whatever a superuser changes behind the triggers is named. */
class LedgerCheckTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: two, tenant: acme}
            spec:
              budgets:
                - {id: run, limit: 0.40 USD, window: {type: run}}
                - {id: daily, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
            """, "two.yaml");

    private final Database database = TestLedgers.newDatabase();

    @BeforeEach
    void spend() {
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(Ed25519Signer.generate())
                .build()) {
            guard.decide(call()).orThrow().commit(Usage.of(8_000, 16_000));
            guard.decide(call()).orThrow().release("not needed");
            guard.decide(call()).orThrow();
            assertThat(guard.decide(call())).isInstanceOf(Decision.Stop.class);
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void run_soundLedger_findsNothing() {
        LedgerCheck.Report report = LedgerCheck.run(TestLedgers.application(database), null);

        assertThat(report.findings()).isEmpty();
        assertThat(report.summary()).isEqualTo("ledger: checked, 2 accounts, 9 transactions, 11 events, 0 findings");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tampering")
    void run_rowChangedBehindTheTriggers_isNamed(String what, List<String> sql, LedgerLaw law, String message)
            throws SQLException {
        tamper(sql);

        LedgerCheck.Report report = LedgerCheck.run(TestLedgers.application(database), null);

        assertThat(report.findings())
                .as(what)
                .filteredOn(finding -> finding.law() == law)
                .first()
                .extracting(LedgerCheck.Finding::toString)
                .asString()
                .startsWith(law + " tenant 'acme' ")
                .contains(message);
        assertThat(LedgerCheck.run(TestLedgers.application(database), "globex").findings())
                .isEmpty();
        assertThat(LedgerCheck.run(TestLedgers.application(database), "acme").findings())
                .isEqualTo(report.findings());
    }

    static Stream<Arguments> tampering() {
        return Stream.of(
                arguments(
                        "one side of a movement raised",
                        "update spendguard.ledger_entry set atoms = atoms + 1 where kind = 'SPENT'",
                        LedgerLaw.ENTRIES_BALANCE,
                        "sum to 1: every movement has two sides"),
                arguments(
                        "an entry deleted",
                        "delete from spendguard.ledger_entry where kind = 'SPENT'",
                        LedgerLaw.BALANCES_FOLLOW_FROM_ENTRIES,
                        "but its entries sum to"),
                arguments(
                        "a balance lowered",
                        "update spendguard.account set spent_atoms = 0 where budget_id = 'daily'",
                        LedgerLaw.BALANCES_FOLLOW_FROM_ENTRIES,
                        "of budget daily: It has limit 100000000000 (granted 0), spent 0, held 180000000, debt 0, but its"
                                + " entries sum to 100000000000 (0), 180000000, 180000000, 0."),
                Arguments.of(
                        "a limit passed off as a transfer",
                        List.of(
                                "update spendguard.ledger_tx set operation = 'TRANSFER' where tx_id in (select tx_id from"
                                        + " spendguard.ledger_entry where kind = 'ADJUSTMENT' and atoms = -400000000)",
                                "update spendguard.ledger_entry set kind = 'GRANT' where atoms = -400000000"),
                        LedgerLaw.TRANSFERS_MINT_NOTHING,
                        "It transfers 400000000 atoms more than it takes"),
                arguments(
                        "an account deleted",
                        "delete from spendguard.account where budget_id = 'daily'",
                        LedgerLaw.ENTRIES_HAVE_ACCOUNTS,
                        "moves it, but it was never opened"),
                arguments(
                        "debt beside something available",
                        "update spendguard.account set debt_atoms = 5 where budget_id = 'daily'",
                        LedgerLaw.BALANCES_ARE_POSSIBLE,
                        "never below 0, and 0 while there is debt"),
                arguments(
                        "a budget's limit raised past its accounts",
                        "update spendguard.budget set limit_atoms = limit_atoms + 1 where budget_id = 'daily'",
                        LedgerLaw.LIMITS_ARE_THE_BUDGETS,
                        "A contract gives it 100000000000, but its budget 100000000001"),
                arguments(
                        "a hold forgotten",
                        "delete from spendguard.reservation_claim where reservation_id in"
                                + " (select reservation_id from spendguard.reservation where state = 'HELD')",
                        LedgerLaw.HOLDS_ARE_EXPLAINED,
                        "It holds 180000000, but its open reservations hold 0."),
                arguments(
                        "a settled hold set open again",
                        "update spendguard.reservation set state = 'HELD' where state = 'COMMITTED'",
                        LedgerLaw.OUTCOMES_ARE_FINAL_ONCE,
                        "It is HELD and has 1 final outcomes."),
                arguments(
                        "a claim moved to nowhere",
                        "update spendguard.reservation_claim set account_id = gen_random_uuid()",
                        LedgerLaw.CLAIMS_HAVE_ACCOUNTS,
                        "which was never opened"),
                arguments(
                        "a reservation deleted, and its claims left",
                        "delete from spendguard.reservation where state = 'COMMITTED'",
                        LedgerLaw.CLAIMS_HAVE_RESERVATIONS,
                        "is claimed for it, but it is not there."),
                arguments(
                        "entries of no posting",
                        "insert into spendguard.ledger_entry select tenant, gen_random_uuid(), line, account_id, kind, atoms from"
                                + " spendguard.ledger_entry where atoms = 180000000",
                        LedgerLaw.ENTRIES_HAVE_POSTINGS,
                        " entries, but was never posted."),
                arguments(
                        "an operation's key deleted",
                        "delete from spendguard.idempotency where operation = 'SETTLE'",
                        LedgerLaw.POSTINGS_HAVE_OPERATIONS,
                        "whose key is not taken."),
                arguments(
                        "a stream deleted, and its events left",
                        "delete from spendguard.stream",
                        LedgerLaw.EVENTS_HAVE_STREAMS,
                        " events say they are of it, but it is not there."),
                arguments(
                        "a part that says more was held before it",
                        "insert into spendguard.reservation_claim (tenant, reservation_id, account_id, part, atoms,"
                                + " held_before) select tenant, reservation_id, account_id, 1, -200000000, 200000000"
                                + " from spendguard.reservation_claim where atoms = 180000000",
                        LedgerLaw.PARTS_FOLLOW_FROM_EACH_OTHER,
                        "follows 180000000 held and 0 committed, but says 200000000 and 0, and leaves -20000000."),
                arguments(
                        "an answer for replays deleted, so that a call is decided anew",
                        "update spendguard.idempotency set answer = null where operation = 'SETTLE'",
                        LedgerLaw.KEYS_HAVE_ANSWERS,
                        "operation SETTLE"),
                arguments(
                        "a refusal's answer for replays turned into a permission",
                        answer("replace(old, '\"effect\":\"STOP\"', '\"effect\":\"CONTINUE\"')", "DECIDE", "STOP"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        "Its answer for replays does not say what its event "),
                arguments(
                        "an answer for replays given another decision's id",
                        answer(
                                "regexp_replace(old, '\"decision\":\"[^\"]*\"', '\"decision\":\"' || gen_random_uuid()"
                                        + " || '\"')",
                                "DECIDE",
                                "CONTINUE"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        "Its answer for replays does not say what its event "),
                arguments(
                        "an answer for replays that names another operation's event",
                        answer(
                                "regexp_replace(old, '\"event\":\"[^\"]*\"', '\"event\":\"'"
                                        + " || (select min(event_id::text) from spendguard.outbox where type like '%opened%') || '\"')",
                                "DECIDE", "CONTINUE"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        ", which is not its own."),
                arguments(
                        "a settlement's answer for replays made a release",
                        answer("replace(old, 'COMMITTED', 'RELEASED')", "SETTLE", "COMMITTED"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        "Its answer for replays does not say what its event "),
                arguments(
                        "an amount in a settlement's answer for replays lowered",
                        answer("replace(old, '0.18 USD', '0.01 USD')", "SETTLE", "0.18 USD"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        "Its answer for replays does not say what its event "),
                arguments(
                        "an answer for replays made illegible",
                        answer("substr(old, 2)", "DECIDE", "STOP"),
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        "Its answer for replays is no JSON, so that nothing else is checked of it."),
                arguments(
                        "an event made illegible",
                        "update spendguard.outbox set payload = '\\x7bff' where event_id = (select event_id"
                                + " from spendguard.outbox where type like '%decision%' order by seq limit 1)",
                        LedgerLaw.EVENTS_TELL_THE_ENTRIES,
                        "Its bytes are no JSON, so that nothing else is checked of it."),
                arguments(
                        "an event rewritten",
                        "update spendguard.outbox set payload = convert_to(replace(convert_from(payload, 'UTF8'),"
                                + " '\"atomic\":\"-180000000\"', '\"atomic\":\"-170000000\"'), 'UTF8')",
                        LedgerLaw.EVENTS_TELL_THE_ENTRIES,
                        "It tells other entries than transaction"),
                arguments(
                        "an event's bytes changed",
                        "update spendguard.outbox set payload = payload || convert_to(' ', 'UTF8') where seq = 3",
                        LedgerLaw.DIGESTS_ARE_OF_THE_BYTES,
                        "Its bytes at position 3 of stream"),
                arguments(
                        "an event and its digest changed",
                        "update spendguard.outbox set payload = payload || convert_to(' ', 'UTF8'),"
                                + " digest = sha256(payload || convert_to(' ', 'UTF8')) where seq = 3",
                        LedgerLaw.CHAINS_HOLD,
                        "Its chain value at position 3 of stream"),
                arguments(
                        "a posting forgotten",
                        "delete from spendguard.ledger_tx where operation = 'SETTLE'",
                        LedgerLaw.EVENTS_WITH_ENTRIES_ARE_POSTED,
                        "It tells of entries, but nothing was posted with it."),
                arguments(
                        "a decision's event deleted",
                        "delete from spendguard.outbox where type = 'io.spendguard.decision.v1' and seq < 8",
                        LedgerLaw.HOLDS_WERE_DECIDED,
                        "0 decision events tell of it"),
                arguments(
                        "an event deleted",
                        "delete from spendguard.outbox where seq = 4",
                        LedgerLaw.STREAMS_ARE_GAPLESS,
                        "Position 5 follows 3: positions have no gaps."),
                arguments(
                        "an event dropped that was not closed",
                        "update spendguard.outbox set payload = null, path = null, signature = null where seq = 3",
                        LedgerLaw.DROPPED_EVENTS_WERE_CLOSED,
                        "Its bytes at position 3 of stream"),
                arguments(
                        "a decision repeated elsewhere",
                        "insert into spendguard.outbox select tenant, stream, seq + 100, gen_random_uuid(), type, payload,"
                                + " digest, chain, batch_size, leaf_index, path, signature, key_id from spendguard.outbox"
                                + " where type = 'io.spendguard.decision.v1'",
                        LedgerLaw.DECISIONS_ARE_RECORDED_ONCE,
                        "2 decision events tell of it."),
                arguments(
                        "the stop's event deleted",
                        "delete from spendguard.outbox where seq > 9",
                        LedgerLaw.STOPS_WERE_DECIDED,
                        "stopped it, of which no event tells"),
                arguments(
                        "a personal value exchanged",
                        "update spendguard.personal_value set value = 'eve@example.com'",
                        LedgerLaw.PERSONAL_VALUES_MATCH,
                        "is not the one its commitment was made of"));
    }

    @Test
    void tampering_coversEveryLaw() {
        assertThat(tampering().map(arguments -> arguments.get()[2])).contains((Object[]) LedgerLaw.values());
    }

    @Test
    void document_listsTheTampering() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/evidence.md"));
        List<String> rows =
                page.subList(page.indexOf("| done to the database | law broken |") + 2, page.size()).stream()
                        .takeWhile(line -> line.startsWith("|"))
                        .toList();

        assertThat(rows)
                .containsExactlyElementsOf(tampering()
                        .map(arguments ->
                                "| " + arguments.get()[0] + " | `" + arguments.get()[2] + "` |")
                        .toList());
    }

    @Test
    void run_anIllegibleAnswerBesideOtherFaults_namesThoseAsWell() throws SQLException {
        tamper(List.of(
                answer("substr(old, 2)", "DECIDE", "STOP"),
                answer("replace(old, 'COMMITTED', 'RELEASED')", "SETTLE", "COMMITTED"),
                "update spendguard.account set spent_atoms = 0 where budget_id = 'daily'"));

        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .extracting(LedgerCheck.Finding::law)
                .containsSubsequence(
                        LedgerLaw.BALANCES_FOLLOW_FROM_ENTRIES,
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS,
                        LedgerLaw.ANSWERS_ARE_THE_EVENTS);
    }

    @Test
    void run_personalValuesErased_findsNothing() throws SQLException {
        tamper(List.of("delete from spendguard.personal_value"));

        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
    }

    @Test
    void run_afterAReasonThatNoTextOfTheDatabaseCanHold_stillChecks() {
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(Ed25519Signer.generate())
                .build()) {
            guard.decide(Action.toolCall("t").run("other").build()).orThrow().release("cut out of\0any bytes");
        }

        assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                .isEmpty();
    }

    @Test
    void run_databaseWithoutLedger_saysWhatToDo() {
        try (Database empty = EmbeddedPostgres.shared().newDatabase()) {
            assertThatThrownBy(() -> LedgerCheck.run(empty.adminDataSource(), null))
                    .isInstanceOf(LedgerUnavailableException.class)
                    .hasMessageStartingWith("Ledger cannot be checked: ")
                    .hasMessageEndingWith("Connect as a role that may read the schema 'spendguard'.");
        }
    }

    private static Arguments arguments(String what, String sql, LedgerLaw law, String message) {
        return Arguments.of(what, List.of(sql), law, message);
    }

    /** Rewrites the answers of an operation that hold a text. */
    private static String answer(String rewritten, String operation, String holding) {
        return "update spendguard.idempotency set answer = convert_to("
                + rewritten.replace("old", "convert_from(answer, 'UTF8')") + ", 'UTF8') where operation = '" + operation
                + "' and convert_from(answer, 'UTF8') like '%" + holding + "%'";
    }

    /** As a superuser who switches all rules off. */
    private void tamper(List<String> statements) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            for (String sql : statements) {
                assertThat(statement.executeUpdate(sql)).isPositive();
            }
        }
    }

    private static Action call() {
        return Action.llmCall("openai", "gpt-4o")
                .run("r")
                .user("ada@example.com")
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }
}
