package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Contracts of so many rules that several threads compile them. */
class ManyRulesTest {
    private static final int RULES = 120;

    @Test
    void parse_manyRules_keepsThemInOrder() {
        Contract contract = Contract.parse(contract("run.steps > %d"), "many.yaml");

        assertThat(contract.rules())
                .extracting(Rule::id)
                .containsExactlyElementsOf(
                        IntStream.range(0, RULES).mapToObj(i -> "r" + i).toList());
        assertThat(contract.rules().get(77).condition()).isEqualTo("run.steps > 77");
    }

    @Test
    void parse_manyFaultyRules_reportsEachAtItsOwnPlace() {
        ContractException refused = catchThrowableOfType(
                ContractException.class, () -> Contract.parse(contract("run.stepz > %d"), "many.yaml"));

        assertThat(refused.findings()).hasSize(RULES);
        for (int i = 0; i < RULES; i++) {
            assertThat(refused.findings().get(i))
                    .returns(6 + i, Finding::line)
                    .returns("rules[" + i + "].when", Finding::path);
        }
    }

    private static String contract(String condition) {
        return """
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: many}
                spec:
                  rules:
                """
                + IntStream.range(0, RULES)
                        .mapToObj(i -> "    - {id: r" + i + ", when: " + condition.formatted(i)
                                + ", effect: stop, reasonCode: R}\n")
                        .collect(Collectors.joining());
    }
}
