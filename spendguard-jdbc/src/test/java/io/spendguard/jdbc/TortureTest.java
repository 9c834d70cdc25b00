package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Namespace;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.StreamReport;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever happens to processes, network and server: what was acknowledged is there, once, and no limit was exceeded. Seconds in
 * the profile {@code torture}, or by {@code -Dtorture.seconds=N -Dtorture.seed=N}.
 */
class TortureTest {
    private static final int SECONDS = Integer.getInteger("torture.seconds", 5);
    private static final long SEED = Long.getLong("torture.seed", System.nanoTime());

    private final Map<String, List<String>> outcomes = new HashMap<>();
    private final Map<String, String> decisions = new HashMap<>();
    private final Map<String, Integer> told = new TreeMap<>();

    @TempDir
    Path folder;

    @Test
    void ledger_underAnyFaults_keepsWhatItAcknowledged_andNoLimitIsExceeded() throws Exception {
        try (Torture torture = new Torture(SEED, folder)) {
            Ed25519Signer key = Ed25519Signer.loadOrCreate(torture.key());
            torture.run(Duration.ofSeconds(SECONDS));

            try (Guard guard = Guard.builder()
                    .contract(Torture.CONTRACT)
                    .ledger(PostgresLedger.open(TestLedgers.application(torture.database())))
                    .signer(key)
                    .patience(Duration.ofSeconds(30))
                    .sweepEvery(Duration.ZERO)
                    .build()) {
                read(guard);
                for (Path log : torture.logs()) {
                    if (Files.exists(log)) {
                        checkWhatWasTold(log);
                    }
                }
                sweepUntilNothingIsHeld(guard);
                sweepAfterTheDeadWereSilent(torture, guard);
                assertThat(guard.ledger().accounts("acme", Namespace.ENFORCE))
                        .isNotEmpty()
                        .allSatisfy(account -> {
                            assertThat(account.spent()).isLessThanOrEqualTo(account.limit());
                            assertThat(account.held()).isZero();
                            assertThat(account.debt()).isZero();
                        });
            }
            assertThat(LedgerCheck.run(TestLedgers.application(torture.database()), null)
                            .findings())
                    .isEmpty();
            VerificationReport report = verify(torture, key);
            assertThat(report.findings()).isEmpty();
            System.out.print(table(torture, report));
        } catch (Exception | AssertionError failure) {
            throw new AssertionError("Torture of " + SECONDS + " s with seed " + SEED + " failed." + said(), failure);
        }
        assertThat(told.getOrDefault("decisions", 0)).isPositive();
    }

    /** What the processes said beside: why they ended by themselves, if any did. */
    private String said() throws IOException {
        StringBuilder said = new StringBuilder();
        try (var files = Files.newDirectoryStream(folder, "*.out")) {
            for (Path file : files) {
                List<String> lines = Files.readAllLines(file);
                said.append('\n')
                        .append(file.getFileName())
                        .append(": ")
                        .append(String.join("\n  ", lines.subList(Math.max(0, lines.size() - 5), lines.size())));
            }
        }
        return said.toString();
    }

    /** Every decision and outcome in the evidence. */
    private void read(Guard guard) {
        guard.ledger().events("acme", event -> {
            JsonObject data = JsonObject.parse(event.draft().payload()).object("data");
            if (event.draft().type().equals(EventTypes.DECISION)) {
                JsonObject decision = data.object("decision");
                String before = decisions.put(decision.string("id"), decision.string("effect"));
                assertThat(before).as("one event of decision %s", decision).isNull();
            } else if (event.draft().type().equals(EventTypes.OUTCOME)) {
                JsonObject outcome = data.object("outcome");
                outcomes.computeIfAbsent(outcome.string("decision"), id -> new ArrayList<>())
                        .add(outcome.string("kind"));
            }
        });
    }

    private void checkWhatWasTold(Path log) throws IOException {
        for (String line : Files.readAllLines(log)) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "D" -> {
                    count("decisions");
                    assertThat(decisions.get(words[3])).as(line).isEqualToIgnoringCase(words[2]);
                }
                case "S" -> {
                    count("settlements");
                    assertThat(outcomes.get(words[1])).as(line).isNotNull().contains(words[2]);
                }
                case "U" -> count("stops that could not be recorded");
                default -> count("settlements refused or unanswered");
            }
        }
    }

    private void count(String what) {
        told.merge(what, 1, Integer::sum);
    }

    /** The last holds end two seconds after they were taken. */
    private static void sweepUntilNothingIsHeld(Guard guard) {
        while (guard.ledger().accounts("acme", Namespace.ENFORCE).stream()
                .mapToLong(AccountState::held)
                .anyMatch(held -> held > 0)) {
            assertThat(guard.sweep().failed()).isZero();
        }
    }

    /** Minutes pass by setting back when the dead were heard of, of whom there is every one but the guard's own writer. */
    private static void sweepAfterTheDeadWereSilent(Torture torture, Guard guard) throws SQLException {
        try (Connection connection = torture.database().adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    update spendguard.writer set heard_at = heard_at - interval '10 minutes'
                     where writer <> (select writer from spendguard.writer order by heard_since desc limit 1);
                    update spendguard.writer set heard_since = heard_since - interval '10 minutes';
                    update spendguard.stream_writer
                       set writer = (select writer from spendguard.writer order by heard_at limit 1)
                     where writer is null
                    """);
        }
        assertThat(guard.sweep().closedStreams()).isPositive();
        assertThat(guard.sweep().closedStreams()).isZero();
    }

    private VerificationReport verify(Torture torture, Ed25519Signer key) throws IOException {
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(torture.database()))) {
            EvidenceExport.from(ledger)
                    .tenant("acme")
                    .contract(Torture.CONTRACT)
                    .write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey()));
    }

    private String table(Torture torture, VerificationReport report) {
        StringBuilder table = new StringBuilder("torture: " + SECONDS + " s, seed " + SEED + "\n");
        torture.done().forEach((fault, times) -> table.append(row(times, fault)));
        told.forEach((what, times) -> table.append(row(times, what + ", as processes were told")));
        table.append(row((int) report.events(), "events verified"));
        table.append(row(
                (int) report.streams().stream()
                        .filter(stream -> stream.state() == StreamReport.State.CLOSED_BY_FENCE)
                        .count(),
                "streams of killed processes, closed by a fence"));
        return table.append(row(0, "limits exceeded, answers lost, events twice, findings of ledger check"))
                .toString();
    }

    private static String row(int count, String what) {
        return "  %8d  %s%n".formatted(count, what);
    }
}
