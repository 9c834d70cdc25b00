package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractFindingsTest {
    @Test
    void parse_twoFaults_messageListsBoth() {
        assertThatThrownBy(() ->
                        Contract.parse("apiVersion: spendguard.ai/v1\nmetadata: {name: a}\nspec: {x: 1}\n", "c.yaml"))
                .isInstanceOf(ContractException.class)
                .hasMessage("""
                        Contract c.yaml has 2 faults:
                          c.yaml:3:7 spec: neither budgets nor rules: such a contract controls nothing. Add a budget.
                          c.yaml:3:8 spec: unknown member 'x'. Known here: mode, models, budgets, defaults, prediction_policy, combining, onExpiry, requires, rules.""");
    }

    @Test
    void parse_unknownApiVersion_namesTheKnownOnes() {
        assertThat(TestContracts.findings(TestContracts.withRules().replace("spendguard.ai/v1", "v2")))
                .containsExactly("c.yaml:1:13 apiVersion: 'apiVersion' is 'v2': one of spendguard.ai/v1alpha1,"
                        + " spendguard.ai/v1alpha2, spendguard.ai/v1 is expected.");
    }

    @Test
    void parse_alphaWithMembersOfV1_saysWhichVersionHasThem() {
        String source = TestContracts.withRules(
                        "{id: r, at: [llm.call.pre], when: 'true', effect: {decision: stop}, reasonCode: R}")
                .replace("spendguard.ai/v1", "spendguard.ai/v1alpha1");

        assertThat(TestContracts.findings(source))
                .containsExactly(
                        "c.yaml:5:5 models: 'models' needs apiVersion spendguard.ai/v1. Change apiVersion.",
                        "c.yaml:8:24 budgets[0].limit: 'limit' as text needs apiVersion spendguard.ai/v1."
                                + " Write {amountMicros: ..., currency: ...}.",
                        "c.yaml:9:26 budgets[1].limit: 'limit' as text needs apiVersion spendguard.ai/v1."
                                + " Write {amountMicros: ..., currency: ...}.",
                        "c.yaml:9:51 budgets[1].window.type: 'type' run needs apiVersion spendguard.ai/v1."
                                + " Change apiVersion.",
                        "c.yaml:11:19 rules[0].at: 'at' needs apiVersion spendguard.ai/v1. Change apiVersion.",
                        "c.yaml:11:41 rules[0].when: 'when' needs apiVersion spendguard.ai/v1. Call it 'condition'.");
    }

    @Test
    void parse_routesOtherThanAll_areRefused() {
        String source = TestContracts.resource("quickstart-v1alpha1.yaml").replace("[\"*\"]", "[\"/pay/*\"]");

        assertThat(TestContracts.findings(source))
                .containsExactly("c.yaml:6:29 scope.routes.include: 'include' selects routes, which calls inside a"
                        + " process do not have. Write [\"*\"].");
    }

    @Test
    void parse_conditionInFoldedQuotedAndLiteralScalars_findsLineAndColumn() {
        String source = TestContracts.withRules() + """
                  rules:
                    - id: folded
                      when: >-
                        true
                        && oops
                      effect: stop
                      reasonCode: R
                    - id: quoted
                      when: "action.model == \\"\\u00e9\\x41😀\\" && 1 == \\"\\u0041\\"
                        && oops"
                      effect: stop
                      reasonCode: R
                    - id: plain
                      when: true
                         && 'é😀' == oops
                      effect: stop
                      reasonCode: R
                """;

        assertThat(TestContracts.findings(source))
                .containsExactly(
                        "c.yaml:14:12 rules[0].when: unknown name 'oops'. Known here: action, labels, run, estimate, now.",
                        "c.yaml:18:51 rules[1].when: '==' does not take (int, string). Use values of matching types.",
                        "c.yaml:19:12 rules[1].when: unknown name 'oops'. Known here: action, labels, run, estimate, now.",
                        "c.yaml:24:21 rules[2].when: unknown name 'oops'. Known here: action, labels, run, estimate, now.");
    }

    @Test
    void load_missingFile_namesPathAndRemedy(@TempDir Path folder) {
        Path file = folder.resolve("none.yaml");

        assertThatThrownBy(() -> Contract.load(file))
                .isInstanceOf(ContractException.class)
                .hasMessage(
                        "Contract " + file + " has 1 fault:\n  " + file + ": there is no such file. Check the path.");
    }

    @Test
    void load_fileThatIsNotUtf8_isRefused(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("latin1.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9});

        assertThatThrownBy(() -> Contract.load(file))
                .isInstanceOf(ContractException.class)
                .hasMessage("Contract " + file + " has 1 fault:\n  " + file
                        + ": the file is not UTF-8 text. Save it as UTF-8.");
    }

    @Test
    void load_file_namesFindingsByItsName(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("day.yaml"), TestContracts.resource("quickstart-v1alpha1.yaml"));

        assertThat(Contract.load(file).warnings()).extracting(Finding::file).containsExactly("day.yaml");
    }

    @Test
    void load_fileWithByteOrderMark_isRead(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("bom.yaml"), "\uFEFF" + TestContracts.resource("quickstart-v1alpha1.yaml"));

        assertThat(Contract.load(file).name()).isEqualTo("daily");
    }
}
