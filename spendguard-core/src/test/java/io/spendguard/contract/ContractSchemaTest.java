package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.ReasoningEffort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema has the parser's members and names, all of them and no others. */
class ContractSchemaTest {
    /** One of every mapping the language has. */
    private static final String EVERY_MAPPING = """
            apiVersion: spendguard.ai/v1
            metadata: {name: everything}
            spec:
              models:
                single: {provider: openai, model: gpt-4o-mini}
                several: {class: small, candidates: [{provider: openai, model: gpt-4o-mini}]}
              budgets:
                - id: month
                  limit: {amountMicros: 1000000, currency: USD}
                  window: {type: calendar_month, timezone: UTC}
                  appliesTo: {labels: {team: [search]}}
                  reservation: {ttl: PT5M}
                  overrunPolicy: {type: absorb_in_next_window, share: 50%}
              rules:
                - {id: a, when: has(action.user), effect: stop, reasonCode: A, effective: {from: 2026-01-01T00:00:00Z}}
                - id: b
                  when: has(action.tool)
                  effect: {decision: degrade, mutate: {modelAlias: {name: single, channel: stable}}}
                  reasonCode: B
                - {id: c, when: has(action.step), effect: {decision: require_approval, approval: {ttl: PT1H}}, reasonCode: C}
              defaults: {decision: continue}
              combining: {modelAlias: reject}
              requires: {ledger: strong_global}
            """;

    private static final Map<String, String> DEFINITIONS = Map.ofEntries(
            Map.entry("", "#"),
            Map.entry("spec", "#/$defs/spec"),
            Map.entry("metadata", "#/$defs/metadata"),
            Map.entry("models.*", "#/$defs/model"),
            Map.entry("models.*.candidates[]", "#/$defs/candidate"),
            Map.entry("budgets[]", "#/$defs/budget"),
            Map.entry("budgets[].limit", "#/$defs/limitInMicros"),
            Map.entry("budgets[].window", "#/$defs/window"),
            Map.entry("budgets[].appliesTo", "#/$defs/appliesTo"),
            Map.entry("budgets[].reservation", "#/$defs/reservation"),
            Map.entry("budgets[].overrunPolicy", "#/$defs/overrun"),
            Map.entry("rules[]", "#/$defs/rule"),
            Map.entry("rules[].effective", "#/$defs/rule/properties/effective"),
            Map.entry("rules[].effect", "#/$defs/effect"),
            Map.entry("rules[].effect.approval", "#/$defs/effect/properties/approval"),
            Map.entry("rules[].effect.mutate", "#/$defs/mutate"),
            Map.entry("rules[].effect.mutate.modelAlias", "#/$defs/mutate/properties/modelAlias/anyOf/1"),
            Map.entry("defaults", "#/$defs/defaults"),
            Map.entry("combining", "#/$defs/combining"),
            Map.entry("requires", "#/$defs/requires"));

    private static final Schema VALIDATOR = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Contract.schema());

    private final JsonObject schema = JsonObject.parse(Contract.schema().getBytes(StandardCharsets.UTF_8));

    @Test
    void members_ofEveryMapping_areThoseTheParserReads() {
        Findings findings = new Findings("everything.yaml");
        YamlNode root = YamlReader.read(EVERY_MAPPING, findings);
        ContractBinder.bind(root, findings, null);
        findings.throwIfAny();
        Map<String, Set<String>> read = new TreeMap<>();
        findings.accepted().forEach((path, names) -> {
            if (!path.endsWith(".labels")) {
                read.computeIfAbsent(general(path), unread -> new TreeSet<>()).addAll(names);
            }
        });

        Map<String, Set<String>> described = new TreeMap<>();
        DEFINITIONS.forEach((path, pointer) -> described.put(
                path, new TreeSet<>(at(pointer).object("properties").names())));

        assertThat(described).isEqualTo(read);
        DEFINITIONS
                .values()
                .forEach(pointer -> assertThat(at(pointer).bool("additionalProperties"))
                        .as(pointer)
                        .isFalse());
    }

    @Test
    void names_ofEveryChoice_areThoseTheParserKnows() {
        assertNames("#/$defs/spec/properties/mode", Mode.values());
        assertThat(at("#/$defs/spec/properties/prediction_policy").strings("enum"))
                .containsExactlyInAnyOrder(names(PredictionPolicy.values()));
        assertThat(at("#/$defs/rule/properties/run_projection_action").strings("enum"))
                .containsExactlyInAnyOrder(names(RunProjectionAction.values()));
        assertThat(at("#/$defs/rule/properties/at/items").strings("enum"))
                .containsExactlyInAnyOrder(
                        Stream.of(ActionKind.values()).map(ActionKind::trigger).toArray(String[]::new));
        assertThat(at("#/$defs/mutate/properties/reasoningEffort").strings("enum"))
                .containsExactlyInAnyOrder(Stream.of(ReasoningEffort.values())
                        .map(ReasoningEffort::text)
                        .toArray(String[]::new));
        assertThat(at("#/$defs/overrunType").strings("enum"))
                .containsExactlyInAnyOrder(Stream.of(OverrunPolicy.values())
                        .map(OverrunPolicy::text)
                        .toArray(String[]::new));
        assertThat(at("#/$defs/effect/properties/approval/properties/role").strings("enum"))
                .containsExactlyInAnyOrder(
                        Stream.of(ApproverRole.values()).map(ApproverRole::text).toArray(String[]::new));
        assertNames("#/$defs/spec/properties/onExpiry", OnExpiry.values());
        assertThat(at("#/$defs/requires/properties/ledger").strings("enum"))
                .containsExactlyInAnyOrder(Stream.of(LedgerStrength.values())
                        .map(LedgerStrength::text)
                        .toArray(String[]::new));
        assertThat(at("#/$defs/requires/properties/enforcement").strings("enum"))
                .containsExactlyInAnyOrder(Stream.of(EnforcementStrength.values())
                        .map(EnforcementStrength::text)
                        .toArray(String[]::new));
        assertNames("#/$defs/budget/properties/whenKeyMissing", WhenKeyMissing.values());
        assertNames("#/$defs/effect/properties/decision", Effect.values());
        assertThat(at("#/$defs/window/properties/type").strings("enum"))
                .allSatisfy(type -> assertThat(
                                TestContracts.findings(EVERY_MAPPING.replace("calendar_month", type + "x")))
                        .anySatisfy(finding -> assertThat(finding)
                                .contains(String.join(
                                        ", ",
                                        at("#/$defs/window/properties/type").strings("enum")))));
    }

    @Test
    void validate_contractsThatLoad_accepts() throws IOException {
        Map<String, String> contracts = new TreeMap<>();
        contracts.put("everything", EVERY_MAPPING);
        contracts.put("rules of tests", TestContracts.withRules("{id: a, when: true, effect: stop, reasonCode: A}"));
        int examples = 0;
        for (MatchResult example : Pattern.compile("```yaml\n(apiVersion:.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/contract.md")))
                .results()
                .toList()) {
            contracts.put("contract.md " + ++examples, example.group(1));
        }
        try (Stream<Path> samples = Files.list(Path.of("../examples/contracts"))) {
            for (Path sample : samples.filter(file -> !file.toString().endsWith(ContractCases.SUFFIX))
                    .toList()) {
                contracts.put(sample.toString(), Files.readString(sample));
            }
        }
        contracts.values().removeIf(source -> !source.contains("apiVersion: spendguard.ai/v1\n"));

        assertThat(contracts).hasSizeGreaterThan(20);
        contracts.forEach((name, source) -> {
            assertThat(Contract.parse(source, name)).isNotNull();
            assertThat(complaints(source)).as(name).isEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: everything -> nome: everything",
                "limit: {amountMicros: 1000000, currency: USD} -> limit: 10 $ USD",
                "window: {type: calendar_month, timezone: UTC} -> window: {type: calendar_month}",
                "window: {type: calendar_month, timezone: UTC} -> window: {type: fortnight}",
                "effect: stop -> effect: degrade",
                "effect: stop -> effect: {mutate: {maxOutputTokens: 1}}",
                "share: 50% -> share: 0%",
                "id: month -> id: 'the month'",
                "decision: continue} -> decision: degrade}",
                "spendguard.ai/v1 -> spendguard.ai/v2"
            })
    void validate_faultThatTheParserFinds_complains(String change) {
        String[] parts = change.split(" -> ", 2);

        String broken = EVERY_MAPPING.replace(parts[0], parts[1]);

        assertThat(TestContracts.findings(broken)).isNotEmpty();
        assertThat(complaints(broken)).isNotEmpty();
    }

    private static List<String> complaints(String source) {
        YamlNode root = Objects.requireNonNull(YamlReader.read(source, new Findings("c.yaml")));
        return VALIDATOR.validate(json(root), InputFormat.JSON).stream()
                .map(String::valueOf)
                .toList();
    }

    /** As an editor reads YAML 1.2: plain scalars may be numbers and booleans. */
    private static String json(YamlNode node) {
        if (node instanceof YamlNode.Mapping mapping) {
            return mapping.entries().stream()
                    .map(entry -> quoted(entry.key().text()) + ":" + json(entry.value()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (node instanceof YamlNode.Sequence sequence) {
            return sequence.items().stream().map(ContractSchemaTest::json).collect(Collectors.joining(",", "[", "]"));
        }
        YamlNode.Scalar scalar = (YamlNode.Scalar) node;
        return scalar.isPlain() && scalar.text().matches("-?(0|[1-9]\\d*)(\\.\\d+)?|true|false|null")
                ? scalar.text()
                : quoted(scalar.text());
    }

    private static String quoted(String text) {
        String object = JsonObject.create().put("a", text).toString();
        return object.substring("{\"a\":".length(), object.length() - 1);
    }

    private void assertNames(String pointer, Enum<?>[] constants) {
        assertThat(at(pointer).strings("enum"))
                .containsExactlyInAnyOrder(Stream.of(names(constants))
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .toArray(String[]::new));
    }

    private static String[] names(Enum<?>[] constants) {
        return Stream.of(constants).map(Enum::name).toArray(String[]::new);
    }

    /** A path without indexes and names the author chose. */
    private static String general(String path) {
        return path.replaceAll("\\[\\d+]", "[]").replaceFirst("^models\\.[^.]+", "models.*");
    }

    private JsonObject at(String pointer) {
        Object found = schema;
        for (String part : pointer.substring(1).split("/", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            JsonObject object = (JsonObject) found;
            if (part.equals("anyOf")) {
                found = object.list("anyOf").get(1);
            } else if (!part.equals("1")) {
                found = object.object(part);
            }
        }
        return (JsonObject) found;
    }
}
