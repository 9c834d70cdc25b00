package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.Beginning;
import io.spendguard.verify.Finding;
import io.spendguard.verify.FindingCode;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log takes up what was decided, signs it, and what its owner does afterwards contradicts the signature. */
class EvidenceLogTest {
    private static final String ORIGIN = "example.com/spendguard";
    private static final Signer EVENTS = Ed25519Signer.generate();
    private static final Signer LOG = P256Signer.generate();
    private static final Anchors ANCHORS = Anchors.of(EVENTS.verificationKey(), LOG.verificationKey());

    private final Database database = TestLedgers.newDatabase();
    private final DataSource keeper = database.dataSourceFor("spendguard_test_log", "spendguard_log");
    private final EvidenceLog log = EvidenceLog.open(keeper);
    private int exports;

    @TempDir
    private Path directory;

    @BeforeEach
    void spend() {
        spend("acme");
        spend("globex");
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void checkpoint_signedAndExported_provesThatNothingIsLeftOut() {
        SignedNote note = log.checkpoint(ORIGIN, LOG);
        spend("acme");
        SignedNote next = log.checkpoint(ORIGIN, LOG);

        VerificationReport report = verify(export(null), ANCHORS);

        assertThat(note.isSignedBy(NoteKey.of(ORIGIN, LOG.verificationKey()))).isTrue();
        assertThat(Checkpoint.parse(note.text()).size()).isEqualTo(2);
        assertThat(report.findings()).isEmpty();
        assertThat(report.log()).isNotNull();
        assertThat(report.log().checkpoint()).isEqualTo(Checkpoint.parse(next.text()));
        assertThat(report.log().covered()).isEqualTo(report.events());
        assertThat(report.log().later()).isZero();
        assertThat(report.notes().get(0))
                .startsWith("completeness: every event up to checkpoint 3 of example.com/spendguard is here (");
    }

    @Test
    void checkpoint_withoutNewEvents_isTheLastOne() {
        SignedNote first = log.checkpoint(ORIGIN, LOG);

        assertThat(log.checkpoint(ORIGIN, LOG)).isEqualTo(first);
    }

    @Test
    void checkpoint_bySeveralKeepersAtOnce_takesEachEventUpOnce() throws Exception {
        ExecutorService keepers = Executors.newFixedThreadPool(4);
        try {
            List<Callable<SignedNote>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                calls.add(() -> EvidenceLog.open(keeper).checkpoint(ORIGIN, LOG));
            }
            for (Future<SignedNote> done : keepers.invokeAll(calls)) {
                assertThat(Checkpoint.parse(done.get().text()).size()).isEqualTo(2);
            }
        } finally {
            keepers.shutdownNow();
        }

        assertThat(query("select count(*) from spendguard.canonical_event"))
                .isEqualTo(query("select count(*) from spendguard.outbox"));
        assertThat(verify(export(null), ANCHORS).findings()).isEmpty();
    }

    @Test
    void prove_anEvent_leadsToTheSignedRoot() {
        SignedNote first = log.checkpoint(ORIGIN, LOG);
        spend("globex");
        SignedNote second = log.checkpoint(ORIGIN, LOG);
        UUID event = UUID.fromString(query("select event_id from spendguard.outbox where tenant = 'acme' and seq = 3"));

        InclusionProof proof = log.prove("acme", event).orElseThrow();

        assertThat(MerkleTree.verifyInclusion(proof.leaf(), proof.index(), proof.size(), proof.path(), proof.root()))
                .isTrue();
        Checkpoint signed = Checkpoint.parse(second.text());
        Digest head = LogHead.of("acme", proof.size(), proof.root(), proof.balanceRoot())
                .leaf();
        assertThat(MerkleTree.verifyInclusion(head, proof.headIndex(), signed.size(), proof.headPath(), signed.root()))
                .isTrue();
        Checkpoint earlier = Checkpoint.parse(first.text());
        assertThat(MerkleTree.verifyConsistency(
                        earlier.size(),
                        signed.size(),
                        log.consistency(earlier.size(), signed.size()),
                        earlier.root(),
                        signed.root()))
                .isTrue();
        assertThatThrownBy(() -> log.prove("globex", event))
                .isInstanceOf(EvidenceException.class)
                .hasMessage("Event " + event + " of tenant 'globex' is not in the ledger. Name its id and tenant.");
    }

    @Test
    void export_ofOneTenant_provesItsCompletenessAndShowsNothingOfOthers() {
        log.checkpoint(ORIGIN, LOG);

        VerificationReport report = verify(export("acme"), ANCHORS);

        assertThat(report.findings()).isEmpty();
        assertThat(report.log()).isNotNull();
        assertThat(report.log().covered()).isEqualTo(report.events());
    }

    @Test
    void verify_eventsAfterTheCheckpoint_areCountedAsLater() {
        log.checkpoint(ORIGIN, LOG);
        spend("acme");

        VerificationReport report = verify(export(null), ANCHORS);

        assertThat(report.findings()).isEmpty();
        assertThat(report.log()).isNotNull();
        assertThat(report.log().later()).isPositive();
    }

    @Test
    void verify_aWholeStreamDeletedAfterTheCheckpoint_namesIt() throws SQLException {
        log.checkpoint(ORIGIN, LOG);
        behindTheTriggers("delete from spendguard.outbox where tenant = 'acme'");

        VerificationReport report = verify(export(null), ANCHORS);

        assertThat(report.findings()).extracting("code").containsExactly(FindingCode.EVENT_LEFT_OUT);
        assertThat(report.findings().get(0).message())
                .startsWith("Event 1 of stream ")
                .contains("of tenant 'acme' is not there in its place, but the checkpoint covers positions up to ");
    }

    @Test
    void verify_aLogRewrittenFromTheStart_contradictsTheAnchors() throws SQLException {
        Anchors seen = ANCHORS.with(Checkpoint.parse(log.checkpoint(ORIGIN, LOG).text()));
        behindTheTriggers(
                "delete from spendguard.outbox where tenant = 'acme'",
                "delete from spendguard.stream where tenant = 'acme'",
                "delete from spendguard.account where tenant = 'acme'",
                "delete from spendguard.cosignature",
                "delete from spendguard.checkpoint",
                "delete from spendguard.tree_head",
                "delete from spendguard.log_balance",
                "delete from spendguard.canonical_event",
                "delete from spendguard.log_cursor",
                "delete from spendguard.log_tile",
                "delete from spendguard.log_tree");
        log.checkpoint(ORIGIN, LOG);
        Path rolledBack = export(null);
        spend("globex");
        log.checkpoint(ORIGIN, LOG);
        Path forked = export(null);

        assertThat(verify(rolledBack, ANCHORS).isVerified())
                .as("without a checkpoint seen before")
                .isTrue();
        assertThat(verify(rolledBack, seen).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.CHECKPOINT_INCONSISTENT);
            assertThat(finding.message())
                    .isEqualTo("The checkpoint covers 1 heads, but the anchors saw 2 already: the log was rolled back."
                            + " Ask the log's owner, and keep both.");
        });
        assertThat(verify(forked, seen).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.CHECKPOINT_INCONSISTENT);
            assertThat(finding.message()).contains("two histories were signed");
        });
    }

    @Test
    void verify_aLaterPackage_continuesTheCheckpointSeen() {
        Anchors seen = ANCHORS.with(Checkpoint.parse(log.checkpoint(ORIGIN, LOG).text()));
        spend("acme");
        log.checkpoint(ORIGIN, LOG);

        VerificationReport report = verify(export(null), seen);

        assertThat(report.findings()).isEmpty();
        assertThat(report.log()).isNotNull();
        assertThat(report.log().isContinuation()).isTrue();
    }

    @Test
    void verify_noCheckpointWhereTheAnchorsTellOfALog_isAFinding() {
        Anchors seen = ANCHORS.with(Checkpoint.parse(log.checkpoint(ORIGIN, LOG).text()));
        Path file = directory.resolve("without.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).write(EVENTS, Clock.systemUTC(), file);
        }

        assertThat(verify(file, seen).findings()).extracting("code").containsExactly(FindingCode.CHECKPOINT_MISSING);
    }

    @Test
    void export_whileItReads_tellsHowManyEventsItHas() {
        List<Long> told = new ArrayList<>();
        EvidenceManifest manifest;
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            manifest = EvidenceExport.from(ledger)
                    .progress(told::add)
                    .write(EVENTS, Clock.systemUTC(), directory.resolve("told.zip"));
        }

        assertThat(manifest.events()).isPositive();
        assertThat(told)
                .isEqualTo(LongStream.rangeClosed(1, manifest.events()).boxed().toList());
    }

    @Test
    void verify_checkpointOfAnUnknownKey_isAFinding() {
        log.checkpoint(ORIGIN, Ed25519Signer.generate());

        assertThat(verify(export(null), ANCHORS).findings())
                .extracting("code")
                .containsExactly(FindingCode.CHECKPOINT_NOT_SIGNED);
    }

    @Test
    void cosign_byAWitness_isAskedForByTheAnchors() {
        Signer witness = Ed25519Signer.generate();
        NoteKey key = NoteKey.witness("witness.example/w1", witness.verificationKey());
        Anchors asking = ANCHORS.withWitness(key);
        SignedNote note = log.checkpoint(ORIGIN, LOG);
        assertThat(verify(export(null), asking).findings())
                .extracting("code")
                .containsExactly(FindingCode.CHECKPOINT_NOT_SIGNED);

        SignedNote.Signature line = SignedNote.of(note.text())
                .cosignedBy("witness.example/w1", witness, Instant.parse("2026-11-23T12:00:00Z"))
                .signatures()
                .get(0);
        log.cosign(2, key, line);

        VerificationReport report = verify(export(null), asking);
        assertThat(report.findings()).isEmpty();
        assertThat(report.log()).isNotNull();
        assertThat(report.log().witnesses()).isEqualTo(1);
        SignedNote.Signature foreign = SignedNote.of("another\n")
                .cosignedBy("witness.example/w1", witness, Instant.EPOCH)
                .signatures()
                .get(0);
        assertThatThrownBy(() -> log.cosign(2, key, foreign))
                .isInstanceOf(EvidenceException.class)
                .hasMessage("The line of witness 'witness.example/w1' does not verify over checkpoint 2 of this log."
                        + " Ask the witness again.");
    }

    @Test
    void checkpoint_eventEditedBeforeItWasTakenUp_isBlocked() throws SQLException {
        behindTheTriggers("update spendguard.outbox set payload = payload || ' ' where tenant = 'acme' and seq = 3");

        assertThatThrownBy(() -> log.checkpoint(ORIGIN, LOG))
                .isInstanceOf(EvidenceException.class)
                .hasMessageStartingWith("Checkpoint is blocked: event ")
                .hasMessageEndingWith("is not what was signed there. Compare it with a backup.");
        assertThat(log.latest()).isEmpty();
    }

    @Test
    void checkpoint_eventDeletedBeforeItWasTakenUp_isBlocked() throws SQLException {
        behindTheTriggers("delete from spendguard.outbox where tenant = 'acme' and seq = 3");

        assertThatThrownBy(() -> log.checkpoint(ORIGIN, LOG))
                .isInstanceOf(EvidenceException.class)
                .hasMessageContaining("position 3 of stream ")
                .hasMessageContaining("of tenant 'acme' is missing before 4, and positions have no gaps.");
    }

    @Test
    void checkpoint_balanceThatDoesNotFollowFromEvents_isBlocked() throws SQLException {
        behindTheTriggers("update spendguard.account set spent_atoms = spent_atoms - 1 where tenant = 'globex'");

        assertThatThrownBy(() -> log.checkpoint(ORIGIN, LOG))
                .isInstanceOf(EvidenceException.class)
                .hasMessageMatching("Checkpoint is blocked: account .* of tenant 'globex' has a balance that does not"
                        + " follow from its events. Run: spendguard ledger check");
        assertThat(log.latest()).isEmpty();
    }

    @Test
    void checkpoint_underAnotherName_isRefused() {
        log.checkpoint(ORIGIN, LOG);

        assertThatThrownBy(() -> log.checkpoint("example.com/other", LOG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Log origin 'example.com/other' is another than 'example.com/spendguard', under which"
                        + " checkpoint 2 was signed: a log keeps its name. Use that.");
    }

    @Test
    void checkpoint_afterTheTreeWasChanged_isBlocked() throws SQLException {
        log.checkpoint(ORIGIN, LOG);
        behindTheTriggers(
                "update spendguard.log_tile set hashes = hashes || substring(hashes from 1 for 32)"
                        + " where tenant = '' and level = 0",
                "update spendguard.log_tile set hashes ="
                        + " overlay(hashes placing '\\x00'::bytea from 1) where tenant = ''");
        spend("acme");

        assertThatThrownBy(() -> log.checkpoint(ORIGIN, LOG))
                .isInstanceOf(EvidenceException.class)
                .hasMessage(
                        "Checkpoint is blocked: the tree of 2 heads does not continue checkpoint 2, which was signed."
                                + " Restore the log from its backup.");
    }

    @Test
    void log_changedByItsKeeper_isRefused() {
        log.checkpoint(ORIGIN, LOG);

        for (String change : List.of(
                "update spendguard.tree_head set size = 9",
                "delete from spendguard.checkpoint",
                "update spendguard.log_tree set size = 0, checked_size = 0",
                "update spendguard.log_tile set hashes = substring(hashes from 1 for 32) || hashes where tenant <> ''",
                "insert into spendguard.outbox select * from spendguard.outbox",
                "update spendguard.account set spent_atoms = 0")) {
            assertThatThrownBy(() -> execute(keeper, change))
                    .as(change)
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            refused -> assertThat(refused.getSQLState()).isIn("42501", "23001"));
        }
    }

    @Test
    void exportFrom_streamThatGoesOnAndTenantThatBegan_holdsWhatLiesBetween() {
        SignedNote early = log.checkpoint(ORIGIN, LOG);
        SignedNote seen;
        try (Guard guard = guard("acme")) {
            Permit before = guard.decide(call()).orThrow();
            guard.decide(call()).orThrow().release("not needed");
            seen = log.checkpoint(ORIGIN, LOG);
            before.commit(Usage.of(8_000, 16_000));
            guard.decide(call()).orThrow().commit(Usage.of(8_000, 16_000));
        }
        spend("initech");
        log.checkpoint(ORIGIN, LOG);
        Anchors auditor = ANCHORS.with(Checkpoint.parse(seen.text()));

        VerificationReport all = verify(exportFrom(null, 3), auditor);
        VerificationReport one = verify(exportFrom("acme", 3), auditor);
        VerificationReport further = verify(exportFrom("acme", 2), auditor);

        assertThat(all.findings()).isEmpty();
        assertThat(all.beginning()).isEqualTo(new Beginning(3, 1));
        assertThat(all.streams()).extracting(stream -> stream.tenant()).containsExactly("acme", "initech");
        assertThat(one.findings()).isEmpty();
        assertThat(one.events())
                .as("two outcomes, a decision and the stream's end")
                .isEqualTo(4);
        assertThat(one.accounts())
                .singleElement()
                .satisfies(account -> assertThat(account.spent().toString())
                        .isEqualTo(verify(export("acme"), auditor)
                                .accounts()
                                .get(0)
                                .spent()
                                .toString()));
        assertThat(further.findings()).as("the anchors' checkpoint lies within").isEmpty();
        assertThat(further.summary()).contains("(FROM CHECKPOINT 2)");
        assertThat(codes(verify(exportFrom("acme", 3), ANCHORS.with(Checkpoint.parse(early.text())))))
                .containsExactly(FindingCode.CHECKPOINT_MISSING);
    }

    @Test
    void exportFrom_checkpointThatWasNeverSignedOrIsTheLast_isRefused() {
        log.checkpoint(ORIGIN, LOG);

        assertThatThrownBy(() -> exportFrom(null, 1))
                .isInstanceOf(EvidenceException.class)
                .hasMessage(
                        "The log signed no checkpoint of size 1: its last one is 2. Name one that you verified, as its"
                                + " note or your anchors tell: spendguard anchors show");
        assertThatThrownBy(() -> exportFrom(null, 2))
                .isInstanceOf(EvidenceException.class)
                .hasMessage(
                        "Checkpoint 2 is the log's last: nothing comes after it yet. Run: spendguard log checkpoint");
    }

    private void spend(String tenant) {
        try (Guard guard = guard(tenant)) {
            guard.decide(call()).orThrow().commit(Usage.of(8_000, 16_000));
            guard.decide(call()).orThrow().release("not needed");
            guard.decide(call()).orThrow();
        }
    }

    private Guard guard(String tenant) {
        Contract contract = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: one, tenant: %s}
                spec:
                  budgets:
                    - {id: daily, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                """.formatted(tenant), "one.yaml");
        return Guard.builder()
                .contract(contract)
                .ledger(PostgresLedger.open(TestLedgers.application(database)))
                .signer(EVENTS)
                .build();
    }

    private static Action call() {
        return Action.llmCall("openai", "gpt-4o")
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }

    private Path export(@Nullable String tenant) {
        return write(tenant, EvidenceLog.open(TestLedgers.application(database)).export(tenant));
    }

    private Path exportFrom(@Nullable String tenant, long checkpoint) {
        return write(tenant, EvidenceLog.open(TestLedgers.application(database)).exportFrom(tenant, checkpoint));
    }

    private Path write(@Nullable String tenant, LogExport enclosed) {
        Path file = directory.resolve("evidence-" + exports++ + ".zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport export = EvidenceExport.from(ledger).log(enclosed);
            if (tenant != null) {
                export.tenant(tenant);
            }
            export.write(EVENTS, Clock.systemUTC(), file);
        }
        return file;
    }

    private static VerificationReport verify(Path file, Anchors anchors) {
        return Verifier.verify(file, anchors);
    }

    private String query(String sql) {
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
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

    private static void execute(DataSource as, String sql) throws SQLException {
        try (Connection connection = as.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
