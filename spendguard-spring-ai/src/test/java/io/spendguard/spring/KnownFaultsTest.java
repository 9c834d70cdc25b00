package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.tool.function.FunctionToolCallback;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The six faults that guards for Spring AI are known to have, by their numbers in docs/spring-ai.md. */
@Timeout(60)
class KnownFaultsTest {
    private static final Amount NOTHING = Amount.parse("0.00 USD");

    /** A refusal looked like a failed connection. */
    @Test
    void f1_refusal_isATypeOfItsOwnAndNeverTheOneOfAnOutage() {
        try (Bench bench = new Bench(limit("0.00"))) {
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call("Hello"))
                    .isExactlyInstanceOf(SpendDeniedException.class)
                    .isNotInstanceOf(LedgerUnavailableException.class)
                    .satisfies(denied -> assertThat(
                                    ((SpendDeniedException) denied).decision().effect())
                            .isEqualTo(Effect.STOP));
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    /** Failing open turned a refusal into a call. Here nothing fails open: neither a refusal nor an outage reaches the provider. */
    @ParameterizedTest
    @ValueSource(strings = {"0.00", "0.0040"})
    void f2_shortBudget_isNeverACall(String limit) {
        try (Bench bench = new Bench(limit(limit))) {
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call("Hello")).isInstanceOf(SpendDeniedException.class);
            assertThatThrownBy(() -> model.stream("Hello").blockLast()).isInstanceOf(SpendDeniedException.class);

            assertThat(bench.provider.calls()).isEmpty();
            assertThat(bench.events()).containsExactly("llm_call stop", "llm_call stop");
        }
    }

    @Test
    void f2_guardThatCannotDecide_isNeverACall() {
        try (Bench bench = new Bench(limit("1.00"))) {
            ChatModel model = bench.model();
            bench.guard.close();

            assertThatThrownBy(() -> model.call("Hello")).hasMessageStartingWith("Guard is closed");
            assertThatThrownBy(() -> model.stream("Hello").blockLast()).hasMessageStartingWith("Guard is closed");

            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    /** What a cancelled stream had delivered was given away. */
    @Test
    void f3_streamOfTwentyTakenToTen_isChargedForTen() {
        CountDownLatch gate = new CountDownLatch(1);
        String words = IntStream.range(0, 20).mapToObj(i -> "word").collect(Collectors.joining(" "));
        try (Bench bench = new Bench(limit("1.00"))) {
            bench.provider.reply(OpenAiReply.text(words).heldAfter(12, gate));

            bench.model().stream("Hello")
                    .filter(part -> !part.isEmpty())
                    .take(10)
                    .blockLast();
            gate.countDown();

            // 9 input tokens at 2.50 and at least the ten words consumed at 10.00 per million
            assertThat(bench.spent().atomic()).isGreaterThanOrEqualTo(122_500L);
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    /** A stream subscribed to where blocking is forbidden failed and left a hold behind. */
    @Test
    void f4_streamOnANonBlockingThread_worksAndHoldsNothing() {
        try (Bench bench = new Bench(limit("1.00"))) {
            bench.provider.reply(OpenAiReply.text("Tea.").withUsage(Usage.of(1_000, 100)));

            onNonBlockingThread(bench.model().stream("Hello")).blockLast();

            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0035 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    /** The same, failing open, called the model past the gate. */
    @Test
    void f5_refusedStreamOnANonBlockingThread_isNeverACall() {
        try (Bench bench = new Bench(limit("0.00"))) {
            Flux<String> stream = onNonBlockingThread(bench.model().stream("Hello"));

            assertThatThrownBy(stream::blockLast).isInstanceOf(SpendDeniedException.class);

            assertThat(bench.provider.calls()).isEmpty();
            assertThat(bench.held()).isEqualTo(NOTHING);
        }
    }

    /** Caps and forbidden tools that the budget named were not applied. */
    @Test
    void f6_capAndForbiddenTool_areApplied() {
        String rules = """
                - id: short_answers
                  at: [llm.call.pre]
                  when: 'true'
                  effect: {decision: degrade, mutate: {maxOutputTokens: 5}}
                  reasonCode: SHORT_ANSWERS
                - id: no_shell
                  at: [tool.call.pre]
                  when: action.tool == "shell"
                  effect: stop
                  reasonCode: TOOL_FORBIDDEN
                """;
        try (Bench bench = new Bench(Bench.contract(rules))) {
            bench.provider.replyWithToolCall("shell", "{}").replyWith("Done.");
            FunctionToolCallback<?, ?> shell = FunctionToolCallback.builder("shell", () -> {
                        throw new AssertionError("forbidden");
                    })
                    .description("shell")
                    .build();

            assertThatThrownBy(() -> bench.clients()
                            .builder(bench.model())
                            .build()
                            .prompt("Hello")
                            .tools(shell)
                            .call()
                            .content())
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("TOOL_FORBIDDEN");

            assertThat(bench.provider.calls()).hasSize(1);
            assertThat(bench.provider.calls().get(0).maxTokens()).hasValue(5);
        }
    }

    private static String limit(String usd) {
        return Bench.contract("").replace("limit: 1.00 USD", "limit: " + usd + " USD");
    }

    private static <T> Flux<T> onNonBlockingThread(Flux<T> stream) {
        return stream.doOnSubscribe(subscription ->
                        assertThat(Schedulers.isInNonBlockingThread()).isTrue())
                .subscribeOn(Schedulers.parallel());
    }
}
