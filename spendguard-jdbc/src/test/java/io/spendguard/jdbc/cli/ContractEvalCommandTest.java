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

class ContractEvalCommandTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: daily, tenant: acme}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
              budgets:
                - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: loops, limit: 50 calls, window: {type: run}}
              rules:
                - id: out_of_money
                  priority: 1000
                  when: budget("day").spent >= budget("day").limit
                  effect: stop
                  reasonCode: DAY_SPENT
                - id: nearly_out
                  at: [llm.call.pre]
                  when: budget("day").available < money("20.00", "USD") && labels.team == "search"
                  effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 512}}
                  reasonCode: BUDGET_LOW
                - id: shell
                  at: [tool.call.pre]
                  when: action.tool == "shell"
                  effect: stop
                  reasonCode: TOOL_DENIED
            """;

    private static final String CALL = """
            {
              "action": {"provider": "openai", "model": "gpt-4o", "inputTokens": 1000, "maxOutputTokens": 800,
                         "run": "r1", "labels": {"team": "search"}},
              "budgets": {"day": {"spent": "85.00 USD"}},
              "now": "2026-11-23T12:00:00Z"
            }
            """;

    @TempDir
    Path directory;

    private Path contract;

    @BeforeEach
    void write() throws IOException {
        contract = Files.writeString(directory.resolve("daily.yaml"), CONTRACT);
    }

    @Test
    void eval_requiredApprovalOrSkip_saysWhatTheCallerIsAsked() throws IOException {
        Files.writeString(contract, CONTRACT + """
                    - id: wire
                      when: action.tool == "wire"
                      effect: {decision: require_approval, approval: {role: platform-eng, ttl: PT30M}}
                      reasonCode: WIRE
                    - id: optional
                      when: action.tool == "rerank"
                      effect: {decision: skip, targets: [rerank, summary]}
                      reasonCode: OPTIONAL
                """);
        String input = "{\"action\": {\"tool\": \"%s\", \"run\": \"r1\"}, \"now\": \"2026-11-23T12:00:00Z\"}";

        assertThat(eval(input.formatted("wire")).out())
                .startsWith("outcome: require_approval\n")
                .endsWith("matched: wire\napproval: by platform-eng within PT30M, else stop\n");
        assertThat(eval(input.formatted("rerank")).out())
                .startsWith("outcome: skip\n")
                .endsWith("matched: optional\ntargets: rerank, summary\n");
        JsonObject json = JsonObject.parse(
                eval(input.formatted("wire"), "--json").out().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(json.object("approval").string("role")).isEqualTo("platform-eng");
    }

    @Test
    void eval_degrade_showsReasonPatchAndHolds() throws IOException {
        Console console = eval(CALL);

        assertThat(console.err()).isEmpty();
        assertThat(console.exitCode()).isZero();
        assertThat(console.out()).isEqualTo("""
                outcome: degrade
                reason: BUDGET_LOW (nearly_out): Rule 'nearly_out' answers degrade, because this holds: budget("day").available < money("20.00", "USD") && labels.team == "search".
                matched: nearly_out
                patch: modelAlias: gpt-4o -> cheap
                patch: maxOutputTokens: 800 -> 512
                holds: 0.0004572 USD of budget 'day'
                holds: 1 calls of budget 'loops' for 'r1'
                """);
    }

    @Test
    void eval_explain_showsEachPartOfEachRule() throws IOException {
        Console console = eval(CALL.replace(", \"labels\": {\"team\": \"search\"}", ""), "--explain");

        assertThat(console.out()).endsWith("""
                rule out_of_money: did not match
                  budget("day").spent >= budget("day").limit = false
                    budget("day").spent = 85.00 USD
                    budget("day").limit = 100.00 USD
                rule nearly_out: could not be evaluated
                  budget("day").available < money("20.00", "USD") && labels.team == "search": a label or key is absent. Test it first, as in has(labels.NAME).
                    budget("day").available < money("20.00", "USD") = true
                      budget("day").available = 15.00 USD
                    labels.team == "search": a label or key is absent. Test it first, as in has(labels.NAME).
                      labels.team: a label or key is absent. Test it first, as in has(labels.NAME).
                rule shell: is for other actions
                """);
        assertThat(console.out()).startsWith("outcome: require_approval\nreason: EVALUATION_ERROR (nearly_out): ");
    }

    @Test
    void eval_noRoomLeft_answersAsTheGuardDoes() throws IOException {
        Console console = eval(CALL.replace("85.00", "99.9999"));

        assertThat(console.out())
                .startsWith("outcome: stop\nreason: BUDGET_EXHAUSTED: Budget 'day' cannot hold 0.0004572 USD:"
                        + " 0.0001 USD available until 2026-11-24T00:00:00Z. Raise its limit or handle Stop.\n");
    }

    @Test
    void eval_layer_isReadBelowItsBase() throws IOException {
        Path layer = Files.writeString(directory.resolve("team.yaml"), """
                apiVersion: spendguard.ai/v1
                metadata: {name: team}
                spec:
                  rules:
                    - {id: early, when: 'budget("day").spent > money("1.00", "USD")', effect: skip, reasonCode: TEAM}
                """);
        Path input = Files.writeString(directory.resolve("input.json"), CALL);

        Console console = Console.run(
                "contract", "eval", layer.toString(), "--base", contract.toString(), "--input", input.toString());

        assertThat(console.out())
                .startsWith("outcome: skip\nreason: TEAM (early): ")
                .contains("reason: BUDGET_LOW");
    }

    @Test
    void eval_budgetPerUser_hidesTheMadeUpHash() throws IOException {
        Path perUser = Files.writeString(directory.resolve("user.yaml"), """
                apiVersion: spendguard.ai/v1
                metadata: {name: user}
                spec:
                  budgets:
                    - {id: person, limit: 1 calls, window: {type: total}, per: user}
                """);
        Path input = Files.writeString(
                directory.resolve("input.yaml"), "{action: {tool: t, user: ann}, budgets: {person: {spent: 1 calls}}}");

        Console console = Console.run("contract", "eval", perUser.toString(), "--input", input.toString());

        assertThat(console.out())
                .contains("Budget 'person' cannot hold 1 calls: 0 calls available for key '~personal'.");
    }

    @Test
    void eval_stoppedRun_isStopped() throws IOException {
        Console console = eval("{\"action\": {\"tool\": \"search\", \"run\": \"r1\"}, \"run\": {\"stopped\": true}}");

        assertThat(console.out()).startsWith("outcome: stop\nreason: RUN_STOPPED: Run 'r1' was stopped by decision ");
    }

    @Test
    void eval_json_isOneObject() throws IOException {
        Console console = eval("action: {tool: shell, run: r1}", "--json", "--explain");

        JsonObject answer = JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(answer.string("outcome")).isEqualTo("stop");
        assertThat(answer.objects("reasons").get(0).string("code")).isEqualTo("TOOL_DENIED");
        assertThat(answer.strings("matchedRules")).containsExactly("shell");
        assertThat(answer.objects("holds")).isEmpty();
        assertThat(answer.objects("rules").get(2).objects("parts").get(1).string("value"))
                .isEqualTo("\"shell\"");
    }

    @Test
    void eval_unknownNames_cannotRunAndSuggests() throws IOException {
        Console console = eval("""
                {
                  "action": {"provider": "openai", "modle": "gpt-4o", "tool": "x"},
                  "budgets": {"dya": {"spent": "1.00 USD"}, "loops": {"spend": "1 calls", "held": "1.00 USD"}},
                  "nwo": "2026-11-23T12:00:00Z"
                }
                """);

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.out()).isEmpty();
        assertThat(console.err())
                .contains(
                        "input.json:2:36 action: unknown member 'modle'. Did you mean 'model'?",
                        "input.json:3:15 budgets.dya: unknown budget 'dya'. Did you mean 'day'?",
                        "unknown member 'spend'. Did you mean 'spent'?",
                        "'held' is 1.00 USD, but budget 'loops' counts calls. Write an amount of that unit.",
                        "input.json:4:3: unknown member 'nwo'. Did you mean 'now'?");
    }

    @Test
    void eval_budgetWithoutAccount_cannotRun() throws IOException {
        Console console = eval("{\"action\": {\"tool\": \"x\"}, \"budgets\": {\"loops\": {\"spent\": \"3 calls\"}}}");

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err())
                .contains("Budget 'loops' has no account for ", "Give the action that, such as a run.");
    }

    private Console eval(String input, String... options) throws IOException {
        Path file = Files.writeString(directory.resolve("input.json"), input);
        String[] args = new String[5 + options.length];
        System.arraycopy(
                new String[] {"contract", "eval", contract.toString(), "--input", file.toString()}, 0, args, 0, 5);
        System.arraycopy(options, 0, args, 5, options.length);
        return Console.run(args);
    }
}
