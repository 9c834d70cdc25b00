package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.AiServices;
import io.spendguard.model.Effect;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.OpenAiCall;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each of the five answers, at each kind of call: what the provider saw, what was spent, what evidence says. */
class OutcomesTest {
    interface Assistant {
        String chat(String message);
    }

    static final class Tools {
        private final AtomicInteger runs = new AtomicInteger();

        @Tool
        String lookUp() {
            runs.incrementAndGet();
            return "found";
        }
    }

    /** 12 input and 3 output tokens: 0.00006 USD of gpt-4o, 0.0000036 USD of gpt-4o-mini. */
    @ParameterizedTest
    @CsvSource({
        "CONTINUE,         continue,         1, gpt-4o,      0.00006 USD",
        "DEGRADE,          DEGRADE,          1, gpt-4o-mini, 0.0000036 USD",
        "SKIP,             skip,             0, none,        0.00 USD",
        "REQUIRE_APPROVAL, require_approval, 0, none,        0.00 USD",
        "STOP,             stop,             0, none,        0.00 USD"
    })
    void chat(Effect effect, String rule, int providerCalls, String model, String spent) {
        try (Lab lab = Lab.withRule("llm.call.pre", "true", rule(rule))) {
            ChatModel gated = GuardedModels.chat(lab.chat().maxTokens(100).build(), lab.guard);

            Throwable thrown = catchThrowable(() -> gated.chat("Hello"));

            agree(lab, effect, thrown, providerCalls, model, spent);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "CONTINUE,         continue,         1, gpt-4o,      0.00006 USD",
        "DEGRADE,          DEGRADE,          1, gpt-4o-mini, 0.0000036 USD",
        "SKIP,             skip,             0, none,        0.00 USD",
        "REQUIRE_APPROVAL, require_approval, 0, none,        0.00 USD",
        "STOP,             stop,             0, none,        0.00 USD"
    })
    void stream(Effect effect, String rule, int providerCalls, String model, String spent) {
        try (Lab lab = Lab.withRule("llm.call.pre", "true", rule(rule))) {
            StreamingChatModel gated =
                    GuardedModels.streaming(lab.streaming().maxTokens(100).build(), lab.guard);
            StreamProbe probe = new StreamProbe();

            gated.chat("Hello", probe);
            Throwable thrown = catchThrowable(probe::response);

            agree(lab, effect, cause(thrown), providerCalls, model, spent);
        }
    }

    /** A degrade finds nothing to change in a tool call and is a CONTINUE. */
    @ParameterizedTest
    @CsvSource({
        "CONTINUE,         continue,         2, 1, 0.00012 USD",
        "CONTINUE,         DEGRADE,          2, 1, 0.00012 USD",
        "SKIP,             skip,             2, 0, 0.00012 USD",
        "REQUIRE_APPROVAL, require_approval, 1, 0, 0.00006 USD",
        "STOP,             stop,             1, 0, 0.00006 USD"
    })
    void tool(Effect effect, String rule, int providerCalls, int toolRuns, String spent) {
        try (Lab lab = Lab.withRule("tool.call.pre", "true", rule(rule));
                var open = lab.guard.open()) {
            Tools tools = new Tools();
            Assistant assistant = AiServices.builder(Assistant.class)
                    .chatModel(lab.chat().build())
                    .tools(tools)
                    .build();
            lab.provider.replyWithToolCall("lookUp", "{}").replyWith("Done.");

            Throwable thrown = catchThrowable(() -> assistant.chat("Hello"));

            if (toolRuns == 1 || effect == Effect.SKIP) {
                assertThat(thrown).isNull();
            } else {
                assertThat(((SpendDeniedException) thrown).decision().effect()).isEqualTo(effect);
            }
            List<OpenAiCall> calls = lab.provider.calls();
            assertThat(calls).hasSize(providerCalls);
            assertThat(tools.runs).hasValue(toolRuns);
            if (effect == Effect.SKIP) {
                assertThat(calls.get(1).string("messages.2.content").orElse(""))
                        .startsWith("Tool 'lookUp' was skipped and not executed: LAB_RULE (lab_rule):");
            }
            assertThat(lab.guard).onTool("lookUp").decided(effect, times(1));
            assertThat(lab.guard).spent(spent);
        }
    }

    private static void agree(Lab lab, Effect effect, Throwable thrown, int providerCalls, String model, String spent) {
        if (effect.allows()) {
            assertThat(thrown).isNull();
            assertThat(lab.provider.calls()).extracting(OpenAiCall::model).containsExactly(model);
            assertThat(lab.guard).onModel(model).spent(spent);
        } else {
            assertThat(((SpendDeniedException) thrown).decision().effect()).isEqualTo(effect);
        }
        assertThat(lab.provider.calls()).hasSize(providerCalls);
        assertThat(lab.guard).decided(effect, times(1)).spent(spent);
        assertThat(lab.spent()).isEqualTo(spent);
    }

    private static String rule(String effect) {
        return effect.equals("DEGRADE")
                ? "{decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 50}}"
                : effect;
    }

    private static Throwable cause(Throwable thrown) {
        return thrown instanceof ExecutionException failed ? failed.getCause() : thrown;
    }
}
