package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.never;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.model.Effect;
import io.spendguard.model.Reason;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.test.OpenAiReply;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedStreamingChatModelTest {
    private static final ChatRequest HELLO =
            ChatRequest.builder().messages(UserMessage.from("Hello")).build();

    private Lab lab = Lab.open();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void chat_complete_chargesWhatTheProviderCountedBeforeTheEndIsPassedOn() throws Exception {
        lab.provider.reply(OpenAiReply.text("one two three").withUsage(Usage.of(1_000, 200)));
        StreamProbe probe = new StreamProbe();
        CompletableFuture<String> spentAtTheEnd = probe.end.thenApply(response -> lab.spent());

        model().chat(HELLO, probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("one two three");
        assertThat(String.join("", probe.parts)).isEqualTo("one two three");
        assertThat(spentAtTheEnd.get(30, TimeUnit.SECONDS)).isEqualTo("0.0045 USD");
    }

    @Test
    void everyForm_isDecidedAndChargedOnce() throws Exception {
        StreamingChatModel model = model();
        for (Consumer<StreamProbe> form : List.<Consumer<StreamProbe>>of(
                probe -> model.chat("Hello", probe),
                probe -> model.chat(List.of(UserMessage.from("Hello")), probe),
                probe -> model.chat(HELLO, probe),
                probe -> model.chat(HELLO, ChatRequestOptions.EMPTY, probe),
                probe -> model.doChat(
                        HELLO.toBuilder()
                                .parameters(model.defaultRequestParameters())
                                .build(),
                        probe))) {
            StreamProbe probe = new StreamProbe();
            form.accept(probe);
            probe.response();
        }

        assertThat(lab.provider.calls()).hasSize(5);
        assertThat(lab.guard).decided(Effect.CONTINUE, times(5)).spent("0.0003 USD");
    }

    @Test
    void chat_cancelled_chargesWhatArrived() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        lab.provider.reply(OpenAiReply.text("one two three four five").heldAfter(3, never));
        StreamProbe probe = new StreamProbe(2);

        model().chat(HELLO, probe);

        assertThatThrownBy(probe::response).isInstanceOf(CancellationException.class);
        // 17 bounded input tokens and 2 counted ones of output
        assertThat(lab.spent()).isEqualTo("0.0000625 USD");
        assertThat(lab.held()).isEqualTo("0.00 USD");
    }

    @Test
    @LeavesOpenHolds(value = "the connection broke, perhaps before any part arrived", always = false)
    void chat_cutConnection_isNeverFree() throws Exception {
        lab.provider.reply(OpenAiReply.text("one two three").cutAfter(2));
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO.toBuilder().maxOutputTokens(100).build(), probe);
        probe.end.handle((response, error) -> null).get(30, TimeUnit.SECONDS);

        // A completion without usage (the estimate), or an error after parts (their count) or before any (still held).
        assertThat(lab.spent() + ", held " + lab.held())
                .isIn(
                        "0.0010425 USD, held 0.00 USD",
                        "0.0000625 USD, held 0.00 USD",
                        "0.0000525 USD, held 0.00 USD",
                        "0.00 USD, held 0.0010425 USD");
    }

    @Test
    void chat_withoutUsage_settlesAtTheEstimate() throws Exception {
        lab.provider.reply(OpenAiReply.text("one two three").withoutUsage());
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO.toBuilder().maxOutputTokens(100).build(), probe);
        probe.response();

        assertThat(lab.spent()).isEqualTo("0.0010425 USD");
    }

    @Test
    void chat_refusedByTheProviderUnbilled_givesTheHoldBack() throws Exception {
        lab.provider.reply(OpenAiReply.rateLimited());
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO, probe);

        assertThat(probe.error()).isInstanceOf(RateLimitException.class);
        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    @LeavesOpenHolds("a failed provider may bill")
    void chat_failedBeforeAnyPart_isUnknown() throws Exception {
        lab.provider.reply(OpenAiReply.serverError());
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO.toBuilder().maxOutputTokens(100).build(), probe);

        assertThat(probe.error()).hasMessageContaining("server_error");
        assertThat(lab.held()).isEqualTo("0.0010425 USD");
    }

    @Test
    void chat_failedAfterParts_chargesThem() throws Exception {
        IllegalStateException broken = new IllegalStateException("broken");
        StreamingChatModel model = guarded(handler -> {
            handler.onPartialResponse("one");
            handler.onPartialResponse(" two");
            handler.onError(broken);
        });
        StreamProbe probe = new StreamProbe();

        model.chat(HELLO, probe);

        assertThat(probe.error()).isSameAs(broken);
        assertThat(lab.spent()).isEqualTo("0.0000625 USD");
    }

    @Test
    void chat_moreThanWasHeldFor_isCut() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        lab.provider.reply(OpenAiReply.text("one two three four five six seven eight nine ten eleven twelve thirteen")
                .heldAfter(12, never));
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO.toBuilder().maxOutputTokens(3).build(), probe);

        SpendDeniedException cut = (SpendDeniedException) probe.error();
        assertThat(cut.decision().reasons().get(0))
                .isEqualTo(Reason.of(
                        GuardedResponseHandler.HOLD_OUTGROWN,
                        "The stream of model 'gpt-4o' brought more than the 3 output tokens that were asked for and"
                                + " held. Raise the request's cap."));
        // The cap of 3 and 8 more, which a model's own tokenizer may not count.
        assertThat(probe.parts).hasSize(11);
        // 17 x 2,500 + 12 x 10,000 nanos: what arrived, the part too many included
        assertThat(lab.spent()).isEqualTo("0.0001625 USD");
    }

    @Test
    void chat_atItsCapByTheModelsOwnTokenizer_isNotCutForWhatOursCounts() throws Exception {
        lab.provider.reply(OpenAiReply.text("one two three four five six"));
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO.toBuilder().maxOutputTokens(5).build(), probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("one two three four five six");
    }

    @Test
    void chat_moreThanWasHeldFor_thatCannotBeCancelled_isSettledByItsEnd() throws Exception {
        StreamingChatModel model = guarded(handler -> {
            handler.onPartialResponse("one two three four five six seven eight nine ten eleven twelve");
            handler.onPartialResponse(" thirteen");
            handler.onCompleteResponse(response(new TokenUsage(1_000, 200)));
        });
        StreamProbe probe = new StreamProbe();

        model.chat(HELLO.toBuilder().maxOutputTokens(3).build(), probe);

        assertThat(probe.error()).isInstanceOf(SpendDeniedException.class);
        assertThat(lab.spent()).isEqualTo("0.0045 USD");
    }

    @Test
    void chat_applicationThrowsOnAPart_isChargedByTheStreamsEnd() throws Exception {
        StreamingChatModel model = guarded(handler -> {
            try {
                handler.onPartialResponse("one");
            } catch (IllegalStateException thrown) {
                handler.onError(thrown);
            }
            handler.onCompleteResponse(response(new TokenUsage(1_000, 200)));
        });

        model.chat(HELLO, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String part) {
                throw new IllegalStateException("the application's fault");
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {}

            @Override
            public void onError(Throwable error) {}
        });

        assertThat(lab.spent()).isEqualTo("0.0045 USD");
    }

    @Test
    @LeavesOpenHolds("the model may have sent the request")
    void chat_modelThatThrowsAtTheStart_passesTheException() {
        IllegalStateException broken = new IllegalStateException("broken");
        StreamingChatModel model = guarded(handler -> {
            throw broken;
        });

        assertThatThrownBy(() -> model.chat(HELLO, new StreamProbe())).isSameAs(broken);
    }

    @Test
    void chat_answerCallsAToolThatMustNotRun_endsInAnErrorAfterItsRealCost() throws Exception {
        lab.close();
        lab = Lab.withRule("tool.call.pre", "action.tool == \"wire\"", "stop");
        lab.provider.replyWithToolCall("wire", "{\"amount\": 5}");
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO, probe);

        assertThat(probe.error()).isInstanceOf(SpendDeniedException.class);
        assertThat(lab.guard).spent("0.00006 USD").onTool("wire").decided(Effect.STOP, times(1));
    }

    @Test
    @LeavesOpenHolds("the ledger records no outcome")
    void chat_ledgerAwayWhenItsToolsAreAdmitted_losesNoPaidAnswer() throws Exception {
        lab.close();
        lab = Lab.withoutSettlements();
        lab.provider.replyWithToolCall("search", "{}");
        StreamProbe probe = new StreamProbe();

        model().chat(HELLO, probe);

        assertThat(probe.response().aiMessage().toolExecutionRequests()).hasSize(1);
    }

    @Test
    void chat_nullHandler_isRefusedBeforeAnyDecision() {
        assertThatThrownBy(() -> model().chat(HELLO, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("handler");

        assertThat(lab.guard).decided(Effect.CONTINUE, never());
    }

    @Test
    void chat_wrappedTwice_chargesOnce() throws Exception {
        lab.provider.reply(OpenAiReply.text("Good."));
        StreamProbe probe = new StreamProbe();

        insisting(model()).chat(HELLO, probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("Good.");
        assertThat(lab.guard).decided(Effect.CONTINUE, times(1)).spent("0.00006 USD");
    }

    @Test
    void chat_startedAgainInACallbackBetweenTwoGates_isDecidedAndBothAreCharged() throws Exception {
        lab.provider.reply(
                OpenAiReply.text("Bad.").withUsage(Usage.of(1_000, 200)),
                OpenAiReply.text("Good.").withUsage(Usage.of(2_000, 0)));
        StreamProbe probe = new StreamProbe();

        insisting(model()).chat(HELLO, probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("Good.");
        // 1,000 x 2,500 + 200 x 10,000 and 2,000 x 2,500 nanos
        assertThat(lab.guard).decided(Effect.CONTINUE, times(2)).spent("0.0095 USD");
    }

    @Test
    void chat_startedAgainInACallbackAfterAnUnbilledFailure_isTheSameCall() throws Exception {
        lab.provider.reply(OpenAiReply.rateLimited(), OpenAiReply.text("Good."));
        StreamProbe probe = new StreamProbe();

        insisting(model()).chat(HELLO, probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("Good.");
        assertThat(lab.guard).decided(Effect.CONTINUE, times(1)).spent("0.00006 USD");
    }

    @Test
    void chat_startedAgainInACallbackAfterAFailureThatMayBeBilled_isDecidedAgainAndTheFirstNeverFree()
            throws Exception {
        lab.provider.reply(OpenAiReply.serverError(), OpenAiReply.text("Good."));
        StreamProbe probe = new StreamProbe();

        insisting(model()).chat(HELLO.toBuilder().maxOutputTokens(100).build(), probe);

        assertThat(probe.response().aiMessage().text()).isEqualTo("Good.");
        // The estimate of the first, 0.0010425 USD, and what the second did cost.
        assertThat(lab.guard).decided(Effect.CONTINUE, times(2)).spent("0.0011025 USD");
    }

    /** A gate around a model that asks until the answer is good, around the gate given. */
    private StreamingChatModel insisting(StreamingChatModel inner) {
        return GuardedModels.streaming(new Insisting(inner), lab.guard);
    }

    /** Passes on the first good answer, and asks again for any other end. */
    private record Insisting(StreamingChatModel delegate) implements StreamingChatModel {
        @Override
        public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
            delegate.doChat(request, new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(String part) {}

                @Override
                public void onCompleteResponse(ChatResponse response) {
                    if (response.aiMessage().text().equals("Good.")) {
                        handler.onCompleteResponse(response);
                    } else {
                        doChat(request, handler);
                    }
                }

                @Override
                public void onError(Throwable error) {
                    doChat(request, handler);
                }
            });
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

    private StreamingChatModel model() {
        return GuardedModels.streaming(lab.streaming().build(), lab.guard);
    }

    private StreamingChatModel guarded(Consumer<StreamingChatResponseHandler> stream) {
        return GuardedModels.streaming(
                new StreamingChatModel() {
                    @Override
                    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                        stream.accept(handler);
                    }

                    @Override
                    public ChatRequestParameters defaultRequestParameters() {
                        return ChatRequestParameters.builder()
                                .modelName("gpt-4o")
                                .build();
                    }

                    @Override
                    public ModelProvider provider() {
                        return ModelProvider.OPEN_AI;
                    }
                },
                lab.guard);
    }

    private static ChatResponse response(TokenUsage usage) {
        return ChatResponse.builder()
                .aiMessage(AiMessage.from("one"))
                .tokenUsage(usage)
                .build();
    }
}
