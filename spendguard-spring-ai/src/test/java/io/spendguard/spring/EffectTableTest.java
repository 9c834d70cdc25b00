package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.OpenAiReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.tool.annotation.Tool;

/** Five answers on three surfaces: provider, ledger and evidence agree in every cell. */
@Timeout(60)
class EffectTableTest {
    private static final String DEGRADE = "{decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 256}}";

    static Stream<Arguments> cells() {
        return Stream.of(Effect.values())
                .flatMap(effect -> Stream.of("call", "stream", "tool").map(surface -> Arguments.of(effect, surface)));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void effect_onEachSurface_isTheSameInProviderLedgerAndEvidence(Effect effect, String surface) {
        boolean isTool = surface.equals("tool");
        String answer = effect == Effect.DEGRADE ? DEGRADE : effect.name().toLowerCase(Locale.ROOT);
        try (Bench bench = new Bench(Bench.contract(Bench.rule(isTool ? "tool.call.pre" : "llm.call.pre", answer)))) {
            if (isTool) {
                bench.provider.reply(OpenAiReply.toolCall("weather", "{}"), OpenAiReply.text("Done."));
            }
            Weather weather = new Weather();

            Throwable thrown = catchThrowable(() -> run(bench, surface, weather));

            String kind = isTool ? "tool_call" : "llm_call";
            String decided = kind + " "
                    + (isTool && effect == Effect.DEGRADE
                            ? "continue"
                            : effect.name().toLowerCase(Locale.ROOT));
            List<String> expected = new ArrayList<>();
            if (isTool) {
                expected.addAll(List.of("llm_call continue", "COMMITTED"));
            }
            expected.add(decided);
            if (effect.allows()) {
                expected.add("COMMITTED");
            }
            boolean goesOn = effect.allows() || (isTool && effect == Effect.SKIP);
            if (isTool && goesOn) {
                expected.addAll(List.of("llm_call continue", "COMMITTED"));
            }
            assertThat(bench.events()).containsExactlyElementsOf(expected);
            assertThat(refusal(thrown)).isEqualTo(goesOn ? null : effect);
            assertThat(weather.calls).isEqualTo(isTool && effect.allows() ? 1 : 0);
            int reached = isTool ? (goesOn ? 2 : 1) : (goesOn ? 1 : 0);
            assertThat(bench.provider.calls()).hasSize(reached);
            // 12 input and 3 output tokens each; the cheaper model costs 0.15 and 0.60 per million
            long nanos = reached * (!isTool && effect == Effect.DEGRADE ? 3_600L : 60_000L);
            assertThat(reached == 0 || bench.spent().atomic() == nanos).isTrue();
            assertThat(!bench.hasBalances() || bench.held().equals(Amount.parse("0.00 USD")))
                    .isTrue();
        }
    }

    private static void run(Bench bench, String surface, Weather weather) {
        switch (surface) {
            case "call" -> bench.model().call("Hello");
            case "stream" -> bench.model().stream("Hello").blockLast();
            default -> {
                ChatClient client = bench.clients().builder(bench.rawModel()).build();
                client.prompt("Hello").tools(weather).call().content();
            }
        }
    }

    private static @Nullable Effect refusal(@Nullable Throwable thrown) {
        return thrown instanceof SpendDeniedException denied ? denied.decision().effect() : null;
    }

    /** A tool that counts its calls. */
    static final class Weather {
        private int calls;

        @Tool(description = "The weather")
        String weather() {
            calls++;
            return "Rain.";
        }
    }
}
