package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.never;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ReturnBehavior;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.invocation.InvocationParameters;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.service.UserMessage;
import dev.langchain4j.service.tool.DefaultToolExecutor;
import dev.langchain4j.service.tool.ToolErrorHandlerResult;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderRequest;
import dev.langchain4j.service.tool.ToolProviderResult;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.Guarded;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.test.OpenAiReply;
import io.spendguard.test.OpenAiReply.ToolCall;
import io.spendguard.trace.Scope;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AI services that nobody wired to a guard. */
class GuardedAiServiceTest {
    interface Assistant {
        String chat(String message);
    }

    interface Told {
        String chat(@UserMessage String message, InvocationParameters parameters);
    }

    interface Remembering {
        String chat(@MemoryId String id, @UserMessage String message);
    }

    interface Streaming {
        TokenStream chat(@UserMessage String message, InvocationParameters parameters);
    }

    static final class Tools {
        private final AtomicInteger runs = new AtomicInteger();
        private final Function<String, String> body;

        Tools() {
            this(topic -> "found " + topic);
        }

        Tools(Function<String, String> body) {
            this.body = body;
        }

        @Tool
        String search(String topic) {
            runs.incrementAndGet();
            return body.apply(topic);
        }

        @Tool
        String clock() {
            runs.incrementAndGet();
            return "noon";
        }
    }

    static final class ImmediateTools {
        @Tool(returnBehavior = ReturnBehavior.IMMEDIATE)
        String lookUp() {
            return "found";
        }
    }

    static final class PricedTools {
        @Tool
        @Guarded(cost = "0.01 USD", per = "pages", labels = "team=search", fallback = "fromCache")
        String read(List<String> pages) {
            return "read " + pages.size();
        }

        String fromCache(List<String> pages) {
            return "cached " + pages.size();
        }
    }

    static final class Bank {
        private final AtomicInteger wired = new AtomicInteger();

        @Tool
        @Guarded(cost = "0.50 USD", key = "invoice")
        String wire(int invoice, String to) {
            wired.incrementAndGet();
            return "wired " + invoice + " to " + to;
        }
    }

    private Lab lab = Lab.open();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void executor_behindAnApplicationsOwnWrapper_keepsItsPrice() throws Exception {
        PricedTools tools = new PricedTools();
        ToolExecutor method = DefaultToolExecutor.builder()
                .object(tools)
                .originalMethod(PricedTools.class.getDeclaredMethod("read", List.class))
                .methodToInvoke(PricedTools.class.getDeclaredMethod("read", List.class))
                .build();
        ToolExecutor logging = (request, memoryId) -> "logged: " + method.execute(request, memoryId);
        ToolExecutionRequest request = ToolExecutionRequest.builder()
                .name("read")
                .arguments("{\"pages\": [\"a\", \"b\"]}")
                .build();

        assertThat(GuardedTools.executor(logging, lab.guard).execute(request, null))
                .isEqualTo("logged: read 2");

        assertThat(lab.spent()).isEqualTo("0.02 USD");
    }

    @Test
    void chat_noGuardAnywhere_failsBeforeAnythingIsCalled() {
        Assistant assistant = service(Assistant.class, new Tools());

        assertThatThrownBy(() -> assistant.chat("Hello"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "AI service " + Assistant.class.getName() + " has no guard: nothing would decide what it may"
                                + " spend. Call guard.install(), open one around the call with guard.open(), or pass"
                                + " InvocationParameters with 'spendguard.guard'.");

        assertThat(lab.provider.calls()).isEmpty();
    }

    @Test
    void chat_parameterThatIsNoGuard_isNamed() {
        Told assistant = service(Told.class, new Tools());

        assertThatThrownBy(() -> assistant.chat("Hello", InvocationParameters.from(InvocationKeys.GUARD, "guard")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invocation parameter 'spendguard.guard' is a java.lang.String: an io.spendguard.Guard is"
                        + " needed. Pass the guard itself.");
    }

    @Test
    void chat_toolRound_decidesModelToolModelInOneRunOfItsOwn() {
        Tools tools = new Tools();
        Assistant assistant = service(Assistant.class, tools);
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}").replyWith("Tea.");

        try (var open = lab.guard.open()) {
            assertThat(assistant.chat("Hello")).isEqualTo("Tea.");
            assistant.chat("Again");
        }

        assertThat(tools.runs).hasValue(1);
        assertThat(lab.guard).onTool("search").decided(Effect.CONTINUE, times(1));
        assertThat(lab.guard).decided(Effect.CONTINUE, times(4)).spent("0.00018 USD");
        assertThat(runs()).hasSize(2);
    }

    interface Direct {
        Result<String> chat(String message);
    }

    @Test
    void providedTool_thatReturnsDirectly_endsTheInvocationBehindTheGateToo() {
        ToolProvider tools = request -> ToolProviderResult.builder()
                .add(
                        ToolSpecification.builder().name("hand_over").build(),
                        (call, memory) -> "over to you",
                        ReturnBehavior.IMMEDIATE)
                .build();
        Direct assistant = AiServices.builder(Direct.class)
                .chatModel(lab.chat().build())
                .toolProvider(tools)
                .build();
        lab.provider.replyWithToolCall("hand_over", "{}");

        try (var open = lab.guard.open()) {
            assistant.chat("Hello");
        }

        assertThat(lab.provider.calls()).hasSize(1);
        assertThat(lab.guard).onTool("hand_over").decided(Effect.CONTINUE, times(1));
        assertThat(lab.guard).decided(Effect.CONTINUE, times(2));
    }

    @Test
    void chat_parameters_nameTheCallerOfModelsAndToolsOnEveryThread() {
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .tools(new Tools())
                .executeToolsConcurrently()
                .build();
        lab.provider
                .reply(OpenAiReply.toolCalls(
                        new ToolCall("search", "{\"topic\": \"tea\"}"), new ToolCall("clock", "{}")))
                .replyWith("Done.");

        assistant.chat("Hello", parameters("r-7"));

        assertThat(lab.guard).inRun("r-7").byAgent("researcher").decided(Effect.CONTINUE, times(4));
        assertThat(lab.decisions()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stream_toolRound_decidesEveryRoundForItsCaller(boolean concurrently) throws Exception {
        var builder = AiServices.builder(Streaming.class)
                .streamingChatModel(lab.streaming().build())
                .tools(new Tools());
        if (concurrently) {
            builder.executeToolsConcurrently();
        }
        lab.provider
                .reply(OpenAiReply.toolCalls(
                        new ToolCall("search", "{\"topic\": \"tea\"}"), new ToolCall("clock", "{}")))
                .replyWith("Done.");

        String answer = answer(builder.build().chat("Hello", parameters("r-8")))
                .aiMessage()
                .text();

        assertThat(answer).isEqualTo("Done.");
        assertThat(lab.guard).inRun("r-8").decided(Effect.CONTINUE, times(4)).spent("0.00012 USD");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stream_toolStopped_endsInAnErrorAndAsksTheModelNoMore(boolean concurrently) {
        restart("tool.call.pre", "action.tool == \"search\"", "stop");
        Tools tools = new Tools();
        var builder = AiServices.builder(Streaming.class)
                .streamingChatModel(lab.streaming().build())
                .tools(tools);
        if (concurrently) {
            builder.executeToolsConcurrently();
        }
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}");

        assertThatThrownBy(() -> answer(builder.build().chat("Hello", parameters("r-8"))))
                .hasCauseInstanceOf(SpendDeniedException.class);

        assertThat(tools.runs).hasValue(0);
        assertThat(lab.provider.calls()).hasSize(1);
        assertThat(lab.guard).spent("0.00006 USD");
    }

    @Test
    void stream_guardOpenWhereItBegan_decidesLaterRoundsToo() throws Exception {
        Streaming assistant = AiServices.builder(Streaming.class)
                .streamingChatModel(lab.streaming().build())
                .tools(new Tools())
                .build();
        lab.provider.replyWithToolCall("clock", "{}").replyWith("Noon.");

        try (var open = lab.guard.open()) {
            answer(assistant.chat("Hello", new InvocationParameters()));
        }

        assertThat(lab.guard).decided(Effect.CONTINUE, times(3));
    }

    @Test
    void chat_scopeAroundTheCall_reachesConcurrentTools() {
        Assistant assistant = AiServices.builder(Assistant.class)
                .chatModel(lab.chat().build())
                .tools(new Tools())
                .executeToolsConcurrently()
                .build();
        lab.provider
                .reply(OpenAiReply.toolCalls(
                        new ToolCall("search", "{\"topic\": \"tea\"}"), new ToolCall("clock", "{}")))
                .replyWith("Done.");

        try (var open = lab.guard.open();
                var scope = Scope.ofRun("acme", "r-9").open()) {
            assistant.chat("Hello");
        }

        assertThat(lab.guard).inRun("r-9").decided(Effect.CONTINUE, times(4));
    }

    @Test
    void chat_memoryId_isTheRunByDefault() {
        Remembering assistant = AiServices.builder(Remembering.class)
                .chatModel(lab.chat().build())
                .chatMemoryProvider(id -> MessageWindowChatMemory.withMaxMessages(10))
                .build();

        try (var open = lab.guard.open()) {
            assistant.chat("conversation-1", "Hello");
        }

        assertThat(runs()).containsExactly("conversation-1");
    }

    @Test
    void chat_guardOfAModelWrappedByHand_decidesItsToolsToo() {
        Assistant assistant = AiServices.builder(Assistant.class)
                .chatModel(GuardedModels.chat(lab.chat().build(), lab.guard))
                .tools(new Tools())
                .build();
        lab.provider.replyWithToolCall("clock", "{}").replyWith("Noon.");

        assistant.chat("Hello");

        assertThat(lab.guard).decided(Effect.CONTINUE, times(3)).spent("0.00012 USD");
        assertThat(runs()).hasSize(1);
    }

    @Test
    void chat_toolAskedForTheSameAgainAndAgain_isStopped() {
        restart("tool.call.pre", "run.repeats >= 2", "stop");
        Tools tools = new Tools();
        Told assistant = service(Told.class, tools);
        lab.provider
                .replyWithToolCall("search", "{\"topic\": \"tea\"}")
                .replyWithToolCall("search", "{\"topic\": \"milk\"}")
                .replyWithToolCall("search", "{\"topic\": \"tea\"}")
                .replyWithToolCall("search", "{\"topic\": \"tea\"}");

        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1"))).isInstanceOf(SpendDeniedException.class);

        assertThat(tools.runs).hasValue(3);
        assertThat(lab.provider.calls()).hasSize(4);
    }

    @Test
    void chat_toolStopped_endsTheCallWhateverTheApplicationsErrorHandlerSays() {
        restart("tool.call.pre", "action.tool == \"search\"", "stop");
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .tools(new Tools())
                .toolExecutionErrorHandler((error, context) -> ToolErrorHandlerResult.text("never mind"))
                .build();
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}");

        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1"))).isInstanceOf(SpendDeniedException.class);
        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1")))
                .isInstanceOfSatisfying(
                        SpendDeniedException.class,
                        denied -> assertThat(denied.decision().reasons().get(0).code())
                                .isEqualTo(ReasonCode.RUN_STOPPED));

        assertThat(lab.provider.calls()).hasSize(1);
    }

    @Test
    void chat_stopThatAToolSwallowed_endsTheRunAtTheNextModelCall() {
        restart("tool.call.pre", "action.tool == \"wire\"", "stop");
        ToolExecutor wire = GuardedTools.executor((request, memoryId) -> "sent", lab.guard);
        Tools tools = new Tools(topic -> {
            try {
                return wire.execute(
                        ToolExecutionRequest.builder()
                                .name("wire")
                                .arguments("{}")
                                .build(),
                        null);
            } catch (SpendDeniedException swallowed) {
                return "could not: " + swallowed.getMessage();
            }
        });
        Told assistant = service(Told.class, tools);
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}").replyWith("Never asked.");

        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1")))
                .isInstanceOfSatisfying(
                        SpendDeniedException.class,
                        denied -> assertThat(denied.decision().reasons().get(0).code())
                                .isEqualTo(ReasonCode.RUN_STOPPED));

        assertThat(lab.provider.calls()).hasSize(1);
        assertThat(lab.guard).onTool("wire").inRun("r-1").decided(Effect.STOP, times(1));
    }

    @Test
    void chat_subAgentInATool_belongsToTheSameRun() {
        Assistant inner = AiServices.create(Assistant.class, lab.chat().build());
        Told assistant = service(Told.class, new Tools(inner::chat));
        lab.provider
                .replyWithToolCall("search", "{\"topic\": \"tea\"}")
                .replyWith("inner")
                .replyWith("outer");

        assertThat(assistant.chat("Hello", parameters("r-1"))).isEqualTo("outer");

        assertThat(lab.guard).inRun("r-1").decided(Effect.CONTINUE, times(4)).spent("0.00018 USD");
    }

    @Test
    void chat_toolThatCallsItselfThroughASubAgent_isDecidedEachTime() {
        Assistant inner = AiServices.builder(Assistant.class)
                .chatModel(lab.chat().build())
                .tools(new Tools())
                .build();
        Told assistant = service(Told.class, new Tools(inner::chat));
        lab.provider
                .replyWithToolCall("search", "{\"topic\": \"tea\"}")
                .replyWithToolCall("search", "{\"topic\": \"tea\"}")
                .replyWith("inner")
                .replyWith("outer");

        assertThat(assistant.chat("Hello", parameters("r-1"))).isEqualTo("outer");

        assertThat(lab.guard).inRun("r-1").onTool("search").decided(Effect.CONTINUE, times(2));
    }

    @Test
    void chat_immediateToolSkipped_goesToTheModelAndIsNotTheAnswer() {
        restart("tool.call.pre", "true", "skip");
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .tools(new ImmediateTools())
                .build();
        lab.provider.replyWithToolCall("lookUp", "{}").replyWith("I could not look.");

        assertThat(assistant.chat("Hello", parameters("r-1"))).isEqualTo("I could not look.");

        assertThat(lab.provider.calls()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chat_toolsOfProviders_areGated(boolean dynamic) {
        restart("tool.call.pre", "action.tool == \"remote\"", "stop");
        AtomicInteger executed = new AtomicInteger();
        ToolProvider provider = new ToolProvider() {
            @Override
            public ToolProviderResult provideTools(ToolProviderRequest request) {
                return ToolProviderResult.builder()
                        .add(ToolSpecification.builder().name("remote").build(), (call, memoryId) -> {
                            executed.incrementAndGet();
                            return "done";
                        })
                        .build();
            }

            @Override
            public boolean isDynamic() {
                return dynamic;
            }
        };
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .toolProvider(provider)
                .build();
        lab.provider.replyWithToolCall("remote", "{}");

        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1"))).isInstanceOf(SpendDeniedException.class);

        assertThat(executed).hasValue(0);
    }

    @Test
    void chat_providerWrappedByHand_isDecidedOnce() {
        ToolProvider provider = GuardedTools.provider(
                request -> ToolProviderResult.builder()
                        .add(ToolSpecification.builder().name("remote").build(), (call, memoryId) -> "done")
                        .build(),
                lab.guard);
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .toolProvider(provider)
                .build();
        lab.provider.replyWithToolCall("remote", "{}").replyWith("Done.");

        assistant.chat("Hello", parameters("r-1"));

        assertThat(lab.guard).onTool("remote").decided(Effect.CONTINUE, times(1));
    }

    @Test
    void chat_toolThatLearnsItsPrice_isChargedIt() {
        Told assistant = service(Told.class, new Tools(topic -> {
            Permit.current().orElseThrow().commit(Money.parse("0.25 USD"));
            return "found";
        }));
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}").replyWith("Done.");

        assistant.chat("Hello", parameters("r-1"));

        assertThat(lab.guard).onTool("search").spent("0.25 USD");
    }

    @Test
    void chat_guardedTool_isChargedByItsArguments() {
        Told assistant = service(Told.class, new PricedTools());
        lab.provider
                .replyWithToolCall("read", "{\"pages\": [\"a\", \"b\", \"c\"]}")
                .replyWith("Done.");

        assistant.chat("Hello", parameters("r-1"));

        assertThat(lab.guard).onTool("read").spent("0.03 USD");
        assertThat(lab.decisions().get(1)).contains("\"team\"");
        assertThat(lab.provider.calls().get(1).rawBody()).contains("read 3");
    }

    @Test
    void chat_guardedToolRefused_isAnsweredByItsFallback() {
        restart("tool.call.pre", "true", "skip");
        Told assistant = service(Told.class, new PricedTools());
        lab.provider.replyWithToolCall("read", "{\"pages\": [\"a\", \"b\"]}").replyWith("Done.");

        assistant.chat("Hello", parameters("r-1"));

        assertThat(lab.provider.calls().get(1).rawBody()).contains("cached 2");
        assertThat(lab.guard).onTool("read").decided(Effect.SKIP, times(1)).spent("0.00 USD");
    }

    @Test
    void chat_toolThatWaitsForAnApproval_runsOnceItIsApproved() {
        restart("tool.call.pre", "true", "require_approval");
        Bank bank = new Bank();
        Told assistant = service(Told.class, bank);
        lab.provider.replyWithToolCall("wire", "{\"invoice\": 17, \"to\": \"Bob\"}");

        assertThatThrownBy(() -> assistant.chat("Pay invoice 17.", parameters("r-1")))
                .isInstanceOfSatisfying(
                        SpendDeniedException.class,
                        denied -> assertThat(denied.decision().effect()).isEqualTo(Effect.REQUIRE_APPROVAL));
        lab.guard.approve("acme", "wire/17", new Approver("Lea", ApproverRole.TEAM_LEAD), "right");
        lab.provider
                .replyWithToolCall("wire", "{\"to\":\"Bob\",\"invoice\":17}")
                .replyWith("Done.");
        assertThat(assistant.chat("Pay invoice 17.", parameters("r-1"))).isEqualTo("Done.");

        assertThat(bank.wired).hasValue(1);
        assertThat(lab.guard).onTool("wire").spent("0.50 USD");
        lab.provider.replyWithToolCall("wire", "{\"invoice\": 17, \"to\": \"Bob\"}");
        assertThatThrownBy(() -> assistant.chat("Pay it again.", parameters("r-1")))
                .isInstanceOf(SpendDeniedException.class)
                .hasMessageContaining("ALREADY_DECIDED");
        assertThat(bank.wired).hasValue(1);
    }

    @Test
    void chat_toolArgumentsUnreadable_didNotRunAndGivesTheHoldBack() {
        Told assistant = AiServices.builder(Told.class)
                .chatModel(lab.chat().build())
                .tools(new Tools())
                .toolArgumentsErrorHandler((error, context) -> ToolErrorHandlerResult.text("say it in JSON"))
                .build();
        lab.provider.replyWithToolCall("search", "no json at all").replyWith("Sorry.");

        assistant.chat("Hello", parameters("r-1"));

        assertThat(lab.guard)
                .onTool("search")
                .decided(Effect.CONTINUE, times(1))
                .spent("0.00 USD");
    }

    @Test
    @LeavesOpenHolds("a tool that threw may have spent")
    void chat_toolThatThrows_isUnknownAndTheRunGoesOn() {
        Told assistant = service(Told.class, new Tools(topic -> {
            throw new IllegalStateException("broken");
        }));
        lab.provider.replyWithToolCall("search", "{\"topic\": \"tea\"}").replyWith("It is broken.");

        assertThat(assistant.chat("Hello", parameters("r-1"))).isEqualTo("It is broken.");

        assertThatThrownBy(() -> assertThat(lab.guard).onTool("search").leftNoOpenHolds())
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void chat_modelStopped_callsNothing() {
        restart("llm.call.pre", "true", "stop");
        Told assistant = service(Told.class, new Tools());

        assertThatThrownBy(() -> assistant.chat("Hello", parameters("r-1")))
                .satisfies(thrown -> assertThat(SpendDenied.in(new RuntimeException(thrown)))
                        .containsSame((SpendDeniedException) thrown));

        assertThat(SpendDenied.in(new RuntimeException("something else"))).isEmpty();
        assertThat(lab.provider.calls()).isEmpty();
        assertThat(lab.guard).decided(Effect.CONTINUE, never());
    }

    private <T> T service(Class<T> type, Object tools) {
        return AiServices.builder(type)
                .chatModel(lab.chat().build())
                .tools(tools)
                .build();
    }

    private InvocationParameters parameters(String run) {
        return InvocationParameters.from(Map.of(
                InvocationKeys.GUARD,
                lab.guard,
                InvocationKeys.TENANT,
                "acme",
                InvocationKeys.RUN,
                run,
                InvocationKeys.AGENT,
                "researcher"));
    }

    private void restart(String at, String when, String effect) {
        lab.close();
        lab = Lab.withRule(at, when, effect);
    }

    private List<String> runs() {
        return lab.decisions().stream()
                .map(decision -> decision.replaceFirst(".*\"run\":\"([^\"]*)\".*", "$1"))
                .distinct()
                .toList();
    }

    private static ChatResponse answer(TokenStream stream) throws Exception {
        CompletableFuture<ChatResponse> end = new CompletableFuture<>();
        stream.onPartialResponse(part -> {})
                .onCompleteResponse(end::complete)
                .onError(end::completeExceptionally)
                .start();
        return end.get(30, TimeUnit.SECONDS);
    }
}
