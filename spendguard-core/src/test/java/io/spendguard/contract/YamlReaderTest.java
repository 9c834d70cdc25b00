package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class YamlReaderTest {
    @Test
    void parse_aliases_areRefusedWithTheirAnchors() {
        String bomb = "a: &a [x, x]\nb: [*a, *a]\n";

        assertThat(TestContracts.findings(bomb))
                .startsWith(
                        "c.yaml:1:1: member 'apiVersion' is missing. Write 'apiVersion: spendguard.ai/v1'.",
                        "c.yaml:1:1: member 'metadata' is missing. Write 'metadata: {name: ...}'.",
                        "c.yaml:1:1: member 'spec' is missing. Write 'spec:' with budgets and rules.")
                .contains(
                        "c.yaml:1:4: anchor '&a': contracts have no anchors. Remove it.",
                        "c.yaml:2:5: alias '*a': contracts have no aliases. Write the value out.",
                        "c.yaml:2:9: alias '*a': contracts have no aliases. Write the value out.");
    }

    @Test
    void parse_nestingOf33_isRefused() {
        assertThat(TestContracts.findings("[".repeat(33) + "]".repeat(33)))
                .containsExactly("c.yaml:1:33: nesting is deeper than 32 levels. Flatten the document.");
        assertThat(TestContracts.findings("[".repeat(32) + "]".repeat(32)))
                .containsExactly("c.yaml:1:1: the document is a list: a contract is a mapping."
                        + " Start with 'apiVersion: spendguard.ai/v1'.");
    }

    @Test
    void parse_nestingOfHundredThousand_isRefusedWithoutExhaustingTheStack() {
        assertThat(TestContracts.findings("{a: ".repeat(100_000)))
                .containsExactly("c.yaml:1:129: nesting is deeper than 32 levels. Flatten the document.");
    }

    @Test
    void parse_moreThanOneMebibyte_isRefused() {
        assertThat(TestContracts.findings("#".repeat((1 << 20) + 1)))
                .containsExactly("c.yaml: the document is larger than 1048576 bytes. Split the contract.");
        assertThat(TestContracts.findings("#" + "é".repeat(1 << 19)))
                .containsExactly("c.yaml: the document is larger than 1048576 bytes. Split the contract.");
    }

    @Test
    void parse_secondDocument_isRefused() {
        assertThat(TestContracts.findings(TestContracts.withRules() + "---\napiVersion: spendguard.ai/v1\n"))
                .containsExactly("c.yaml:10:1: a second document begins: a file holds one contract."
                        + " Move it to a file of its own.");
    }

    @Test
    void parse_duplicateKey_namesBothPlaces() {
        assertThat(TestContracts.findings(TestContracts.withRules() + "kind: Contract\nkind: Contract\n"))
                .containsExactly("c.yaml:11:1: member 'kind' stands here a second time, first in line 10. Remove one.");
    }

    @Test
    void parse_tag_isRefused() {
        assertThat(TestContracts.findings(TestContracts.withRules() + "kind: !!str Contract\n"))
                .containsExactly("c.yaml:10:7: tag 'tag:yaml.org,2002:str': contracts have no tags. Remove it.");
    }

    @Test
    void parse_keyThatIsAList_isRefused() {
        assertThat(TestContracts.findings(TestContracts.withRules() + "? [a]\n: b\n"))
                .containsExactly(
                        "c.yaml:10:3: a key is a list: keys are plain names. Write a name.",
                        "c.yaml:10:3: unknown member '?'. Known here: apiVersion, kind, metadata, spec.");
    }

    @Test
    void parse_malformedYaml_saysWhere() {
        assertThat(TestContracts.findings("apiVersion: [a\nmetadata: b\n"))
                .containsExactly("c.yaml:2:9: malformed YAML: expected ',' or ']', but got :."
                        + " Correct the syntax here or just above.");
    }

    @Test
    void parse_emptyDocument_isRefused() {
        assertThat(TestContracts.findings("# nothing\n"))
                .containsExactly("c.yaml: the document is empty. Start with 'apiVersion: spendguard.ai/v1'.");
    }

    @Test
    void parse_controlCharacter_isRefused() {
        assertThat(TestContracts.findings("a: \u0000"))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("c.yaml: malformed YAML: ");
    }
}
