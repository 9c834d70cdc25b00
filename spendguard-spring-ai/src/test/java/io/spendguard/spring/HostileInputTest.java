package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.spendguard.model.Amount;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.LeavesOpenHolds;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;

/** Requests, answers and listeners that no well-behaved application or provider would send. */
class HostileInputTest {
    private static final Amount NOTHING = Amount.parse("0.00 USD");

    @Test
    void call_nullPrompt_isRefusedBeforeAnyDecision() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model = bench.model();

            assertThatThrownBy(() -> model.call((Prompt) null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("prompt");
            assertThatThrownBy(() -> model.stream((Prompt) null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("prompt");

            assertThat(bench.events()).isEmpty();
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void call_noModelName_stops() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model = bench.decorator.guardChatModel(answering(new DefaultUsage(10, 10), null), "openai");

            assertThatThrownBy(() -> model.call("Hello"))
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("No price for model 'openai/unspecified'");

            assertThat(bench.events()).containsExactly("llm_call stop");
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 5", "5, -1", "-7, -7", "0, 5"})
    void call_withImpossibleUsage_settlesAtTheEstimate(int input, int output) {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ChatModel model =
                    bench.decorator.guardChatModel(answering(new DefaultUsage(input, output), "gpt-4o"), "openai");

            model.call("Hello");

            // 9 input tokens at 2.50 and the cap of 100 at 10.00 per million: never less than was held.
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.0010225 USD"));
            assertThat(bench.held()).isEqualTo(NOTHING);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED estimated");
        }
    }

    @Test
    @LeavesOpenHolds("the provider's count was lost with the listener's exception")
    void call_listenerThatThrows_neverLeavesAChargedCallUnsettled() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            ObservationRegistry registry = ObservationRegistry.create();
            registry.observationConfig().observationHandler(new Throwing());
            ChatModel model = bench.decorator.guardChatModel(OpenAiChatModel.builder()
                    .options(Bench.options(bench.provider).build())
                    .observationRegistry(registry)
                    .build());

            assertThatThrownBy(() -> model.call("Hello")).hasMessage("listener");

            assertThat(bench.provider.calls()).hasSize(1);
            assertThat(bench.events()).startsWith("llm_call continue");
            assertThat(bench.spent().plus(bench.held())).isNotEqualTo(NOTHING);
        }
    }

    private static ChatModel answering(DefaultUsage usage, String model) {
        return new ChatModel() {
            @Override
            public ChatOptions getOptions() {
                return ChatOptions.builder().model(model).maxTokens(100).build();
            }

            @Override
            public ChatResponse call(Prompt prompt) {
                return new ChatResponse(
                        List.of(new Generation(new AssistantMessage("Tea."))),
                        ChatResponseMetadata.builder().usage(usage).build());
            }
        };
    }

    private static final class Throwing implements ObservationHandler<Observation.Context> {
        @Override
        public void onStop(Observation.Context context) {
            throw new IllegalStateException("listener");
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }
}
