package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractDigestTest {
    private static final String SOURCE = """
            apiVersion: spendguard.ai/v1
            metadata: {name: n, tenant: t, version: "1", owner: o}
            spec:
              mode: enforce
              models: {cheap: {provider: openai, model: gpt-4o-mini}}
              budgets:
                - {id: a, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}, reservation: {ttl: PT10M}}
                - {id: b, limit: 3 calls, window: {type: run}}
              rules:
                - {id: r, priority: 5, at: [llm.call.pre, run.pre], when: 'action.agent == "a  b"', effect: stop, reasonCode: R}
                - {id: s, when: 'true', effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 9}}, reasonCode: S}
              defaults: {decision: continue}
            """;

    private static Digest digest(String source) {
        return Contract.parse(source, "c.yaml").digest();
    }

    @Test
    void digest_isSha256OfTheCanonicalJson() {
        Contract contract = Contract.parse(SOURCE, "c.yaml");

        assertThat(contract.canonical())
                .hasToString("{\"budgets\":[{\"holdTtl\":\"PT10M\",\"id\":\"a\",\"limit\":\"1.00 USD\","
                        + "\"overrunPolicy\":\"record_violation_and_debt\","
                        + "\"window\":{\"timezone\":\"UTC\",\"type\":\"calendar_day\"}},"
                        + "{\"holdTtl\":\"PT10M\",\"id\":\"b\",\"limit\":\"3 calls\","
                        + "\"overrunPolicy\":\"record_violation_and_debt\",\"window\":{\"type\":\"run\"}}],"
                        + "\"default\":\"CONTINUE\",\"format\":\"spendguard.contract/1\",\"mode\":\"ENFORCE\","
                        + "\"models\":{\"cheap@stable\":{\"model\":\"gpt-4o-mini\",\"provider\":\"openai\"}},"
                        + "\"name\":\"n\",\"owner\":\"o\",\"rules\":["
                        + "{\"at\":[\"run.pre\",\"llm.call.pre\"],\"decision\":\"STOP\",\"id\":\"r\",\"priority\":5,"
                        + "\"reasonCode\":\"R\",\"when\":\"action.agent == \\\"a  b\\\"\"},"
                        + "{\"at\":[\"run.pre\",\"agent.step.pre\",\"llm.call.pre\",\"tool.call.pre\","
                        + "\"agent.dispatch.pre\"],\"decision\":\"DEGRADE\",\"id\":\"s\",\"maxOutputTokens\":9,"
                        + "\"modelAlias\":\"cheap@stable\",\"priority\":0,\"reasonCode\":\"S\",\"when\":\"true\"}],"
                        + "\"tenant\":\"t\",\"version\":\"1\"}");
        assertThat(contract.digest())
                .isEqualTo(Digest.sha256(contract.canonical().toCanonicalBytes()));
    }

    @Test
    void digest_ofTheSameMeaningWrittenOtherwise_isTheSame() {
        String other = """
                # The same contract.
                spec:
                  rules:
                    - id: s
                      priority: 0
                      condition: |
                        true   // always

                      reasonCode: 'S'
                      effect:
                        mutate: {maxOutputTokens: 9, modelAlias: {channel: stable, name: cheap}}
                        decision: degrade
                    - reasonCode: R
                      effect: {"decision": "stop"}
                      when: >-
                        action.agent
                        == "a  b"
                      at: [run.pre, llm.call.pre]
                      priority: 5
                      id: "r"
                  budgets:
                    - id: b
                      window: {type: run}
                      limit: '3 calls'
                    - id: a
                      window: {timezone: UTC, type: calendar_day}
                      limit: {currency: USD, amountMicros: 1000000}
                      overrunPolicy: {type: record_violation_and_debt}
                  models:
                    cheap@stable: {model: gpt-4o-mini, provider: openai}
                metadata: {owner: o, version: 1, tenant: t, name: n}
                kind: Contract
                apiVersion: spendguard.ai/v1
                """;

        assertThat(digest(other)).isEqualTo(digest(SOURCE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "name: n, | name: m,",
                "tenant: t | tenant: u",
                "version: \"1\" | version: \"2\"",
                "owner: o | owner: p",
                "mode: enforce | mode: shadow",
                "gpt-4o-mini | gpt-4o",
                "provider: openai | provider: azure",
                "cheap: | cheap@beta:",
                "id: a, | id: aa,",
                "1.00 USD | 1.000000001 USD",
                "1.00 USD | 1.00 EUR",
                "3 calls | 4 calls",
                "timezone: UTC | timezone: Europe/Berlin",
                "{type: run} | {type: calendar_day, timezone: UTC}",
                "PT10M | PT11M",
                "id: r, | id: rr,",
                "priority: 5 | priority: -1",
                "[llm.call.pre, run.pre] | [llm.call.pre]",
                "\"a  b\" | \"a b\"",
                "== \"a | != \"a",
                "effect: stop | effect: skip",
                "reasonCode: R} | reasonCode: Q}",
                "modelAlias: cheap | modelAlias: cheaper",
                "maxOutputTokens: 9 | maxOutputTokens: 8",
                "decision: continue | decision: stop",
            })
    void digest_ofAnotherMeaning_differs(String part, String other) {
        String changed = SOURCE.replace(part, other);

        assertThat(changed).isNotEqualTo(SOURCE);
        assertThat(digest(changed)).isNotEqualTo(digest(SOURCE));
    }

    @Test
    void normalized_keepsQuotesAndCollapsesTheRest() {
        assertThat(ConditionText.normalized(" a  ==\t\n 1 ")).isEqualTo("a == 1");
        assertThat(ConditionText.normalized("a // b \" c\n+ 1")).isEqualTo("a + 1");
        assertThat(ConditionText.normalized("'a  //  b'")).isEqualTo("'a  //  b'");
        assertThat(ConditionText.normalized("\"a \\\"  b\"  +  c")).isEqualTo("\"a \\\"  b\" + c");
        assertThat(ConditionText.normalized("r\"a\\\"  +  b")).isEqualTo("r\"a\\\" + b");
        assertThat(ConditionText.normalized("'''a '  b'''  +  c")).isEqualTo("'''a '  b''' + c");
    }
}
