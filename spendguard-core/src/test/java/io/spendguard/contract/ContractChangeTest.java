package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractChangeTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: daily, version: 1.0.0}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
              budgets:
                - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: calls, limit: 20 calls, window: {type: run}}
              rules:
                - id: low
                  at: [llm.call.pre]
                  when: budget("day").available < money("20.00", "USD")
                  effect: {decision: degrade, mutate: {modelAlias: cheap}}
                  reasonCode: LOW
                - {id: tools, at: [tool.call.pre], when: 'action.tool == "shell"', effect: stop, reasonCode: TOOL}
            """;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "limit: 100.00 USD | limit: 50.00 USD | budget day: limit: 100.00 USD -> 50.00 USD",
                "timezone: UTC | timezone: Europe/Berlin | budget day: window: {timezone: UTC, type: calendar_day} -> {timezone: Europe/Berlin, type: calendar_day}",
                "window: {type: run}} | window: {type: run}, warnAt: 50%} | budget calls: warnAt: nothing -> [50]",
                "effect: stop | effect: skip | rule tools: decision: STOP -> SKIP",
                "gpt-4o-mini | gpt-4o | model cheap@stable: model: gpt-4o-mini -> gpt-4o",
                "version: 1.0.0 | version: 1.1.0 | contract: version: 1.0.0 -> 1.1.0",
                "id: calls | id: loops | budget calls: removed",
            })
    void changesSince_oneChange_isNamedWithBothValues(String from, String to, String change) {
        Contract before = Contract.parse(CONTRACT, "old.yaml");
        Contract after = Contract.parse(CONTRACT.replace(from, to), "new.yaml");

        assertThat(after.changesSince(before)).first().hasToString(change);
    }

    @Test
    void changesSince_addedRuleDefaultAndMode_areAllThere() {
        Contract before = Contract.parse(CONTRACT, "old.yaml");
        Contract after = Contract.parse(
                CONTRACT.replace("spec:", "spec:\n  mode: shadow")
                        + "    - {id: agents, when: has(action.agent), effect: skip, reasonCode: A}\n"
                        + "  defaults: {decision: stop}\n",
                "new.yaml");

        assertThat(after.changesSince(before))
                .extracting(ContractChange::toString)
                .containsExactly(
                        "contract: default: CONTINUE -> STOP",
                        "contract: mode: ENFORCE -> SHADOW",
                        "rule agents: added: {at: [run.pre, agent.step.pre, llm.call.pre, tool.call.pre, agent.dispatch.pre],"
                                + " decision: SKIP, priority: 0, reasonCode: A, when: has(action.agent)}");
    }

    @Test
    void changesSince_rulesInAnotherOrder_saysSo() {
        String low = CONTRACT.substring(CONTRACT.indexOf("    - id: low"), CONTRACT.indexOf("    - {id: tools"));
        Contract before = Contract.parse(CONTRACT, "old.yaml");
        Contract after = Contract.parse(CONTRACT.replace(low, "") + low, "new.yaml");

        assertThat(after.digest()).isNotEqualTo(before.digest());
        assertThat(after.changesSince(before))
                .containsExactly(new ContractChange("rules", "order: low, tools -> tools, low"));
    }

    @Test
    void changesSince_sameMeaning_isEmpty() {
        Contract before = Contract.parse(CONTRACT, "old.yaml");
        Contract after = Contract.parse(
                "# another comment\n" + CONTRACT.replace("100.00 USD", "{amountMicros: 100000000, currency: USD}"),
                "new.yaml");

        assertThat(after.digest()).isEqualTo(before.digest());
        assertThat(after.changesSince(before)).isEmpty();
    }

    @Test
    void changesSince_layers_areComparedOneByOne() {
        String layer = """
                apiVersion: spendguard.ai/v1
                metadata: {name: team}
                spec:
                  budgets:
                    - {id: team, limit: 5.00 USD, window: {type: total}}
                """;
        Contract base = Contract.parse(CONTRACT, "base.yaml");
        Contract before = base.withLayer(layer, "old.yaml");
        Contract after = base.withLayer(layer.replace("5.00", "4.00"), "new.yaml");

        assertThat(after.changesSince(before))
                .isEqualTo(List.of(new ContractChange("layer budget team", "limit: 5.00 USD -> 4.00 USD")));
        assertThat(after.changesSince(base))
                .isEqualTo(List.of(new ContractChange("contract", "has a layer below now")));
    }
}
