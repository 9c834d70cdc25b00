package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Amount;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.Guarded;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.trace.Scope;
import java.net.ConnectException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.ToolExecutionResult;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.execution.DefaultToolExecutionExceptionProcessor;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.metadata.ToolMetadata;
import org.springframework.ai.tool.resolution.StaticToolCallbackResolver;

@Timeout(60)
class GuardedToolsTest {
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void tool_withAPrice_isChargedAndItsTokensToo() {
        GateSettings priced =
                new GateSettings(Scope.EMPTY, ToolAdmission.STOP_ONLY, Map.of("search", Money.parse("0.01 USD")), null);
        try (Bench bench = new Bench(Bench.contract(""), priced)) {
            bench.provider.replyWithToolCall("search", "{}").replyWith("Done.");

            String answer = ask(bench, tool("search", false));

            assertThat(answer).isEqualTo("Done.");
            assertThat(runs).hasValue(1);
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.01012 USD"));
            assertThat(bench.events())
                    .containsExactly(
                            "llm_call continue",
                            "COMMITTED",
                            "tool_call continue",
                            "COMMITTED",
                            "llm_call continue",
                            "COMMITTED");
        }
    }

    @Test
    void tool_thatKnowsItsPrice_commitsItThere() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ToolCallback tool = bench.decorator.guardTool(FunctionToolCallback.builder("search", () -> {
                        Permit.current().orElseThrow().commit(Money.parse("0.02 USD"));
                        return "found";
                    })
                    .description("search")
                    .build());

            tool.call("{}");

            assertThat(bench.events()).containsExactly("tool_call continue", "COMMITTED");
        }
    }

    @Test
    void model_askedAgainWithWhatAToolFound_isNoRepeat() {
        String rule = "- {id: loop, at: [llm.call.pre], when: run.repeats >= 1, effect: stop, reasonCode: TEST_RULE}\n";
        try (Bench bench = new Bench(Bench.contract(rule));
                Scope.Handle run = Scope.ofRun(Bench.TENANT, "r1").open()) {
            bench.provider
                    .replyWithToolCall("search", "{}")
                    .replyWithToolCall("search", "{\"page\": 2}")
                    .replyWith("Done.");

            assertThat(ask(bench, tool("search", false))).isEqualTo("Done.");
            assertThat(bench.provider.calls()).hasSize(3);
        }
    }

    @Test
    void tool_askedForTheSameAgainAndAgain_isStopped() {
        String rule =
                "- {id: loop, at: [tool.call.pre], when: run.repeats >= 2, effect: stop, reasonCode: TEST_RULE}\n";
        try (Bench bench = new Bench(Bench.contract(rule));
                Scope.Handle run = Scope.ofRun(Bench.TENANT, "r1").open()) {
            bench.provider
                    .replyWithToolCall("search", "{}")
                    .replyWithToolCall("search", "{\"page\": 2}")
                    .replyWithToolCall("search", "{}")
                    .replyWithToolCall("search", "{}");

            assertThatThrownBy(() -> ask(bench, tool("search", false))).isInstanceOf(SpendDeniedException.class);

            assertThat(runs).hasValue(3);
            assertThat(bench.provider.calls()).hasSize(4);
        }
    }

    @Test
    void tool_skipped_tellsTheModelInWords() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "skip")))) {
            bench.provider.replyWithToolCall("search", "{}").replyWith("Done.");

            ask(bench, tool("search", false));

            assertThat(runs).hasValue(0);
            assertThat(bench.provider.calls().get(1).string("messages.2.content"))
                    .hasValueSatisfying(text -> assertThat(text)
                            .contains("Tool 'search' was not run: the spending policy skips it")
                            .contains("TEST_RULE"));
        }
    }

    @Test
    void tool_returnDirect_staysSo() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.replyWithToolCall("search", "{}");

            String answer = ask(bench, tool("search", true));

            assertThat(answer).contains("found");
            assertThat(bench.provider.calls()).hasSize(1);
        }
    }

    @Test
    void tool_bothEntries_areForwardedAsTheyAre() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            AtomicReference<String> seen = new AtomicReference<>();
            ToolCallback raw = new Recording(seen);
            ToolCallback tool = bench.decorator.guardTool(raw);

            tool.call("a");
            assertThat(seen).hasValue("a without context");
            tool.call("b", new ToolContext(Map.of("k", "v")));
            assertThat(seen).hasValue("b {k=v}");
            assertThat(tool.getToolMetadata().returnDirect()).isTrue();
            assertThat(tool.getToolDefinition()).isSameAs(raw.getToolDefinition());
            assertThat(bench.decorator.guardTool(tool)).isSameAs(tool);
        }
    }

    @Test
    void tool_streamed_isDecidedWithTheCallersScope() {
        try (Bench bench = new Bench(Bench.contract("").replace(", tenant: acme", ""))) {
            bench.provider.replyWithToolCall("search", "{}").replyWith("Done.");
            ChatClient client = bench.clients().builder(bench.rawModel()).build();

            try (Scope.Handle open = Scope.ofRun(Bench.TENANT, "r1").open()) {
                client.prompt("Hello").tools(tool("search", false)).stream()
                        .content()
                        .blockLast();
            }

            assertThat(runs).hasValue(1);
            assertThat(bench.guard.balances(Bench.TENANT)).isNotEmpty();
            assertThat(bench.events()).hasSize(6);
        }
    }

    @Test
    void toolHandedOverUnwrapped_stoppedByContract_neverRuns() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "stop")))) {
            bench.provider.replyWithToolCall("search", "{}").replyWithToolCall("search", "{}");
            ChatClient unguarded = ChatClient.create(bench.model());

            assertThatThrownBy(() -> unguarded
                            .prompt("Hello")
                            .tools(tool("search", false))
                            .call()
                            .content())
                    .isInstanceOf(SpendDeniedException.class);
            assertThatThrownBy(() -> unguarded.prompt("Hello").tools(tool("search", false)).stream()
                            .content()
                            .blockLast())
                    .isInstanceOf(SpendDeniedException.class);

            assertThat(runs).hasValue(0);
            assertThat(bench.events())
                    .containsExactly(
                            "llm_call continue",
                            "COMMITTED",
                            "tool_call stop",
                            "llm_call continue",
                            "COMMITTED",
                            "tool_call stop");
        }
    }

    @Test
    void toolHandedOverUnwrapped_allowed_holdsNothingAfterItsAdmission() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.replyWithToolCall("search", "{}").replyWith("Done.");
            ChatClient unguarded = ChatClient.create(bench.model());

            unguarded.prompt("Hello").tools(tool("search", false)).call().content();

            assertThat(runs).hasValue(1);
            assertThat(bench.events())
                    .containsExactly(
                            "llm_call continue",
                            "COMMITTED",
                            "tool_call continue",
                            "RELEASED",
                            "llm_call continue",
                            "COMMITTED");
        }
    }

    @Test
    @LeavesOpenHolds("the tool may have had its effect before its connection failed")
    void tool_thatThrows_isNeverFree() {
        GateSettings settings =
                new GateSettings(Scope.EMPTY, ToolAdmission.OFF, Map.of("search", Money.parse("0.01 USD")), null);
        try (Bench bench = new Bench(Bench.contract(""), settings)) {
            ToolCallback broken = bench.decorator.guardTool(FunctionToolCallback.builder("search", () -> {
                        throw new IllegalStateException("no index", new ConnectException("refused"));
                    })
                    .description("search")
                    .build());

            assertThatThrownBy(() -> broken.call("{}")).hasRootCauseInstanceOf(ConnectException.class);

            assertThat(bench.held()).isEqualTo(Amount.parse("0.01 USD"));
        }
    }

    @Test
    void ownToolLoop_onAGuardedClient_stillRunsGuardedTools() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "skip")))) {
            bench.provider.replyWithToolCall("search", "{}").replyWith("Done.");
            ChatClient client = bench.clients().builder(bench.rawModel()).build();

            client.prompt("Hello")
                    .advisors(ToolCallingAdvisor.builder()
                            .toolCallingManager(ToolCallingManager.builder().build())
                            .build())
                    .tools(tool("search", false))
                    .call()
                    .content();

            assertThat(runs).hasValue(0);
        }
    }

    @Test
    @LeavesOpenHolds("the tool may have had its effect before it was stopped")
    void stopInsideATool_endsTheOuterCall() {
        try (Bench bench = new Bench(Bench.contract(
                "- {id: r1, at: [llm.call.pre], when: 'get(action.agent, \"none\") == \"sub\"', effect: stop,"
                        + " reasonCode: TEST_RULE}\n"))) {
            bench.provider.replyWithToolCall("delegate", "{}").replyWith("Never.");
            ChatClient sub = bench.clients().builder(bench.rawModel()).build();
            ToolCallback delegate = FunctionToolCallback.builder(
                            "delegate",
                            () -> sub.prompt("Go on")
                                    .toolContext(Map.of(SpendGuardContext.AGENT, "sub"))
                                    .tools(tool("search", false))
                                    .call()
                                    .content())
                    .description("delegate")
                    .build();

            assertThatThrownBy(() -> ask(bench, delegate)).isInstanceOf(SpendDeniedException.class);

            assertThat(bench.provider.calls()).hasSize(1);
        }
    }

    @Test
    void stopOfARun_isStickyForAllOfIt() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "stop")))) {
            bench.provider.replyWithToolCall("search", "{}");
            ChatClient client = bench.clients().builder(bench.rawModel()).build();
            Map<String, Object> run = SpendGuardContext.of(Scope.ofRun(Bench.TENANT, "r1"));

            assertThatThrownBy(() -> client.prompt("Hello")
                            .toolContext(run)
                            .tools(tool("search", false))
                            .call()
                            .content())
                    .isInstanceOf(SpendDeniedException.class);
            assertThatThrownBy(
                            () -> client.prompt("Again").toolContext(run).call().content())
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("RUN_STOPPED");

            assertThat(bench.provider.calls()).hasSize(1);
        }
    }

    @Test
    void sameToolInsideItself_isDecidedEachTime() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            AtomicReference<ToolCallback> self = new AtomicReference<>();
            ToolCallback tool = bench.decorator.guardTool(FunctionToolCallback.builder("again", () -> {
                        return runs.incrementAndGet() < 3 ? self.get().call("{}") : "deep";
                    })
                    .description("again")
                    .build());
            self.set(tool);

            tool.call("{}");

            assertThat(bench.events()).filteredOn("tool_call continue"::equals).hasSize(3);
            assertThat(bench.events()).filteredOn("COMMITTED"::equals).hasSize(3);
        }
    }

    @Test
    void manager_decorated_guardsTheRoundsCallbacks() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "skip")))) {
            ToolCallingManager manager = bench.decorator.guardToolManager(
                    ToolCallingManager.builder().build());
            Prompt prompt = new Prompt(
                    "Hello",
                    Bench.options(bench.provider)
                            .toolCallbacks(List.of(tool("search", false)))
                            .build());
            ChatResponse asksForTool = new ChatResponse(List.of(new Generation(AssistantMessage.builder()
                    .content("")
                    .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "search", "{}")))
                    .build())));

            ToolExecutionResult result = manager.executeToolCalls(prompt, asksForTool);

            assertThat(runs).hasValue(0);
            ToolResponseMessage last = (ToolResponseMessage) result.conversationHistory()
                    .get(result.conversationHistory().size() - 1);
            assertThat(last.getResponses().get(0).responseData()).contains("was not run");
        }
    }

    @Test
    void resolver_decorated_findsGuardedToolsAndNothingElse() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            var resolver =
                    bench.decorator.guardToolResolver(new StaticToolCallbackResolver(List.of(tool("search", false))));

            assertThat(resolver.resolve("search")).isInstanceOf(GuardedToolCallback.class);
            assertThat(resolver.resolve("other")).isNull();
        }
    }

    @Test
    void exceptionProcessor_decorated_rethrowsStopsAndLeavesTheRest() {
        try (Bench stop = new Bench(Bench.contract(Bench.rule("llm.call.pre", "stop")));
                Bench skip = new Bench(Bench.contract(Bench.rule("llm.call.pre", "skip")))) {
            var processor = stop.decorator.guardToolErrors(
                    DefaultToolExecutionExceptionProcessor.builder().build());
            ToolDefinition definition = tool("search", false).getToolDefinition();

            assertThatThrownBy(() -> processor.process(new ToolExecutionException(definition, denial(stop))))
                    .isInstanceOf(SpendDeniedException.class);
            assertThat(processor.process(new ToolExecutionException(definition, denial(skip))))
                    .contains("is SKIP");
            assertThat(processor.process(new ToolExecutionException(definition, new IllegalStateException("down"))))
                    .isEqualTo("down");
        }
    }

    @Test
    void annotatedMethod_isChargedByItsArguments() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.replyWithToolCall("pages", "{\"count\": 3}").replyWith("Done.");

            ask(bench, ToolCallbacks.from(new Annotated())[0]);

            // Three pages at 0.01 and two model calls.
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.03012 USD"));
        }
    }

    @Test
    void annotatedMethod_refused_callsItsFallbackWithTheSameArguments() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("tool.call.pre", "require_approval")))) {
            ToolCallback tool = bench.decorator.guardTool(ToolCallbacks.from(new Annotated())[0]);

            assertThat(tool.call("{\"count\": 3}")).contains("cached 3");
        }
    }

    @Test
    void annotatedMethod_withAnArgumentThatCannotBeCounted_tellsTheModel() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ToolCallback tool = bench.decorator.guardTool(ToolCallbacks.from(new Annotated())[0]);

            assertThatThrownBy(() -> tool.call("{\"count\": -1}")).isInstanceOf(ToolExecutionException.class);
            assertThat(bench.hasBalances()).isFalse();
        }
    }

    private static Throwable denial(Bench bench) {
        return org.assertj.core.api.Assertions.catchThrowable(
                () -> bench.model().call("Hello"));
    }

    private static String ask(Bench bench, ToolCallback tool) {
        return bench.clients()
                .builder(bench.rawModel())
                .build()
                .prompt("Hello")
                .tools(tool)
                .call()
                .content();
    }

    private ToolCallback tool(String name, boolean returnDirect) {
        return FunctionToolCallback.builder(name, () -> {
                    runs.incrementAndGet();
                    return "found";
                })
                .description(name)
                .toolMetadata(ToolMetadata.builder().returnDirect(returnDirect).build())
                .build();
    }

    @Test
    void annotatedTool_behindAnApplicationsOwnWrapper_keepsItsPrice() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ToolCallback wrapped =
                    bench.decorator.guardTool(new Logging(new Logging(ToolCallbacks.from(new Annotated())[0])));

            assertThat(wrapped.call("{\"count\": 3}")).contains("found 3");

            assertThat(bench.spent()).isEqualTo(Amount.parse("0.03 USD"));
        }
    }

    @Test
    void annotatedTool_guardedBehindAWrapperThatIsGuardedToo_isChargedOnce() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ToolCallback inner = bench.decorator.guardTool(ToolCallbacks.from(new Annotated())[0]);

            bench.decorator.guardTool(new Logging(inner)).call("{\"count\": 3}");

            assertThat(bench.spent()).isEqualTo(Amount.parse("0.03 USD"));
        }
    }

    @Test
    void annotatedTool_thatWaitsForAnApproval_runsOnceItIsApproved() {
        String rule =
                "- {id: ask, at: [tool.call.pre], when: 'true', effect: require_approval, reasonCode: TEST_RULE}\n";
        Bank bank = new Bank();
        try (Bench bench = new Bench(Bench.contract(rule));
                Scope.Handle run = Scope.ofRun(Bench.TENANT, "r1").open()) {
            ToolCallback wire = bench.decorator.guardTool(ToolCallbacks.from(bank)[0]);
            bench.provider.replyWithToolCall("wire", "{\"invoice\": 17, \"to\": \"Bob\"}");

            assertThatThrownBy(() -> ask(bench, wire))
                    .isInstanceOfSatisfying(
                            SpendDeniedException.class,
                            denied -> assertThat(denied.decision().effect()).isEqualTo(Effect.REQUIRE_APPROVAL));
            bench.guard.approve(Bench.TENANT, "wire/17", new Approver("Lea", ApproverRole.TEAM_LEAD), "right");
            bench.provider
                    .replyWithToolCall("wire", "{\"to\":\"Bob\",\"invoice\":17}")
                    .replyWith("Done.");
            assertThat(ask(bench, wire)).isEqualTo("Done.");

            assertThat(bank.wired).hasValue(1);
            bench.provider.replyWithToolCall("wire", "{\"invoice\": 17, \"to\": \"Bob\"}");
            assertThatThrownBy(() -> ask(bench, wire))
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("ALREADY_DECIDED");
            assertThat(bank.wired).hasValue(1);
        }
    }

    /** Somebody's own wrapper, which knows nothing of guards. */
    private record Logging(ToolCallback delegate) implements ToolCallback {
        @Override
        public ToolDefinition getToolDefinition() {
            return delegate.getToolDefinition();
        }

        @Override
        public String call(String input) {
            return delegate.call(input);
        }
    }

    /** A tool whose calls are named by one of its arguments. */
    static final class Bank {
        private final AtomicInteger wired = new AtomicInteger();

        @Tool(description = "wire")
        @Guarded(cost = "0.50 USD", key = "invoice")
        public String wire(int invoice, String to) {
            wired.incrementAndGet();
            return "wired " + invoice + " to " + to;
        }
    }

    /** A tool with a price by page. */
    static final class Annotated {
        @Tool(description = "pages")
        @Guarded(cost = "0.01 USD", per = "count", fallback = "cached")
        public String pages(int count) {
            return "found " + count;
        }

        public String cached(int count) {
            return "cached " + count;
        }
    }

    /** Says which entry was used. */
    private record Recording(AtomicReference<String> seen) implements ToolCallback {
        private static final ToolDefinition DEFINITION = ToolDefinition.builder()
                .name("recording")
                .description("r")
                .inputSchema("{}")
                .build();

        @Override
        public ToolDefinition getToolDefinition() {
            return DEFINITION;
        }

        @Override
        public ToolMetadata getToolMetadata() {
            return ToolMetadata.builder().returnDirect(true).build();
        }

        @Override
        public String call(String input) {
            seen.set(input + " without context");
            return "";
        }

        @Override
        public String call(String input, ToolContext context) {
            seen.set(input + " " + context.getContext());
            return "";
        }
    }
}
