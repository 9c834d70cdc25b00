package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractTestCommandTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: loops}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
              budgets:
                - {id: run, limit: 1.00 USD, window: {type: run}}
              rules:
                - id: loops
                  when: run.steps >= 3
                  effect: stop
                  reasonCode: LOOP
                - id: pricey
                  at: [llm.call.pre]
                  when: budget("run").spent >= money("0.50", "USD")
                  effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 100}}
                  reasonCode: BUDGET_LOW
            """;

    private static final String PASSING = """
            now: 2026-11-23T12:00:00Z
            cases:
              - name: the fourth step is stopped, and so is the rest
                given: {action: {run: r1}}
                steps:
                  - when: {tool: search, cost: 0.10 USD}
                    repeat: 3
                    expect: {outcome: continue, holds: {run: 0.10 USD}}
                  - when: {tool: search}
                    expect: {outcome: stop, reasons: [LOOP], matched: [loops]}
                  - when: {provider: openai, model: gpt-4o, inputTokens: 10, maxOutputTokens: 10}
                    expect: {outcome: stop, reasons: [RUN_STOPPED, LOOP]}
              - name: half is gone
                given: {budgets: {run: {spent: 0.50 USD}}}
                when: {provider: openai, model: gpt-4o, inputTokens: 10, maxOutputTokens: 200, run: r2}
                expect: {outcome: degrade, patch: {modelAlias: cheap, maxOutputTokens: 100}}
            """;

    @TempDir
    Path directory;

    private Path contract;

    @BeforeEach
    void write() throws IOException {
        contract = Files.writeString(directory.resolve("loops.yaml"), CONTRACT);
    }

    @Test
    void test_everythingAsExpected_passes() throws IOException {
        Console console = test(PASSING, "--min-coverage", "100");

        assertThat(console.err()).isEmpty();
        assertThat(console.out()).isEqualTo("""
                loops.yaml: 2 cases, 0 failed, 2 of 2 rules covered
                contract test: passed, 1 contracts, 2 cases, 0 failures
                """);
        assertThat(console.exitCode()).isZero();
    }

    @Test
    void test_folder_findsTheCases() throws IOException {
        Files.writeString(directory.resolve("loops.tests.yaml"), PASSING);

        assertThat(Console.run("contract", "test", directory.toString()).out()).endsWith("2 cases, 0 failures\n");
    }

    @Test
    void test_everyKindOfDifference_isNamedWithItsPlace() throws IOException {
        Console console = test("""
                now: 2026-11-23T12:00:00Z
                cases:
                  - name: outcome
                    given: {run: {steps: 3}}
                    when: {tool: search, run: r1}
                    expect: continue
                  - name: all others
                    given: {budgets: {run: {spent: 0.50 USD}}}
                    when: {provider: openai, model: gpt-4o, inputTokens: 10, maxOutputTokens: 200, run: r2}
                    expect:
                      outcome: degrade
                      reasons: [LOOP]
                      matched: [loops]
                      patch: {maxOutputTokens: 100}
                      holds: {run: 1.00 USD}
                  - name: the third
                    steps:
                      - when: {tool: search, cost: 0.40 USD, run: r3}
                        repeat: 3
                        then: hold
                        expect: continue
                """);

        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(console.out()).isEqualTo("""
                loops.tests.yaml:6:13 case 'outcome': 'outcome' is stop, not continue. Because: LOOP (loops): Rule 'loops' answers stop, because this holds: run.steps >= 3.
                loops.tests.yaml:11:7 case 'all others': 'reasons' are [BUDGET_LOW], not [LOOP]. Because: BUDGET_LOW (pricey): Rule 'pricey' answers degrade, because this holds: budget("run").spent >= money("0.50", "USD").
                loops.tests.yaml:11:7 case 'all others': 'matched' is [pricey], not [loops].
                loops.tests.yaml:11:7 case 'all others': 'patch' is {maxOutputTokens=100, modelAlias=cheap}, not {maxOutputTokens=100}.
                loops.tests.yaml:11:7 case 'all others': 'holds' has 0.0000615 USD of budget 'run', not 1.00 USD.
                loops.tests.yaml:21:17 case 'the third', time 3 of 3: 'outcome' is stop, not continue. Because: BUDGET_EXHAUSTED: Budget 'run' cannot hold 0.40 USD: 0.20 USD available for run 'r3'. Raise its limit or handle Stop.
                loops.yaml: 3 cases, 3 failed, 2 of 2 rules covered
                contract test: FAILED, 1 contracts, 3 cases, 6 failures
                """);
    }

    @Test
    void test_settlements_changeWhatIsLeft() throws IOException {
        Console console = test("""
                now: 2026-11-23T12:00:00Z
                cases:
                  - name: released holds and cheaper calls leave room
                    steps:
                      - {when: {tool: a, cost: 0.90 USD, run: r}, then: release, expect: continue}
                      - {when: {tool: a, cost: 0.90 USD, run: r}, then: {cost: 0.05 USD}, expect: continue}
                      - {when: {tool: a, cost: 0.95 USD, run: r}, expect: continue}
                """);

        assertThat(console.out()).contains("1 cases, 0 failed");
    }

    @Test
    void test_tooLittleCoverage_fails() throws IOException {
        String cases = """
                cases:
                  - name: free
                    given: {now: 2026-11-23T12:00:00Z}
                    when: {tool: search, run: r1}
                    expect: continue
                """;

        assertThat(test(cases).exitCode()).isZero();
        Console console = test(cases, "--min-coverage", "50");
        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(console.out()).isEqualTo("""
                loops.yaml: 1 cases, 0 failed, 0 of 2 rules covered; no case matches loops, pricey. That is 0 %, less than 50 %
                contract test: FAILED, 1 contracts, 1 cases, 1 failures
                """);
    }

    @Test
    void test_json_isOneObject() throws IOException {
        Console console = test(PASSING.replace("reasons: [LOOP]", "reasons: [OTHER]"), "--json");

        JsonObject answer = JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(answer.bool("passed")).isFalse();
        JsonObject first = answer.objects("contracts").get(0);
        assertThat(first.integer("coveragePercent")).isEqualTo(100);
        assertThat(first.strings("uncovered")).isEmpty();
        assertThat(first.objects("failures").get(0).integer("line")).isEqualTo(10);
    }

    @Test
    void test_malformedCases_cannotRunAndNamesEachFault() throws IOException {
        Console console = test("""
                cases:
                  - name: one
                    when: {tool: search, run: r1}
                    expect: {outcome: contnue, matched: [lops], holds: {rnu: 1.00 USD}, patch: {model: x}}
                  - name: two
                    expct: stop
                """);

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err())
                .contains(
                        "loops.tests.yaml:4:23 cases[0].expect.outcome: 'outcome' is 'contnue'",
                        "unknown rule 'lops'. Did you mean 'loops'?",
                        "unknown budget 'rnu'. Did you mean 'run'?",
                        "unknown member 'model'.",
                        "it is not said when this happens",
                        "member 'when' is missing.",
                        "unknown member 'expct'. Did you mean 'expect'?");
    }

    @Test
    void test_noCases_cannotRun() {
        Console none = Console.run("contract", "test", contract.toString());
        Console empty = Console.run("contract", "test", directory.toString());
        Console beyond = Console.run("contract", "test", "--min-coverage", "101", contract.toString());

        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).contains("loops.tests.yaml: there is no such file.");
        assertThat(empty.exitCode()).isEqualTo(2);
        assertThat(empty.err()).contains("holds no file that ends in .tests.yaml");
        assertThat(beyond.exitCode()).isEqualTo(2);
    }

    private Console test(String cases, String... options) throws IOException {
        Files.writeString(directory.resolve("loops.tests.yaml"), cases);
        String[] args = new String[3 + options.length];
        System.arraycopy(new String[] {"contract", "test", contract.toString()}, 0, args, 0, 3);
        System.arraycopy(options, 0, args, 3, options.length);
        return Console.run(args);
    }
}
