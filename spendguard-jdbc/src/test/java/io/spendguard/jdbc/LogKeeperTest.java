package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import io.spendguard.proof.SigningException;
import io.spendguard.test.Database;
import io.spendguard.test.TestClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The log is kept by itself: events are taken up, checkpoints are signed when due, and a signer that is away loses nothing. */
class LogKeeperTest {
    private static final String ORIGIN = "example.com/spendguard";
    private static final Ed25519Signer KEY = Ed25519Signer.generate();

    private final Database database = TestLedgers.newDatabase();
    private final DataSource role = database.dataSourceFor("spendguard_test_log", "spendguard_log");
    private final TestClock clock = TestClock.create();
    private final Map<String, Guard> guards = new HashMap<>();
    private final AwayWhenTold signer = new AwayWhenTold(Ed25519Signer.generate());

    @AfterEach
    void drop() {
        guards.values().forEach(Guard::close);
        database.close();
    }

    @Test
    void forward_withoutASigner_takesUpWhatCame_andSignsNothing() throws SQLException {
        decide("acme");
        LogKeeper keeper = keeper(LogKeeping.forwarding());

        LogKeeper.Forwarded first = keeper.forward();
        LogKeeper.Forwarded again = keeper.forward();
        decide("acme");
        LogKeeper.Forwarded later = keeper.forward();

        assertThat(first.leads()).isTrue();
        assertThat(first.events()).as("opening, activation, account, decision").isEqualTo(4);
        assertThat(again.events()).isZero();
        assertThat(later.events()).isEqualTo(1);
        assertThat(count("canonical_event")).isEqualTo(count("outbox"));
        assertThat(keeper.checkpoint()).isEmpty();
        assertThat(count("checkpoint")).isZero();

        guards.remove("acme").close();
        assertThat(query("select is_closed from spendguard.log_cursor")).isEqualTo("f");
        assertThat(keeper.forward().events()).isEqualTo(1);
        assertThat(query("select is_closed from spendguard.log_cursor")).isEqualTo("t");
    }

    @Test
    void checkpoint_isSignedAfterSoLongOrSoManyEvents_andNeverWithoutNewOnes() {
        LogKeeper keeper = keeper(LogKeeping.signedBy(ORIGIN, signer)
                .checkpointEvery(Duration.ofMinutes(1))
                .checkpointEvents(7));
        decide("acme");
        keeper.forward();

        assertThat(keeper.checkpoint()).as("4 events, no time").isEmpty();
        clock.advance(Duration.ofSeconds(59));
        assertThat(keeper.checkpoint()).as("after 59 s").isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(keeper.checkpoint())
                .as("after a minute")
                .hasValueSatisfying(note -> assertThat(size(note)).isEqualTo(1));
        clock.advance(Duration.ofHours(1));
        assertThat(keeper.checkpoint()).as("nothing new").isEmpty();
        decide("acme");
        keeper.forward();
        assertThat(keeper.checkpoint()).as("1 event after an hour").isPresent();
        decide("acme");
        decide("globex");
        keeper.forward();
        assertThat(keeper.checkpoint()).as("5 events, no time").isEmpty();
        decide("acme");
        decide("acme");
        keeper.forward();
        assertThat(keeper.checkpoint())
                .as("7 events, no time")
                .hasValueSatisfying(note -> assertThat(size(note)).isEqualTo(4));
    }

    @Test
    void checkpoint_signerAway_losesNothing_isTriedAgainLater_andEventsAreTakenUpMeanwhile() throws SQLException {
        LogKeeper keeper = keeper(LogKeeping.signedBy(ORIGIN, signer).checkpointEvents(1));
        decide("acme");
        keeper.forward();
        signer.isAway = true;

        assertThatThrownBy(keeper::checkpoint).isInstanceOf(SigningException.class);
        assertThat(keeper.checkpoint()).as("not at once").isEmpty();
        decide("acme");
        assertThat(keeper.forward().events()).isEqualTo(1);
        clock.advance(LogKeeper.RETRY);
        assertThatThrownBy(keeper::checkpoint).isInstanceOf(SigningException.class);
        assertThat(count("checkpoint")).isZero();

        signer.isAway = false;
        clock.advance(LogKeeper.RETRY);
        SignedNote note = keeper.checkpoint().orElseThrow();

        assertThat(size(note)).isEqualTo(2);
        assertThat(signer.attempts).isEqualTo(3);
        EvidenceLog log = EvidenceLog.open(role);
        assertThat(log.latest()).contains(note);
        assertThat(log.checkpoint(ORIGIN, signer))
                .as("nothing was left unsigned")
                .isEqualTo(note);
    }

    @Test
    void forward_oneTenantsEvidenceFaulty_isNamedAndHoldsNobodyUp() throws SQLException {
        decide("acme");
        decide("globex");
        behindTheTriggers("update spendguard.outbox set payload = payload || ' ' where tenant = 'acme' and seq = 3");
        LogKeeper keeper = keeper(LogKeeping.signedBy(ORIGIN, signer).checkpointEvents(1));

        LogKeeper.Forwarded round = keeper.forward();
        SignedNote note = keeper.checkpoint().orElseThrow();

        assertThat(round.events()).isEqualTo(4);
        assertThat(round.faults()).singleElement().asString().contains("tenant 'acme'");
        assertThat(size(note)).isEqualTo(1);
        assertThat(query("select tenant from spendguard.tree_head")).isEqualTo("globex");
    }

    @Test
    void keepers_ofOneLedger_oneLeads() {
        LogKeeping keeping = LogKeeping.signedBy(ORIGIN, signer).checkpointEvents(1);
        LogKeeper one = keeper(keeping);
        LogKeeper two = keeper(keeping);
        decide("acme");

        assertThat(one.forward().leads()).isTrue();
        assertThat(two.forward()).isEqualTo(new LogKeeper.Forwarded(false, 0, List.of()));
        assertThat(one.checkpoint()).isPresent();
        decide("acme");
        one.forward();
        assertThat(two.checkpoint()).isEmpty();
    }

    @Test
    void ledger_toldToKeepTheLog_doesSo_untilItIsClosed() throws SQLException {
        DataSource both = database.dataSourceFor("spendguard_test_both", "spendguard_app", "spendguard_log");
        PostgresLedger.Options options = PostgresLedger.Options.defaults()
                .log(LogKeeping.signedBy(ORIGIN, signer)
                        .forwardEvery(Duration.ofMillis(100))
                        .checkpointEvents(1));
        Set<Thread> before = Thread.getAllStackTraces().keySet();

        try (PostgresLedger ledger = PostgresLedger.open(both, options)) {
            decide("acme");
            await("select exists (select from spendguard.checkpoint)");
            assertThat(ledger.tenants()).containsExactly("acme");
        }

        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> !before.contains(thread))
                .extracting(Thread::getName)
                .doesNotContain("spendguard-log-forwarder", "spendguard-log-checkpoints");
    }

    @Test
    void start_roleOrNameNotFit_isRefusedWithItsRemedy() {
        assertThatThrownBy(() -> LogKeeper.start(TestLedgers.application(database), LogKeeping.forwarding()))
                .isInstanceOf(LedgerSetupException.class)
                .hasMessage("Role 'spendguard_test_app' may not keep the evidence log. Run: grant spendguard_log to"
                        + " \"spendguard_test_app\".");
        decide("acme");
        EvidenceLog.open(role).checkpoint(ORIGIN, signer);
        assertThatThrownBy(() -> LogKeeper.start(role, LogKeeping.signedBy("example.com/other", signer)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a log keeps its name");
    }

    private LogKeeper keeper(LogKeeping keeping) {
        return LogKeeper.of(role, keeping, clock, IdSource.system());
    }

    private void decide(String tenant) {
        guards.computeIfAbsent(tenant, this::guard)
                .decide(Action.toolCall("search").cost(Money.parse("1.00 USD")).build())
                .orThrow();
    }

    private Guard guard(String tenant) {
        Contract contract = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: one, tenant: %s}
                spec:
                  budgets:
                    - {id: all, limit: 100.00 USD, window: {type: total}}
                """.formatted(tenant), "one.yaml");
        return Guard.builder()
                .contract(contract)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(KEY)
                .sweepEvery(Duration.ZERO)
                .build();
    }

    private static long size(SignedNote note) {
        return Checkpoint.parse(note.text()).size();
    }

    private long count(String table) throws SQLException {
        return Long.parseLong(query("select count(*) from spendguard." + table));
    }

    private String query(String sql) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Asks until the answer is yes; the test's own time limit ends it. */
    private void await(String question) throws SQLException {
        while (!query(question).equals("t")) {
            Thread.onSpinWait();
        }
    }

    private void behindTheTriggers(String change) throws SQLException {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            statement.execute(change);
        }
    }

    /** A key service that can be away. */
    private static final class AwayWhenTold implements Signer {
        private final Signer signer;
        private volatile boolean isAway;
        private int attempts;

        private AwayWhenTold(Signer signer) {
            this.signer = signer;
        }

        @Override
        public String keyId() {
            return signer.keyId();
        }

        @Override
        public String algorithm() {
            return signer.algorithm();
        }

        @Override
        public byte[] publicKey() {
            return signer.publicKey();
        }

        @Override
        public byte[] sign(byte[] message) {
            attempts++;
            if (isAway) {
                throw new SigningException(SigningException.Kind.UNAVAILABLE, "The key is away.", null);
            }
            return signer.sign(message);
        }
    }
}
