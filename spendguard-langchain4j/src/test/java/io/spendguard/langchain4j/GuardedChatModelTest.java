package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.never;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.test.OpenAiCall;
import io.spendguard.test.OpenAiReply;
import io.spendguard.trace.Scope;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedChatModelTest {
    private static final ChatRequest HELLO =
            ChatRequest.builder().messages(UserMessage.from("Hello")).build();

    private Lab lab = Lab.open();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void chat_allowed_chargesWhatTheProviderCounted() {
        lab.provider.reply(OpenAiReply.text("Hi.")
                .servedBy("gpt-4o-2024-08-06")
                .withUsage(Usage.builder()
                        .inputTokens(1_000)
                        .cacheReadTokens(400)
                        .outputTokens(200)
                        .reasoningTokens(50)
                        .build()));

        ChatResponse response =
                GuardedModels.chat(lab.chat().build(), lab.guard).chat(HELLO);

        // 600 x 2,500 + 400 x 1,250 + 200 x 10,000 nanos
        assertThat(response.aiMessage().text()).isEqualTo("Hi.");
        assertThat(lab.guard).onModel("gpt-4o").spent("0.004 USD");
    }

    @Test
    void everyForm_isDecidedAndChargedOnce() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);

        model.chat("Hello");
        model.chat(UserMessage.from("Hello"));
        model.chat(List.of(UserMessage.from("Hello")));
        model.chat(HELLO);
        model.chat(HELLO, ChatRequestOptions.EMPTY);
        model.doChat(
                HELLO.toBuilder().parameters(model.defaultRequestParameters()).build());

        assertThat(lab.provider.calls()).hasSize(6);
        assertThat(lab.guard).decided(Effect.CONTINUE, times(6)).spent("0.00036 USD");
    }

    @Test
    void chat_degraded_sendsTheCheapModelAndTheCapThatIsInUse() {
        lab.close();
        lab = Lab.withRule(
                "llm.call.pre", "true", "{decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 256}}");
        ChatModel completion =
                lab.chat().maxCompletionTokens(4_000).seed(7).user("u-1").build();
        ChatModel old = lab.chat().maxTokens(4_000).build();
        ChatModel uncapped = lab.chat().build();

        GuardedModels.chat(completion, lab.guard).chat(HELLO);
        GuardedModels.chat(old, lab.guard).chat("Hello");
        GuardedModels.chat(uncapped, lab.guard).chat("Hello");
        GuardedModels.chat(completion, lab.guard)
                .chat(HELLO.toBuilder().maxOutputTokens(1_000).build());

        List<OpenAiCall> calls = lab.provider.calls();
        assertThat(calls).extracting(OpenAiCall::model).containsOnly("gpt-4o-mini");
        assertThat(calls)
                .extracting(call -> call.maxCompletionTokens().orElse(0))
                .containsExactly(256L, 0L, 256L, 256L);
        assertThat(calls).extracting(call -> call.maxTokens().orElse(0)).containsExactly(0L, 256L, 0L, 256L);
        assertThat(calls.get(0).integer("seed")).hasValue(7);
        assertThat(calls.get(0).string("user")).contains("u-1");
        assertThat(lab.guard).decided(Effect.DEGRADE, times(4)).spent("0.0000144 USD");
    }

    @Test
    void chat_degradedInEffortAndSampling_sendsThem() {
        lab.close();
        lab = Lab.withRule(
                "llm.call.pre",
                "true",
                "{decision: degrade, mutate: {reasoningEffort: low, temperature: 0.2, topP: 0.5, stopSequences: [END]}}");
        ChatModel model = lab.chat().temperature(0.9).stop(List.of("STOP")).build();

        GuardedModels.chat(model, lab.guard).chat("Hello");

        OpenAiCall call = lab.provider.calls().get(0);
        assertThat(call.string("reasoning_effort")).contains("low");
        assertThat(call.rawBody().replaceAll("\\s", ""))
                .contains("\"temperature\":0.2")
                .contains("\"top_p\":0.5")
                .contains("\"stop\":[\"STOP\",\"END\"]");
    }

    @Test
    void chat_degradeOfEffortWithParametersThatHaveNone_releasesAndStops() {
        lab.close();
        lab = Lab.withRule("llm.call.pre", "true", "{decision: degrade, mutate: {reasoningEffort: low}}");
        ChatModel stubborn = new StubbornModel();

        SpendDeniedException denied = catchThrowableOfType(
                SpendDeniedException.class,
                () -> GuardedModels.chat(stubborn, lab.guard).chat(HELLO));

        assertThat(denied.decision().reasons().get(0).code()).isEqualTo(ReasonCode.DEGRADE_FAILED);
        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    void chat_degradeThatDoesNotTake_releasesAndStops() {
        lab.close();
        lab = Lab.withRule("llm.call.pre", "true", "{decision: degrade, mutate: {maxOutputTokens: 256}}");
        ChatModel stubborn = new StubbornModel();

        SpendDeniedException denied = catchThrowableOfType(
                SpendDeniedException.class,
                () -> GuardedModels.chat(stubborn, lab.guard).chat(HELLO));

        assertThat(denied.decision().effect()).isEqualTo(Effect.STOP);
        assertThat(denied.decision().reasons().get(0))
                .isEqualTo(Reason.of(
                        ReasonCode.DEGRADE_FAILED,
                        "Parameters StubbornParameters did not take model 'gpt-4o' and cap 256."
                                + " Let the rule stop, or name no patch for this model."));
        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    void chat_degradedToAnotherProvidersModel_releasesAndStops() {
        lab.close();
        lab = Lab.withRule("llm.call.pre", "true", "{decision: degrade, mutate: {modelAlias: foreign}}");
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);

        assertThat(denied(model, HELLO).reasons().get(0))
                .isEqualTo(Reason.of(
                        ReasonCode.DEGRADE_FAILED,
                        "Model 'lab/tiny' is not one of provider 'openai', which this client calls."
                                + " Name an alias of the same provider."));

        assertThat(lab.provider.calls()).isEmpty();
        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    @LeavesOpenHolds("a failed provider may bill")
    void chat_holdsForTheHigherOfBothCaps() {
        ChatModel model =
                GuardedModels.chat(lab.chat().maxCompletionTokens(4_000).build(), lab.guard);
        lab.provider.reply(OpenAiReply.serverError());

        assertThatThrownBy(
                        () -> model.chat(HELLO.toBuilder().maxOutputTokens(10).build()))
                .isInstanceOf(InternalServerException.class);

        // 17 tokens bound "Hello" and its frames: 17 x 2,500 + 4,000 x 10,000 nanos.
        assertThat(lab.held()).isEqualTo("0.0400425 USD");
    }

    @Test
    void chat_withoutUsage_settlesAtTheEstimate() {
        lab.provider.reply(OpenAiReply.text("Hi.").withoutUsage());

        GuardedModels.chat(lab.chat().maxTokens(100).build(), lab.guard).chat(HELLO);

        assertThat(lab.spent()).isEqualTo("0.0010425 USD");
        assertThat(lab.held()).isEqualTo("0.00 USD");
    }

    @Test
    void chat_withImpossibleUsage_settlesAtTheEstimate() {
        ChatModel model = GuardedModels.chat(new CannedModel(new TokenUsage(-5, 3)), lab.guard);

        model.chat(HELLO.toBuilder().maxOutputTokens(100).build());

        assertThat(lab.spent()).isEqualTo("0.0010425 USD");
    }

    @Test
    void chat_refusedByTheProviderUnbilled_givesTheHoldBackAndPassesTheException() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);
        lab.provider.reply(OpenAiReply.unauthorized(), OpenAiReply.rateLimited());

        assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(AuthenticationException.class);
        assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(RateLimitException.class);

        assertThat(lab.guard).decided(Effect.CONTINUE, times(2)).spent("0.00 USD");
    }

    @Test
    void chat_providerNotThere_givesTheHoldBack() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);
        lab.provider.close();

        assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(RuntimeException.class);

        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    @LeavesOpenHolds("a failed provider may bill")
    void chat_failedOtherwise_isUnknownAndKeepsTheHold() {
        ChatModel model = GuardedModels.chat(lab.chat().maxTokens(100).build(), lab.guard);
        lab.provider.reply(OpenAiReply.serverError());

        assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(InternalServerException.class);

        assertThat(lab.spent()).isEqualTo("0.00 USD");
        assertThat(lab.held()).isEqualTo("0.0010425 USD");
    }

    @Test
    @LeavesOpenHolds("an earlier try may have been billed")
    void chat_hiddenRetries_areLabelledAndProveNothing() {
        ChatModel model =
                GuardedModels.chat(lab.chat().maxRetries(2).maxTokens(100).build(), lab.guard);
        lab.provider.reply(OpenAiReply.serverError(), OpenAiReply.serverError(), OpenAiReply.rateLimited());

        assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(RateLimitException.class);

        assertThat(lab.provider.calls()).hasSize(3);
        assertThat(lab.guard).decided(Effect.CONTINUE, times(1));
        assertThat(lab.decisions()).singleElement().asString().contains("\"hiddenRetries\":\"2\"");
        assertThat(lab.held()).isEqualTo("0.0010425 USD");
    }

    @Test
    void chat_wrappedTwice_chargesOnce() {
        ChatModel gated = GuardedModels.chat(lab.chat().build(), lab.guard);
        ChatModel logging = new ForwardingModel(gated);

        GuardedModels.chat(logging, lab.guard).chat(HELLO);

        assertThat(GuardedModels.chat(gated, lab.guard)).isSameAs(gated);
        assertThat(Gated.isGuarded(gated)).isTrue();
        assertThat(lab.guard).decided(Effect.CONTINUE, times(1)).spent("0.00006 USD");
    }

    @Test
    void chat_askedAgainBetweenTwoGates_isDecidedAndChargedAgain() {
        ChatModel inner = GuardedModels.chat(lab.chat().build(), lab.guard);
        ChatModel outer = GuardedModels.chat(new Insisting(inner), lab.guard);
        lab.provider.reply(
                OpenAiReply.rateLimited(),
                OpenAiReply.text("Bad.").withUsage(Usage.of(1_000, 200)),
                OpenAiReply.text("Good."));

        assertThat(outer.chat(HELLO).aiMessage().text()).isEqualTo("Good.");

        // The refused attempt cost nothing; the answer nobody wanted did, and not what the wanted one cost.
        assertThat(lab.guard).decided(Effect.CONTINUE, times(2)).spent("0.00456 USD");
    }

    @Test
    @LeavesOpenHolds("the ledger records no outcome")
    void chat_ledgerAwayWhenItsToolsAreAdmitted_losesNoPaidAnswer() {
        lab.close();
        lab = Lab.withoutSettlements();
        lab.provider.replyWithToolCall("search", "{}");

        ChatResponse answer = GuardedModels.chat(lab.chat().build(), lab.guard).chat(HELLO);

        assertThat(answer.aiMessage().toolExecutionRequests()).hasSize(1);
        assertThat(lab.guard).onTool("search").decided(Effect.CONTINUE, times(1));
    }

    @Test
    void chat_cacheReadAndWrittenBesideTheInput_areCharged() {
        ChatModel model = GuardedModels.chat(new CannedModel(new CachedTokenUsage(100, 10, 1_000, 2_000)), lab.guard);

        model.chat(HELLO);

        // 100 x 2,500 + 2,000 x 1,250 + 1,000 x 5,000, twice the input's where the book names no price, + 10 x 10,000
        // nanos
        assertThat(lab.spent()).isEqualTo("0.00785 USD");
    }

    /** Asks until the answer is good. */
    record Insisting(ChatModel delegate) implements ChatModel {
        @Override
        public ChatResponse chat(ChatRequest request) {
            for (int attempt = 1; ; attempt++) {
                try {
                    ChatResponse response = delegate.chat(request);
                    if (response.aiMessage().text().equals("Good.")) {
                        return response;
                    }
                } catch (RateLimitException busy) {
                    if (attempt == 3) {
                        throw busy;
                    }
                }
            }
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return delegate.defaultRequestParameters();
        }

        @Override
        public ModelProvider provider() {
            return delegate.provider();
        }
    }

    @Test
    void chat_nullRequest_isRefusedBeforeAnyDecision() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);

        assertThatThrownBy(() -> model.chat((ChatRequest) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("request");

        assertThat(lab.guard).decided(Effect.CONTINUE, never()).decided(Effect.STOP, never());
    }

    @Test
    void chat_noModelName_stops() {
        ChatModel model = GuardedModels.chat(lab.chat().modelName((String) null).build(), lab.guard);

        assertThat(denied(model, HELLO).reasons()).extracting(Reason::code).containsExactly(ReasonCode.UNPRICED);

        assertThat(lab.provider.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"n", "max_tokens", "model"})
    void chat_customParameterThatCosts_stops(String name) {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);
        ChatRequestParameters several = OpenAiChatRequestParameters.builder()
                .customParameters(Map.of(name, 5))
                .build();

        assertThat(denied(model, HELLO.toBuilder().parameters(several).build()).reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.ESTIMATE_UNKNOWN);
        assertThat(lab.provider.calls()).isEmpty();
    }

    @Test
    void chat_soundHasNoBound_imagesHave() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);
        UserMessage sound = UserMessage.from(AudioContent.from("AAAA", "audio/wav"));
        UserMessage image = UserMessage.from(TextContent.from("What?"), ImageContent.from("https://example.org/i.png"));

        assertThat(denied(model, ChatRequest.builder().messages(sound).build()).reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.ESTIMATE_UNKNOWN);
        model.chat(image);

        assertThat(lab.provider.calls()).hasSize(1);
    }

    @Test
    void chat_listenersThatThrow_changeNothing() {
        ChatModelListener broken = new ChatModelListener() {
            @Override
            public void onResponse(ChatModelResponseContext context) {
                throw new IllegalStateException("broken listener");
            }
        };

        GuardedModels.chat(lab.chat().listeners(List.of(broken)).build(), lab.guard)
                .chat(HELLO);

        assertThat(lab.guard).spent("0.00006 USD");
    }

    @Test
    void chat_scopeOfTheThread_namesTheRun() {
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);

        try (var scope = new Scope(null, "r-7", null, "researcher", null).open()) {
            model.chat("Hello");
        }

        assertThat(lab.guard).inRun("r-7").byAgent("researcher").decided(Effect.CONTINUE, times(1));
    }

    @Test
    void chat_answerCallsAToolThatMustNotRun_isNotPassedOn() {
        lab.close();
        lab = Lab.withRule("tool.call.pre", "action.tool == \"wire\"", "stop");
        ChatModel model = GuardedModels.chat(lab.chat().build(), lab.guard);
        lab.provider.replyWithToolCall("look", "{}").replyWithToolCall("wire", "{}");

        assertThat(model.chat(HELLO).aiMessage().hasToolExecutionRequests()).isTrue();
        assertThat(denied(model, HELLO).effect()).isEqualTo(Effect.STOP);

        // Both answers were paid for; of the tools nothing is charged here.
        assertThat(lab.guard).spent("0.00012 USD");
    }

    @Test
    void unguardedFacts_areTheDelegates() {
        ChatModel openAi = lab.chat()
                .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
                .build();
        ChatModel model = GuardedModels.chat(openAi, lab.guard);

        assertThat(model.defaultRequestParameters()).isSameAs(openAi.defaultRequestParameters());
        assertThat(model.supportedCapabilities()).isEqualTo(Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA));
        assertThat(model.provider()).isEqualTo(ModelProvider.OPEN_AI);
        assertThat(model.listeners()).isSameAs(openAi.listeners());
        assertThat(((Gated<?>) model).unwrap()).isSameAs(openAi);
    }

    private static Decision denied(ChatModel model, ChatRequest request) {
        return catchThrowableOfType(SpendDeniedException.class, () -> model.chat(request))
                .decision();
    }
}
