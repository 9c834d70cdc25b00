package io.spendguard.contract;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Contracts from resources and from single conditions. */
final class TestContracts {
    private TestContracts() {}

    static String resource(String name) {
        try (InputStream in = TestContracts.class.getResourceAsStream("/contracts/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Contract quickstart() {
        return Contract.parse(resource("quickstart-v1alpha1.yaml"), "quickstart-v1alpha1.yaml");
    }

    /** A contract of two budgets (day: 100 USD, calls: 20 calls each run) and the given rules, in flow style. */
    static String withRules(String... rules) {
        return """
                apiVersion: spendguard.ai/v1
                metadata: {name: t}
                spec:
                  models:
                    cheap: {provider: openai, model: gpt-4o-mini}
                    cheaper: {provider: openai, model: gpt-4.1-nano}
                  budgets:
                    - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                    - {id: calls, limit: 20 calls, window: {type: run}}
                """
                + (rules.length == 0 ? "" : "  rules:\n")
                + String.join(
                        "",
                        List.of(rules).stream()
                                .map(rule -> "    - " + rule + "\n")
                                .toList());
    }

    /** A contract with one rule of that condition, which stops. */
    static Contract stopWhen(String condition) {
        return Contract.parse(stopWhenSource(condition), "c.yaml");
    }

    static String stopWhenSource(String condition) {
        return withRules("{id: r, effect: stop, reasonCode: R, when: '" + condition.replace("'", "''") + "'}");
    }

    /** The findings of a contract that must be refused. */
    static List<String> findings(String source) {
        ContractException refused =
                catchThrowableOfType(ContractException.class, () -> Contract.parse(source, "c.yaml"));
        return Objects.requireNonNull(refused, "the contract was accepted").findings().stream()
                .map(Finding::toString)
                .toList();
    }

    /** The messages of a condition that must be refused, without file and path. */
    static List<String> faultsOf(String condition) {
        return findings(stopWhenSource(condition)).stream()
                .map(text -> text.substring(text.indexOf("when: ") + 6))
                .toList();
    }
}
