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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator asks of a ledger from the shell. */
class OperatorCommandsTest {
    private static final String ROLE = "spendguard_operator_app";
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar, tenant: acme}
            spec:
              budgets:
                - {id: run, limit: 1.00 USD, window: {type: run}}
                - {id: total, limit: 2.00 USD, window: {type: calendar_day, timezone: UTC}}
            """, "one-dollar.yaml");

    private final Database database =
            EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    private final DataSource application = database.dataSourceFor(ROLE, "spendguard_app");

    @BeforeEach
    void spend() {
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(PostgresLedger.open(application))
                .signer(Ed25519Signer.generate())
                .build()) {
            guard.decide(Action.toolCall("search")
                            .run("r-1")
                            .cost(Money.parse("0.25 USD"))
                            .build())
                    .orThrow()
                    .commit(Money.parse("0.25 USD"));
        }
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void budgetList_showsEveryAccount() {
        Console listed = run("budget", "list", "--tenant", "acme");

        assertThat(listed.exitCode()).isZero();
        assertThat(listed.out())
                .startsWith("BUDGET  KEY  FROM")
                .containsPattern("run +r-1 +- +- +1\\.00 USD +0\\.25 USD +0\\.00 USD +0\\.75 USD +0\\.00 USD\n")
                .containsPattern("total +- +\\S+T00:00:00Z +\\S+T00:00:00Z +2\\.00 USD +0\\.25 USD");
    }

    @Test
    void budgetShow_oneBudget_asJson() {
        JsonObject shown = JsonObject.parse(
                run("budget", "show", "run", "--tenant", "acme", "--json").out().getBytes(StandardCharsets.UTF_8));

        assertThat(shown.objects("accounts")).hasSize(1);
        JsonObject account = shown.objects("accounts").get(0);
        assertThat(account.string("key")).isEqualTo("r-1");
        assertThat(account.string("available")).isEqualTo("0.75 USD");
    }

    @Test
    void budgetShow_unknownBudget_isAFinding() {
        Console shown = run("budget", "show", "weekly", "--tenant", "acme");

        assertThat(shown.exitCode()).isEqualTo(1);
        assertThat(shown.out())
                .isEqualTo("Tenant 'acme' has no account of budget 'weekly': accounts appear with the first action that"
                        + " claims them.\n");
        assertThat(run("budget", "list", "--tenant", "acme", "--shadow").exitCode())
                .isEqualTo(1);
    }

    @Test
    void budgetExposure_tellsWhatShadowModeLetPass() {
        Contract watching = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: watching, tenant: acme}
                spec:
                  mode: shadow
                  budgets:
                    - {id: total, limit: 0.10 USD, window: {type: total}}
                """, "watching.yaml");
        assertThat(run("budget", "exposure", "--tenant", "acme").exitCode()).isEqualTo(1);
        try (Guard guard = Guard.builder()
                .contract(watching)
                .ledger(PostgresLedger.open(application))
                .signer(Ed25519Signer.generate())
                .build()) {
            guard.decide(Action.toolCall("search").cost(Money.parse("0.25 USD")).build())
                    .orThrow()
                    .commit(Money.parse("0.20 USD"));
        }

        Console told = run("budget", "exposure", "--tenant", "acme");

        assertThat(told.exitCode()).isZero();
        assertThat(told.out()).isEqualTo("""
                        ANSWER  REASON            CALLS  COST
                        stop    BUDGET_EXHAUSTED  1      0.20 USD
                        exposure: 0.20 USD was spent by calls that enforcement would have refused
                        """);
        assertThat(run("budget", "exposure", "--tenant", "acme", "--until", "2020-01-01T00:00:00Z")
                        .exitCode())
                .isEqualTo(1);
        assertThat(run("budget", "exposure", "--tenant", "acme", "--json").out())
                .contains("\"exposed\":[\"0.20 USD\"]");
    }

    @Test
    void ledgerCheck_soundAndTampered_answersAndExits() throws SQLException {
        Console sound = run("ledger", "check");
        assertThat(sound.out()).isEqualTo("ledger: checked, 2 accounts, 5 transactions, 7 events, 0 findings\n");
        assertThat(sound.exitCode()).isZero();

        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            statement.execute("update spendguard.account set spent_atoms = 0 where budget_id = 'total'");
        }
        Console tampered = run("ledger", "check");
        JsonObject json =
                JsonObject.parse(run("ledger", "check", "--json").out().getBytes(StandardCharsets.UTF_8));

        assertThat(tampered.exitCode()).isEqualTo(1);
        assertThat(tampered.out())
                .startsWith("ledger: checked, 2 accounts, 5 transactions, 7 events, 1 findings\n"
                        + "  BALANCES_FOLLOW_FROM_ENTRIES tenant 'acme' account ");
        assertThat(json.integer("findingCount")).isEqualTo(1);
        assertThat(json.objects("findings").get(0).string("law")).isEqualTo("BALANCES_FOLLOW_FROM_ENTRIES");
    }

    @Test
    void ledgerCheck_noDatabase_cannotRun() {
        Console failed = Console.run("ledger", "check", "--url", "jdbc:postgresql://localhost:1/none", "--user", "x");

        assertThat(failed.exitCode()).isEqualTo(2);
        assertThat(failed.err()).startsWith("spendguard: Ledger cannot be checked: ");
    }

    @Test
    void schemaCheck_fitAndUnfit_answersAndExits() {
        Console fit = run("schema", "check");
        Console unfit = Console.run(
                Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD),
                "schema",
                "check",
                "--url",
                database.jdbcUrl(),
                "--user",
                EmbeddedPostgres.ADMIN);

        assertThat(fit.out()).isEqualTo("schema: checked, 0 faults\n");
        assertThat(fit.exitCode()).isZero();
        assertThat(unfit.exitCode()).isEqualTo(1);
        assertThat(unfit.out()).startsWith("schema: checked, 1 faults\n  Role 'postgres' is a superuser");
    }

    @Test
    void schemaMigrate_emptyDatabase_createsTheSchema() {
        try (Database empty = EmbeddedPostgres.shared().newDatabase()) {
            Console migrated = Console.run(
                    Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD),
                    "schema",
                    "migrate",
                    "--url",
                    empty.jdbcUrl(),
                    "--user",
                    EmbeddedPostgres.ADMIN);

            assertThat(migrated.err()).isEmpty();
            assertThat(migrated.exitCode()).isZero();
            assertThat(migrated.out())
                    .isEqualTo("schema: version " + PostgresLedger.schemaVersion()
                            + ". A login role may keep the ledger after: grant spendguard_app to that_role;\n");
            PostgresLedger.open(empty.dataSourceFor("spendguard_operator_new", "spendguard_app"))
                    .close();
        }
    }

    @Test
    void schemaPrint_isEveryMigrationInTheFolder() throws IOException {
        Console printed = run("schema", "print");

        List<String> files = new ArrayList<>();
        Path folder = Path.of("src/main/resources/io/spendguard/jdbc/migrations");
        try (Stream<Path> scripts = Files.list(folder)) {
            scripts.map(script -> script.getFileName().toString())
                    .sorted(Comparator.comparingInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__")))))
                    .forEach(files::add);
        }
        assertThat(PostgresLedger.schemaScripts().keySet()).containsExactlyElementsOf(files);
        assertThat(printed.out()).startsWith("-- V1__tables.sql\n").contains("create table spendguard.account (");
    }

    private Console run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        if (!args[1].equals("print")) {
            all.addAll(List.of("--url", database.jdbcUrl(), "--user", ROLE));
        }
        return Console.run(Map.of("PGPASSWORD", EmbeddedPostgres.PASSWORD), all.toArray(String[]::new));
    }
}
