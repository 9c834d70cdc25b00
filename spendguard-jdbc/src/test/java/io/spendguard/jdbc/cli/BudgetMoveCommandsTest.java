package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants and transfers from the shell, on the real database. */
@SuppressWarnings("NullAway.Init") // set before each test
class BudgetMoveCommandsTest {
    private static final String ROLE = "spendguard_mover_app";
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: two, tenant: acme}
            spec:
              budgets:
                - {id: team, limit: 1.00 USD, window: {type: total}}
                - {id: org, limit: 5.00 USD, window: {type: total}}
            """, "two.yaml");

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app");

    @TempDir
    private Path folder;

    private Ed25519Signer key;

    @BeforeEach
    void spend() {
        key = Ed25519Signer.loadOrCreate(folder.resolve("key.pem"));
        try (Guard guard = guard()) {
            guard.decide(priced("0.75 USD")).orThrow().commit(Money.parse("0.75 USD"));
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void grantAndTransfer_areMade_andBooksLogAndEvidenceAgree() {
        Console granted = run("grant", "team", "0.50 USD", "--reason", "conference");
        Console transferred = run("transfer", "org", "team", "1.00 USD", "--reason", "more of it");

        assertThat(granted.err()).isEmpty();
        assertThat(granted.exitCode()).isZero();
        assertThat(granted.out())
                .matches("budget: granted 0\\.50 USD to 'team', 0\\.75 USD available, event [0-9a-f-]{36}\n");
        assertThat(transferred.out())
                .matches("budget: transferred 1\\.00 USD from 'org' \\(3\\.25 USD available\\) to 'team' \\(1\\.75 USD"
                        + " available\\), event [0-9a-f-]{36}\n");
        try (Guard guard = guard()) {
            assertThat(guard.decide(priced("1.75 USD")).effect()).isEqualTo(Effect.CONTINUE);
            assertThat(guard.decide(priced("0.01 USD")).effect()).isEqualTo(Effect.STOP);
        }
        Console checked = Console.run(environment(), arguments("ledger", "check"));
        assertThat(checked.out()).endsWith(", 0 findings\n");
        assertThat(verify()).isEmpty();
    }

    @Test
    void grant_sameRequestAgain_isMadeOnce() {
        run("grant", "team", "0.50 USD", "--reason", "conference", "--request", "T-1");

        JsonObject again = JsonObject.parse(
                run("grant", "team", "0.50 USD", "--reason", "conference", "--request", "T-1", "--json")
                        .out()
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(again.bool("replayed")).isTrue();
        assertThat(again.strings("available")).containsExactly("0.75 USD");
    }

    @Test
    void refusals_exitWithTwoAndSayWhy() {
        Console unknown = run("grant", "tema", "0.50 USD", "--reason", "r");
        Console much = run("transfer", "team", "org", "0.26 USD", "--reason", "r");

        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err())
                .isEqualTo("spendguard: Budget 'tema' of tenant 'acme' has no account: accounts appear with the first"
                        + " action that claims them. See spendguard budget list.\n");
        assertThat(much.exitCode()).isEqualTo(2);
        assertThat(much.err())
                .isEqualTo(
                        "spendguard: Budget 'team' of tenant 'acme' cannot give 0.26 USD: 0.25 USD are available, and"
                                + " what is held or spent stays. Transfer less.\n");
    }

    private List<?> verify() {
        EvidenceLog.open(database.dataSourceFor("spendguard_mover_log", "spendguard_log"))
                .checkpoint("example.com/log", key);
        Path file = folder.resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(application)) {
            EvidenceExport.from(ledger)
                    .log(EvidenceLog.open(application).export("acme"))
                    .tenant("acme")
                    .write(key, Clock.systemUTC(), file);
        }
        return Verifier.verify(file, Anchors.of(key.verificationKey())).findings();
    }

    private Console run(String... command) {
        List<String> all = new ArrayList<>(List.of("budget"));
        all.addAll(List.of(command));
        all.addAll(List.of(
                "--tenant", "acme", "--signing-key", folder.resolve("key.pem").toString()));
        return Console.run(environment(), arguments(all.toArray(String[]::new)));
    }

    private String[] arguments(String... command) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of("--url", database.jdbcUrl(), "--user", ROLE));
        return all.toArray(String[]::new);
    }

    private static Map<String, String> environment() {
        return Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD);
    }

    private static Action priced(String cost) {
        return Action.toolCall("t").cost(Money.parse(cost)).build();
    }

    private Guard guard() {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(application))
                .signer(key)
                .build();
    }
}
