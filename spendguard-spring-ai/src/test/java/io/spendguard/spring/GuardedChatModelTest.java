package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.errors.InternalServerException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.test.LedgerOutage;
import io.spendguard.test.OpenAiCall;
import io.spendguard.test.OpenAiReply;
import io.spendguard.trace.Scope;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.util.MimeTypeUtils;

class GuardedChatModelTest {
    private static final Amount NOTHING = Amount.parse("0.00 USD");

    @Test
    void call_withUsage_commitsTheProvidersCountBeforeReturning() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text("Hi.")
                    .withUsage(Usage.builder()
                            .inputTokens(1_000)
                            .cacheReadTokens(800)
                            .outputTokens(100)
                            .build()));

            String answer = bench.model().call("Hello");

            assertThat(answer).isEqualTo("Hi.");
            // 200 x 2.50 + 800 x 1.25 + 100 x 10.00 per million
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0025 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
        }
    }

    @Test
    void call_withoutUsage_commitsTheEstimate() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text("Hi.").withoutUsage());

            bench.model().call("Hello");

            // 8 for the message and 1 for the word at 2.50, 800 at 10.00 per million
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0080225 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED estimated");
        }
    }

    @Test
    void call_refusedByTheProviderBeforeRunning_givesTheHoldBack() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.unauthorized(), OpenAiReply.rateLimited());
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call("Hello")).isInstanceOf(UnauthorizedException.class);
            assertThatThrownBy(() -> model.call("Hello")).isInstanceOf(RateLimitException.class);

            assertThat(bench.spent()).isEqualTo(NOTHING);
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events())
                    .containsExactly("llm_call continue", "RELEASED", "llm_call continue", "RELEASED");
        }
    }

    @Test
    @LeavesOpenHolds("a failed provider may bill")
    void call_failedAtTheProvider_keepsTheHoldAndTheException() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.serverError());
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call("Hello")).isExactlyInstanceOf(InternalServerException.class);

            assertThat(bench.spent()).isEqualTo(NOTHING);
            assertThat(bench.held()).isEqualTo(Amount.parse("0.0080225 USD"));
            assertThat(bench.events()).containsExactly("llm_call continue");
        }
    }

    @Test
    void call_beyondTheBudget_neverReachesTheProvider() {
        try (Bench bench = new Bench(Bench.contract("").replace("1.00 USD", "0.008 USD"))) {
            ChatModel model = bench.model();

            SpendDeniedException denied = catchThrowableOfType(SpendDeniedException.class, () -> model.call("Hello"));

            assertThat(denied.decision().effect()).isEqualTo(Effect.STOP);
            assertThat(denied.decision().reasons().get(0).code()).isEqualTo(ReasonCode.BUDGET_EXHAUSTED);
            assertThat(denied.getStackTrace()).isEmpty();
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void call_degradedWithMaxTokens_sendsTheOtherModelAndTheLowerCap() {
        try (Bench bench = new Bench(degrade("{modelAlias: cheap, maxOutputTokens: 256}"))) {
            bench.model().call("Hello");

            OpenAiCall sent = bench.provider.calls().get(0);
            assertThat(sent.model()).isEqualTo("gpt-4o-mini");
            assertThat(sent.maxTokens()).isEqualTo(OptionalLong.of(256));
            assertThat(sent.maxCompletionTokens()).isEmpty();
            assertThat(bench.events()).containsExactly("llm_call degrade", "COMMITTED");
        }
    }

    @Test
    void call_degradedWithMaxCompletionTokens_lowersThatCapAndAddsNoOther() {
        try (Bench bench = new Bench(degrade("{maxOutputTokens: 256}"))) {
            ChatModel model = bench.model(Bench.options(bench.provider)
                    .maxTokens(null)
                    .maxCompletionTokens(4_000)
                    .build());

            model.call("Hello");

            OpenAiCall sent = bench.provider.calls().get(0);
            assertThat(sent.maxCompletionTokens()).isEqualTo(OptionalLong.of(256));
            assertThat(sent.maxTokens()).isEmpty();
        }
    }

    @Test
    void call_degradedWithoutAnyCap_addsOne() {
        try (Bench bench = new Bench(degrade("{maxOutputTokens: 256}"))) {
            ChatModel model =
                    bench.model(Bench.options(bench.provider).maxTokens(null).build());

            model.call("Hello");

            assertThat(bench.provider.calls().get(0).maxTokens()).isEqualTo(OptionalLong.of(256));
        }
    }

    @Test
    void call_degradedInEffortAndSampling_sendsThem() {
        try (Bench bench =
                new Bench(degrade("{reasoningEffort: low, temperature: 0.2, topP: 0.5, stopSequences: [END]}"))) {

            bench.model().call("Hello");

            OpenAiCall call = bench.provider.calls().get(0);
            assertThat(call.string("reasoning_effort")).contains("low");
            assertThat(call.rawBody().replaceAll("\\s", ""))
                    .contains("\"temperature\":0.2")
                    .contains("\"top_p\":0.5")
                    .contains("\"stop\":\"END\"");
        }
    }

    @Test
    void call_degradedToAnotherProvider_stopsAndGivesTheHoldBack() {
        try (Bench bench = new Bench(
                Bench.contract(Bench.rule("llm.call.pre", "{decision: degrade, mutate: {modelAlias: elsewhere}}"))
                        .replace("anthropic, model: claude", "compatible, model: gpt-4o"))) {
            ChatModel model = bench.model();

            SpendDeniedException denied = catchThrowableOfType(SpendDeniedException.class, () -> model.call("Hello"));

            assertThat(denied.decision()).isInstanceOf(Decision.Stop.class);
            assertThat(denied.decision().reasons()).extracting(Reason::code).contains(ReasonCode.DEGRADE_FAILED);
            assertThat(bench.provider.calls()).isEmpty();
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    void call_behindTwoGates_isChargedOnce() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel inner = bench.model();
            ChatModel twice = new GuardedChatModel(inner, bench.decorator.gate(), "openai");

            twice.call("Hello");
            twice.stream("Hello").blockLast();

            assertThat(bench.decorator.guardChatModel(inner)).isSameAs(inner);
            assertThat(bench.events())
                    .containsExactly("llm_call continue", "COMMITTED", "llm_call continue", "COMMITTED");
        }
    }

    @Test
    void call_askedAgainBetweenTwoGates_isDecidedAndChargedAgain() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(
                    OpenAiReply.rateLimited(),
                    OpenAiReply.text("Bad.").withUsage(Usage.of(1_000, 200)),
                    OpenAiReply.text("Good."));
            ChatModel inner = bench.model();
            ChatModel insisting = new ChatModel() {
                @Override
                public ChatOptions getOptions() {
                    return inner.getOptions();
                }

                @Override
                public ChatResponse call(Prompt prompt) {
                    assertThatThrownBy(() -> inner.call(prompt)).isInstanceOf(RateLimitException.class);
                    inner.call(prompt);
                    return inner.call(prompt);
                }
            };

            String answer = bench.decorator.guardChatModel(insisting, "openai").call("Hello");

            assertThat(answer).isEqualTo("Good.");
            assertThat(bench.events())
                    .containsExactly("llm_call continue", "llm_call continue", "COMMITTED", "COMMITTED");
            // 0.0045 USD for the answer nobody wanted, 0.00006 USD for the other
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.00456 USD"));
        }
    }

    @Test
    void call_askedAgainBetweenTwoGatesAndRefused_stillChargesTheFirst() {
        try (Bench bench = new Bench(Bench.contract("").replace("1.00 USD", "0.009 USD"))) {
            bench.provider.reply(OpenAiReply.text("Bad.").withUsage(Usage.of(1_000, 200)));
            ChatModel inner = bench.model();
            ChatModel insisting = new ChatModel() {
                @Override
                public ChatOptions getOptions() {
                    return inner.getOptions();
                }

                @Override
                public ChatResponse call(Prompt prompt) {
                    inner.call(prompt);
                    return inner.call(prompt);
                }
            };
            ChatModel outer = bench.decorator.guardChatModel(insisting, "openai");

            assertThatThrownBy(() -> outer.call("Hello"))
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("BUDGET_EXHAUSTED");

            assertThat(bench.provider.calls()).hasSize(1);
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0045 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    @LeavesOpenHolds("the ledger records no outcome")
    void callAndStream_ledgerAwayAfterTheAnswer_loseNoPaidAnswer() {
        try (Bench bench = new Bench(Bench.contract(""), ledger -> LedgerOutage.at(OperationKind.SETTLE, ledger))) {
            bench.provider.otherwise(OpenAiReply.toolCall("search", "{}"));
            ChatModel model = bench.model();

            ChatResponse answer = model.call(new Prompt("Hello"));
            ChatResponse last = model.stream(new Prompt("Hello")).blockLast();

            assertThat(answer.hasToolCalls()).isTrue();
            assertThat(last).isNotNull();
            assertThat(bench.embeddings().embed("one")).isNotEmpty();
            assertThat(bench.events()).filteredOn("tool_call continue"::equals).hasSize(2);
        }
    }

    @Test
    @LeavesOpenHolds("an attempt before the last may have been billed")
    void call_modelThatRetriesByItself_neverCountsAFailureAsUnbilled() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.serverError(), OpenAiReply.rateLimited());
            ChatModel model =
                    bench.model(Bench.options(bench.provider).maxRetries(1).build());

            assertThatThrownBy(() -> model.call("Hello")).isInstanceOf(RateLimitException.class);

            assertThat(bench.provider.calls()).hasSize(2);
            assertThat(bench.held()).isEqualTo(Amount.parse("0.0080225 USD"));
            assertThat(bench.payloads()).singleElement().asString().contains("\"hiddenRetries\":\"1\"");
        }
    }

    @Test
    void call_modelThatRetriesByItselfAndIsAnswered_isOneDecisionForAllItsAttempts() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.serverError(), OpenAiReply.text("Hi."));

            bench.model(Bench.options(bench.provider).maxRetries(1).build()).call("Hello");

            assertThat(bench.provider.calls()).hasSize(2);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
        }
    }

    @Test
    void hiddenRetries_ofSpringAisOwnModels_areFound() {
        assertThat(HiddenRetries.of(OpenAiChatModel.builder()
                        .options(OpenAiChatOptions.builder().apiKey("key").build())
                        .build()))
                .isEqualTo(3);
        assertThat(HiddenRetries.of(new Templated(new Object()))).isEqualTo(1);
        assertThat(HiddenRetries.of(new Templated(null))).isEqualTo(0);
        assertThat(HiddenRetries.of("a model that says nothing")).isEqualTo(0);
    }

    /** As models without a vendor's client retry. */
    private record Templated(Object retryTemplate) {}

    @Test
    void call_withoutAnyTenant_failsClosed() {
        try (Bench bench = new Bench(Bench.contract("").replace(", tenant: acme", ""))) {
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call("Hello"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("names no tenant");
            assertThatThrownBy(() -> model.stream("Hello").blockLast())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("names no tenant");
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void call_withTenantInSeveralPlaces_takesThePromptsFirst() {
        GateSettings settings = new GateSettings(
                new Scope("default", null, null, "agent-default", null), ToolAdmission.OFF, Map.of(), null);
        try (Bench bench = new Bench(Bench.contract("").replace(", tenant: acme", ""), settings)) {
            ChatModel model = bench.model();
            Prompt named = new Prompt(
                    "Hello",
                    Bench.options(bench.provider)
                            .toolContext(SpendGuardContext.of(Scope.ofRun("prompt", "r1")))
                            .build());

            try (Scope.Handle open = Scope.ofRun("thread", "r2").open()) {
                model.call(named);
                model.call("Hello");
                model.stream("Hello")
                        .contextWrite(context -> context.putAllMap(SpendGuardContext.of(Scope.ofRun("reactor", "r3"))))
                        .blockLast();
                model.stream("Hello").blockLast();
            }
            model.call("Hello");

            assertThat(bench.guard.balances("prompt")).hasSize(1);
            assertThat(bench.guard.balances("thread")).hasSize(1);
            assertThat(bench.guard.balances("reactor")).hasSize(1);
            assertThat(bench.guard.balances("default")).hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("extras")
    void call_askingForMoreThanTokensAndCapsSay_isNotEstimatedAndStops(UnaryOperator<OpenAiChatOptions.Builder> extra) {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model =
                    bench.model(extra.apply(Bench.options(bench.provider)).build());

            SpendDeniedException denied = catchThrowableOfType(SpendDeniedException.class, () -> model.call("Hello"));

            assertThat(denied.decision().reasons().get(0).code()).isEqualTo(ReasonCode.ESTIMATE_UNKNOWN);
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    static Stream<Named<UnaryOperator<OpenAiChatOptions.Builder>>> extras() {
        return Stream.of(
                Named.of("several answers", options -> options.n(3)),
                Named.of("another cap", options -> options.extraBody(Map.of("max_completion_tokens", 16_000))),
                Named.of("another model", options -> options.extraBody(Map.of("model", "o1-pro"))),
                Named.of("a dearer tier", options -> options.serviceTier("priority")),
                Named.of("sound", options -> options.outputModalities(List.of("text", "audio"))));
    }

    @Test
    void call_withExtrasThatCostNothing_isEstimated() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model = bench.model(Bench.options(bench.provider)
                    .n(1)
                    .serviceTier("flex")
                    .outputModalities(List.of("text"))
                    .extraBody(Map.of("top_k", 40))
                    .build());

            model.call("Hello");

            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
        }
    }

    @Test
    void call_withAnAttachment_needsAFigureForIt() {
        Prompt prompt = new Prompt(UserMessage.builder()
                .text("What is this?")
                .media(Media.builder()
                        .mimeType(MimeTypeUtils.IMAGE_PNG)
                        .data(URI.create("https://example.invalid/cat.png"))
                        .build())
                .build());
        GateSettings counted = new GateSettings(Scope.EMPTY, ToolAdmission.OFF, Map.of(), 1_000L);

        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model = bench.model();
            assertThatThrownBy(() -> model.call(prompt))
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("ESTIMATE_UNKNOWN");
            assertThat(bench.provider.calls()).isEmpty();
        }
        try (Bench bench = new Bench(Bench.contract(""), counted)) {
            bench.model().call(prompt);
            assertThat(bench.provider.calls()).hasSize(1);
        }
    }

    @Test
    void getOptions_areTheModelsOwn() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            assertThat(bench.model().getOptions().getModel()).isEqualTo("gpt-4o");
            assertThat(List.of(bench.model().getOptions()))
                    .hasOnlyElementsOfType(bench.rawModel().getOptions().getClass());
        }
    }

    private static String degrade(String mutate) {
        return Bench.contract(Bench.rule("llm.call.pre", "{decision: degrade, mutate: " + mutate + "}"));
    }
}
