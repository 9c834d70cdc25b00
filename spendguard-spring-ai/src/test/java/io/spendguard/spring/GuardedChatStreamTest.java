package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.errors.RateLimitException;
import io.spendguard.model.Amount;
import io.spendguard.model.IdSource;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.LeavesOpenHolds;
import io.spendguard.test.OpenAiReply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Timeout(60)
class GuardedChatStreamTest {
    private static final Amount NOTHING = Amount.parse("0.00 USD");
    private static final String TWENTY_WORDS =
            IntStream.range(0, 20).mapToObj(i -> "word").collect(Collectors.joining(" "));

    @Test
    void stream_complete_isSettledBeforeTheCallerGoesOn() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text("One two three.").withUsage(Usage.of(1_000, 100)));

            String text =
                    String.join("", bench.model().stream("Hello").collectList().block());

            assertThat(text).isEqualTo("One two three.");
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0035 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
        }
    }

    @Test
    void stream_subscribedTwice_isDecidedTwice() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            Flux<String> stream = bench.model().stream("Hello");

            assertThat(bench.hasBalances()).isFalse();
            stream.blockLast();
            stream.blockLast();

            assertThat(bench.provider.calls()).hasSize(2);
            assertThat(bench.events())
                    .containsExactly("llm_call continue", "COMMITTED", "llm_call continue", "COMMITTED");
        }
    }

    @Test
    void stream_cancelledHalfway_chargesWhatWasStreamed() {
        CountDownLatch gate = new CountDownLatch(1);
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text(TWENTY_WORDS).heldAfter(12, gate));

            bench.model().stream("Hello")
                    .filter(part -> !part.isEmpty())
                    .take(10)
                    .blockLast();
            gate.countDown();

            // 9 input tokens at 2.50, and of the twelve words sent the ten consumed or more, at 10.00 per million
            assertThat(bench.spent().atomic()).isBetween(122_500L, 152_500L);
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED estimated");
        }
    }

    @Test
    void stream_cutByTheNetwork_chargesWhatArrived() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text(TWENTY_WORDS).cutAfter(10));
            Flux<String> stream = bench.model().stream("Hello");

            assertThatThrownBy(stream::blockLast).isNotInstanceOf(SpendDeniedException.class);

            // 9 input tokens at 2.50, ten words and the space after the last one at 10.00 per million
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0001325 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    void stream_refusedByTheProvider_givesTheHoldBack() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.rateLimited());
            Flux<String> stream = bench.model().stream("Hello");

            assertThatThrownBy(stream::blockLast).hasRootCauseInstanceOf(RateLimitException.class);

            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "RELEASED");
        }
    }

    @Test
    @LeavesOpenHolds("an attempt before the last may have been billed")
    void stream_modelThatRetriesByItself_neverCountsAFailureAsUnbilled() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.serverError(), OpenAiReply.rateLimited());
            Flux<String> stream =
                    bench.model(Bench.options(bench.provider).maxRetries(1).build()).stream("Hello");

            assertThatThrownBy(stream::blockLast).hasRootCauseInstanceOf(RateLimitException.class);

            assertThat(bench.held()).isEqualTo(Amount.parse("0.0080225 USD"));
        }
    }

    @Test
    void stream_longerThanItsCap_isCutAndChargedForWhatArrived() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text(TWENTY_WORDS + " " + TWENTY_WORDS));
            ChatModel model =
                    bench.model(Bench.options(bench.provider).maxTokens(10).build());
            Flux<String> stream = model.stream("Hello");

            assertThatThrownBy(stream::blockLast)
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("HOLD_OUTGROWN")
                    .hasMessageContaining("The stream passed the 10 output tokens its hold covers");

            // 9 input tokens, 19 words counted and the one that was held back
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0002225 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    void stream_onANonBlockingThread_isDecidedAndSettledElsewhere() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            AtomicReference<Boolean> wasNonBlocking = new AtomicReference<>();

            bench.model().stream("Hello")
                    .doOnSubscribe(subscription -> wasNonBlocking.set(Schedulers.isInNonBlockingThread()))
                    .subscribeOn(Schedulers.parallel())
                    .blockLast();

            assertThat(wasNonBlocking).hasValue(true);
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.00006 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    void stream_settledByAProviderOnANonBlockingThread_neverBlocksIt() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel eventLoop = streaming(
                    Flux.just("One", " two").map(GuardedChatStreamTest::part).publishOn(Schedulers.parallel()));
            ChatModel model = bench.decorator.guardChatModel(eventLoop, "openai");
            AtomicReference<Boolean> endedOnNonBlocking = new AtomicReference<>();

            model.stream("Hello")
                    .doOnComplete(() -> endedOnNonBlocking.set(Schedulers.isInNonBlockingThread()))
                    .blockLast();

            assertThat(endedOnNonBlocking).hasValue(false);
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    @Test
    void stream_cancelledOnANonBlockingThread_leaksNoHold() throws Exception {
        try (Bench bench = new Bench(Bench.contract(""))) {
            CountDownLatch arrived = new CountDownLatch(1);
            CountDownLatch cancelled = new CountDownLatch(1);
            ChatModel endless = streaming(Flux.concat(Flux.just(part("One two")), Flux.never()));
            ChatModel model = bench.decorator.guardChatModel(endless, "openai");

            Disposable running = model.stream("Hello").subscribe(text -> arrived.countDown());
            assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
            Scheduler single = Schedulers.newSingle("non-blocking");
            single.schedule(() -> {
                running.dispose();
                cancelled.countDown();
            });
            assertThat(cancelled.await(30, TimeUnit.SECONDS)).isTrue();
            single.dispose();

            awaitNothingHeld(bench);
            // 9 input tokens at 2.50 and two words at 10.00 per million
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0000425 USD"));
        }
    }

    /** Many times: the cancellation travels on another thread, and may arrive after the request for parts. */
    @RepeatedTest(50)
    void stream_cancelledDuringTheDecision_sendsNothingAndReleases() throws Exception {
        CountDownLatch deciding = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        AtomicBoolean isArmed = new AtomicBoolean();
        IdSource ids = () -> {
            if (isArmed.getAndSet(false)) {
                deciding.countDown();
                awaitUninterrupted(cancelled);
            }
            return IdSource.system().next();
        };
        try (Bench bench = new Bench(Bench.contract(""), GateSettings.DEFAULTS, ids)) {
            isArmed.set(true);

            Disposable waiting = bench.model().stream("Hello").subscribe();
            assertThat(deciding.await(30, TimeUnit.SECONDS)).isTrue();
            waiting.dispose();
            cancelled.countDown();

            awaitEvents(bench, 2);
            assertThat(bench.events()).containsExactly("llm_call continue", "RELEASED");
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void stream_startedAgainBetweenTwoGates_isDecidedAndBothAreCharged() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(
                    OpenAiReply.text("Bad.").withUsage(Usage.of(1_000, 200)),
                    OpenAiReply.text("Good.").withUsage(Usage.of(2_000, 0)));
            ChatModel inner = bench.model();
            ChatModel outer = between(
                    bench, inner, prompt -> inner.stream(prompt).thenMany(Flux.defer(() -> inner.stream(prompt))));

            assertThat(String.join("", outer.stream("Hello").collectList().block()))
                    .isEqualTo("Good.");

            assertThat(bench.events())
                    .containsExactly("llm_call continue", "llm_call continue", "COMMITTED", "COMMITTED");
            // 1,000 x 2,500 + 200 x 10,000 and 2,000 x 2,500 nanos
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0095 USD"));
        }
    }

    @Test
    void stream_startedAgainAfterAnUnbilledFailureBetweenTwoGates_isTheSameCall() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.rateLimited(), OpenAiReply.text("Good."));
            ChatModel inner = bench.model();
            ChatModel outer =
                    between(bench, inner, prompt -> inner.stream(prompt).retry(1));

            outer.stream("Hello").blockLast();

            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.00006 USD"));
        }
    }

    @Test
    void stream_startedAgainAfterAFailureThatMayBeBilled_isDecidedAgainAndTheFirstNeverFree() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.serverError(), OpenAiReply.text("Good."));
            ChatModel inner = bench.model();
            ChatModel outer =
                    between(bench, inner, prompt -> inner.stream(prompt).retry(1));

            outer.stream("Hello").blockLast();

            assertThat(bench.events())
                    .containsExactly("llm_call continue", "llm_call continue", "COMMITTED", "COMMITTED estimated");
            // What the second did cost, and the estimate of the first, 0.0080225 USD.
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0080825 USD"));
        }
    }

    @Test
    void stream_behindTwoGates_cancelledHalfway_chargesWhatWasStreamedOnce() {
        CountDownLatch gate = new CountDownLatch(1);
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(OpenAiReply.text(TWENTY_WORDS).heldAfter(12, gate));
            ChatModel inner = bench.model();

            between(bench, inner, inner::stream).stream("Hello")
                    .filter(part -> !part.isEmpty())
                    .take(10)
                    .blockLast();
            gate.countDown();

            assertThat(bench.spent().atomic()).isBetween(122_500L, 152_500L);
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED estimated");
        }
    }

    /** A gate around somebody's own decorator around a gate. */
    private static ChatModel between(Bench bench, ChatModel inner, Function<Prompt, Flux<ChatResponse>> stream) {
        ChatModel own = new ChatModel() {
            @Override
            public ChatOptions getOptions() {
                return inner.getOptions();
            }

            @Override
            public ChatResponse call(Prompt prompt) {
                throw new AssertionError("only streams");
            }

            @Override
            public Flux<ChatResponse> stream(Prompt prompt) {
                return stream.apply(prompt);
            }
        };
        return bench.decorator.guardChatModel(own, "openai");
    }

    /** As a ledger does: an interrupt is noted, the work goes on. */
    private static void awaitUninterrupted(CountDownLatch latch) {
        boolean wasInterrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException noted) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitNothingHeld(Bench bench) {
        await(() -> bench.held().equals(NOTHING));
    }

    private static void awaitEvents(Bench bench, int count) {
        await(() -> bench.events().size() >= count);
    }

    /** Asks again without sleeping; the class's timeout ends it. */
    private static void await(BooleanSupplier condition) {
        Flux.interval(Duration.ofMillis(5))
                .onBackpressureDrop()
                .filter(tick -> condition.getAsBoolean())
                .blockFirst(Duration.ofSeconds(30));
    }

    private static ChatResponse part(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }

    private static ChatModel streaming(Flux<ChatResponse> parts) {
        return new ChatModel() {
            @Override
            public ChatOptions getOptions() {
                return ChatOptions.builder().model("gpt-4o").maxTokens(800).build();
            }

            @Override
            public ChatResponse call(Prompt prompt) {
                throw new AssertionError("only streams");
            }

            @Override
            public Flux<ChatResponse> stream(Prompt prompt) {
                return parts;
            }
        };
    }
}
