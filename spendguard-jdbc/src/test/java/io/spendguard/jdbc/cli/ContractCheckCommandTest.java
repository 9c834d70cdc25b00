package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractCheckCommandTest {
    private static final String GOOD = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar, tenant: acme}
            spec:
              budgets:
                - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    @TempDir
    Path directory;

    private Path good;
    private Path bad;

    @BeforeEach
    void write() throws IOException {
        good = Files.writeString(directory.resolve("good.yaml"), GOOD);
        bad = Files.writeString(directory.resolve("bad.yaml"), GOOD.replace("limit:", "limt:"));
    }

    @Test
    void check_goodContract_isAccepted() {
        Console console = Console.run("contract", "check", good.toString());

        assertThat(console.exitCode()).isZero();
        assertThat(console.out())
                .isEqualTo(good + ": accepted, 1 budgets, 0 rules, digest "
                        + Contract.load(good).digest() + "\ncontract: accepted, 1 files, 0 findings\n");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void check_badContract_namesPlaceAndRemedy() {
        Console console = Console.run("contract", "check", good.toString(), bad.toString());

        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(console.out())
                .contains("bad.yaml:6:", "limt", "Did you mean")
                .endsWith(" findings\n");
        assertThat(console.out()).contains("contract: NOT accepted, 2 files, ");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void check_json_isOneObject() {
        Console console = Console.run("contract", "check", "--json", good.toString(), bad.toString());

        JsonObject answer = JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(answer.integer("findingCount")).isPositive();
        assertThat(answer.objects("contracts")).hasSize(2);
        assertThat(answer.objects("contracts").get(0).bool("accepted")).isTrue();
        assertThat(answer.objects("contracts").get(0).string("digest"))
                .isEqualTo(Contract.load(good).digest().hex());
        assertThat(answer.objects("contracts").get(1).bool("accepted")).isFalse();
        assertThat(answer.objects("contracts").get(1).objects("findings").get(0).integer("line"))
                .isEqualTo(6);
    }

    @Test
    void check_missingFile_cannotRun() {
        Console console =
                Console.run("contract", "check", directory.resolve("none.yaml").toString());

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.out()).isEmpty();
        assertThat(console.err())
                .isEqualTo("spendguard: Contract " + directory.resolve("none.yaml")
                        + " cannot be read. Name a file this process may read.\n");
    }

    @Test
    void check_casesOfAContract_cannotRunAndSaysWhere() throws IOException {
        Path cases = Files.writeString(directory.resolve("good.tests.yaml"), "cases: []");

        Console console = Console.run("contract", "check", good.toString(), cases.toString());

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err())
                .isEqualTo(
                        "spendguard: File " + cases + " holds cases of a contract, as its name says, and no contract."
                                + " Leave it out, and run them with 'spendguard contract test'.\n");
    }

    @Test
    void check_withoutFile_cannotRun() {
        Console console = Console.run("contract", "check");

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err())
                .isEqualTo("spendguard: Missing required parameter: 'FILE'. Try 'spendguard contract check --help'.\n");
    }
}
