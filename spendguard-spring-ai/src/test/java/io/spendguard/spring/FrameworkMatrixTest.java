package io.spendguard.spring;

import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import io.spendguard.Guard;
import io.spendguard.langchain4j.GuardedModels;
import io.spendguard.model.Effect;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.OpenAiCall;
import io.spendguard.test.OpenAiReply;
import io.spendguard.test.SpendAssertions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;

/**
 * The same answer to the same call in both frameworks: what the provider received, what the ledger holds and what the verified
 * evidence says agree in every cell. Prints the matrix.
 */
@Timeout(60)
class FrameworkMatrixTest {
    private static final String DEGRADE = "{decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 256}}";
    private static final String ROW = "%-17s %-7s %-12s %-17s %-9s %-14s %s%n";
    private static final List<String> MATRIX = new ArrayList<>();

    /** What a caller of either framework does. */
    enum Framework {
        LANGCHAIN4J {
            @Override
            void call(Bench bench) {
                GuardedModels.chat(model(bench), bench.guard).chat("Hello");
            }

            @Override
            void stream(Bench bench) throws Exception {
                CompletableFuture<ChatResponse> done = new CompletableFuture<>();
                GuardedModels.streaming(
                                OpenAiStreamingChatModel.builder()
                                        .baseUrl(bench.provider.baseUrl())
                                        .apiKey("test-key")
                                        .modelName("gpt-4o")
                                        .maxTokens(800)
                                        .build(),
                                bench.guard)
                        .chat("Hello", new Handler(done));
                done.get(30, TimeUnit.SECONDS);
            }

            @Override
            void tool(Bench bench, AtomicInteger runs) {
                try (Guard.Handle open = bench.guard.open()) {
                    AiServices.builder(Assistant.class)
                            .chatModel(model(bench))
                            .tools(new LangChain4jTools(runs))
                            .build()
                            .chat("Hello");
                }
            }

            private OpenAiChatModel model(Bench bench) {
                return OpenAiChatModel.builder()
                        .baseUrl(bench.provider.baseUrl())
                        .apiKey("test-key")
                        .modelName("gpt-4o")
                        .maxTokens(800)
                        .maxRetries(0)
                        .build();
            }
        },
        SPRING_AI {
            @Override
            void call(Bench bench) {
                bench.model().call("Hello");
            }

            @Override
            void stream(Bench bench) {
                bench.model().stream("Hello").blockLast();
            }

            @Override
            void tool(Bench bench, AtomicInteger runs) {
                ChatClient client = bench.clients().builder(bench.rawModel()).build();
                client.prompt("Hello").tools(new SpringTools(runs)).call().content();
            }
        };

        abstract void call(Bench bench);

        abstract void stream(Bench bench) throws Exception;

        abstract void tool(Bench bench, AtomicInteger runs);
    }

    /**
     * A row of the matrix, for both frameworks alike. The provider reports 12 input and 3 output tokens for each call: 0.00006
     * USD of gpt-4o, 0.0000036 USD of gpt-4o-mini. A tool call has nothing to degrade and goes on.
     */
    static Stream<Arguments> cells() {
        List<Object[]> rows = List.of(
                new Object[] {"chat", Effect.CONTINUE, Effect.CONTINUE, List.of("gpt-4o"), 0, "0.00006 USD"},
                new Object[] {"chat", Effect.DEGRADE, Effect.DEGRADE, List.of("gpt-4o-mini"), 0, "0.0000036 USD"},
                new Object[] {"chat", Effect.SKIP, Effect.SKIP, List.of(), 0, "0.00 USD"},
                new Object[] {"chat", Effect.REQUIRE_APPROVAL, Effect.REQUIRE_APPROVAL, List.of(), 0, "0.00 USD"},
                new Object[] {"chat", Effect.STOP, Effect.STOP, List.of(), 0, "0.00 USD"},
                new Object[] {"stream", Effect.CONTINUE, Effect.CONTINUE, List.of("gpt-4o"), 0, "0.00006 USD"},
                new Object[] {"stream", Effect.DEGRADE, Effect.DEGRADE, List.of("gpt-4o-mini"), 0, "0.0000036 USD"},
                new Object[] {"stream", Effect.SKIP, Effect.SKIP, List.of(), 0, "0.00 USD"},
                new Object[] {"stream", Effect.REQUIRE_APPROVAL, Effect.REQUIRE_APPROVAL, List.of(), 0, "0.00 USD"},
                new Object[] {"stream", Effect.STOP, Effect.STOP, List.of(), 0, "0.00 USD"},
                new Object[] {"tool", Effect.CONTINUE, Effect.CONTINUE, List.of("gpt-4o", "gpt-4o"), 1, "0.00012 USD"},
                new Object[] {"tool", Effect.DEGRADE, Effect.CONTINUE, List.of("gpt-4o", "gpt-4o"), 1, "0.00012 USD"},
                new Object[] {"tool", Effect.SKIP, Effect.SKIP, List.of("gpt-4o", "gpt-4o"), 0, "0.00012 USD"},
                new Object[] {
                    "tool", Effect.REQUIRE_APPROVAL, Effect.REQUIRE_APPROVAL, List.of("gpt-4o"), 0, "0.00006 USD"
                },
                new Object[] {"tool", Effect.STOP, Effect.STOP, List.of("gpt-4o"), 0, "0.00006 USD"});
        return rows.stream()
                .flatMap(row -> Stream.of(Framework.values())
                        .map(framework -> Arguments.of(framework, row[0], row[1], row[2], row[3], row[4], row[5])));
    }

    @ParameterizedTest(name = "{2} on a {1} of {0}")
    @MethodSource("cells")
    void answer_providerLedgerAndEvidenceAgree(
            Framework framework,
            String surface,
            Effect rule,
            Effect decided,
            List<String> modelsCalled,
            int toolRuns,
            String spent) {
        String effect = rule == Effect.DEGRADE ? DEGRADE : rule.name().toLowerCase(Locale.ROOT);
        boolean isTool = surface.equals("tool");
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench(Bench.contract(Bench.rule(isTool ? "tool.call.pre" : "llm.call.pre", effect)))) {
            if (isTool) {
                bench.provider.reply(OpenAiReply.toolCall("weather", "{}"), OpenAiReply.text("Done."));
            }

            Throwable thrown = catchThrowable(() -> {
                switch (surface) {
                    case "chat" -> framework.call(bench);
                    case "stream" -> framework.stream(bench);
                    default -> framework.tool(bench, runs);
                }
            });

            assertThat(refusal(thrown)).isEqualTo(goesOn(decided, isTool) ? null : decided);
            assertThat(bench.provider.calls()).extracting(OpenAiCall::model).isEqualTo(modelsCalled);
            assertThat(runs).hasValue(toolRuns);
            SpendAssertions.assertThat(bench.guard)
                    .spent(spent)
                    .leftNoOpenHolds()
                    .hasVerifiableEvidence();
            if (isTool) {
                SpendAssertions.assertThat(bench.guard).onTool("weather").decided(decided, times(1));
            } else {
                SpendAssertions.assertThat(bench.guard).decided(decided, times(1));
            }
            note(ROW, framework, surface, rule, decided, modelsCalled.size(), spent, bench.events());
        }
    }

    @AfterAll
    static void printTheMatrix() {
        System.out.printf(
                Locale.ROOT,
                ROW,
                "rule",
                "call",
                "framework",
                "decided",
                "provider",
                "spent",
                "decisions and outcomes");
        MATRIX.stream().sorted().forEach(System.out::print);
    }

    private static synchronized void note(
            String row,
            Framework framework,
            String surface,
            Effect rule,
            Effect decided,
            int calls,
            String spent,
            List<String> events) {
        MATRIX.add(String.format(
                Locale.ROOT, row, rule, surface, framework, decided, calls, spent, String.join(", ", events)));
    }

    /** A skipped tool is told to the model, which goes on; everything else that is refused reaches the caller. */
    private static boolean goesOn(Effect decided, boolean isTool) {
        return decided.allows() || (isTool && decided == Effect.SKIP);
    }

    private static Effect refusal(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SpendDeniedException denied) {
                return denied.decision().effect();
            }
        }
        assertThat(thrown).isNull();
        return null;
    }

    interface Assistant {
        String chat(String message);
    }

    record LangChain4jTools(AtomicInteger runs) {
        @dev.langchain4j.agent.tool.Tool("The weather")
        String weather() {
            runs.incrementAndGet();
            return "Rain.";
        }
    }

    record SpringTools(AtomicInteger runs) {
        @org.springframework.ai.tool.annotation.Tool(description = "The weather")
        String weather() {
            runs.incrementAndGet();
            return "Rain.";
        }
    }

    record Handler(CompletableFuture<ChatResponse> done) implements StreamingChatResponseHandler {
        @Override
        public void onPartialResponse(String part) {
            // The whole is looked at when it is complete.
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            done.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            done.completeExceptionally(error);
        }
    }
}
