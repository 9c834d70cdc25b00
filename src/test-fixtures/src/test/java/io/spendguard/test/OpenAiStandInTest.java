package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Usage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenAiStandInTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final OpenAiStandIn provider = OpenAiStandIn.start();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        provider.close();
    }

    @Test
    void completion_scriptedText_comesWithItsUsage() throws Exception {
        provider.reply(OpenAiReply.text("It is \"warm\".")
                .withUsage(Usage.builder()
                        .inputTokens(1_000)
                        .cacheReadTokens(400)
                        .outputTokens(50)
                        .reasoningTokens(20)
                        .build())
                .servedBy("gpt-4o-2024-08-06"));

        HttpResponse<String> answer =
                post("/chat/completions", "{\"model\":\"gpt-4o\",\"messages\":[],\"temperature\":0.7}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body())
                .isEqualTo("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1767225600,"
                        + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                        + "\"content\":\"It is \\\"warm\\\".\",\"refusal\":null},\"logprobs\":null,"
                        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":50,"
                        + "\"total_tokens\":1050,\"prompt_tokens_details\":{\"cached_tokens\":400},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":20}}}");
    }

    @Test
    void completion_toolCall_carriesNameAndArguments() throws Exception {
        provider.replyWithToolCall("search", "{\"q\":\"a\"}");

        HttpResponse<String> answer = post("/chat/completions", "{\"model\":\"gpt-4o\"}");

        assertThat(answer.body())
                .contains("\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1_0\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"search\","
                        + "\"arguments\":\"{\\\"q\\\":\\\"a\\\"}\"}}],\"refusal\":null}")
                .contains("\"finish_reason\":\"tool_calls\"");
    }

    @Test
    void replies_severalScripted_areGivenInOrderAndThenTheUsualOne() throws Exception {
        provider.replyWith("one").replyWith("two").otherwise(OpenAiReply.text("usual"));

        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            answers.add(post("/chat/completions", "{\"model\":\"gpt-4o\"}")
                    .body()
                    .replaceAll(".*\"content\":\"([^\"]*)\".*", "$1"));
        }

        assertThat(answers).containsExactly("one", "two", "usual", "usual");
    }

    @Test
    void stream_usageAskedFor_endsWithUsageAndDone() throws Exception {
        provider.reply(OpenAiReply.text("Hello dear world").withUsage(Usage.of(7, 3)));

        List<String> events =
                events("{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

        String head = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,"
                + "\"model\":\"gpt-4o\",\"choices\":[";
        assertThat(events)
                .containsExactly(
                        head + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                                + "\"finish_reason\":null}],\"usage\":null}",
                        head + "{\"index\":0,\"delta\":{\"content\":\"Hello \"},\"logprobs\":null,"
                                + "\"finish_reason\":null}],\"usage\":null}",
                        head + "{\"index\":0,\"delta\":{\"content\":\"dear \"},\"logprobs\":null,"
                                + "\"finish_reason\":null}],\"usage\":null}",
                        head + "{\"index\":0,\"delta\":{\"content\":\"world\"},\"logprobs\":null,"
                                + "\"finish_reason\":null}],\"usage\":null}",
                        head + "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                                + "\"usage\":null}",
                        head + "],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}",
                        "data: [DONE]");
    }

    @Test
    void stream_usageNotAskedForOrNotKnown_hasNone() throws Exception {
        List<String> unasked = events("{\"model\":\"gpt-4o\",\"stream\":true}");
        provider.reply(OpenAiReply.text("Hello.").withoutUsage());
        List<String> unknown =
                events("{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

        assertThat(unasked).hasSize(4).noneMatch(event -> event.contains("usage"));
        assertThat(unknown).hasSize(4).noneMatch(event -> event.contains("prompt_tokens"));
    }

    @Test
    void stream_toolCall_namesItFirstAndThenItsArguments() throws Exception {
        provider.replyWithToolCall("search", "{}");

        List<String> events = events("{\"model\":\"gpt-4o\",\"stream\":true}");

        assertThat(events.get(1))
                .contains("\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1_0\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"search\",\"arguments\":\"\"}}]}");
        assertThat(events.get(2))
                .contains("\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]}");
        assertThat(events.get(3)).contains("\"finish_reason\":\"tool_calls\"");
    }

    @Test
    void stream_cutAfterTwoChunks_breaksWithoutAnEnd() throws Exception {
        provider.reply(OpenAiReply.text("one two three four").cutAfter(2));
        List<String> received = new ArrayList<>();

        // Not by java.net.http: once it knows of a cut it drops what it received before and was not asked for yet.
        HttpURLConnection connection = (HttpURLConnection)
                URI.create(provider.baseUrl() + "/chat/completions").toURL().openConnection();
        connection.setRequestProperty("Authorization", "Bearer any");
        connection.setDoOutput(true);
        connection.getOutputStream().write("{\"model\":\"gpt-4o\",\"stream\":true}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> {
                    try (BufferedReader lines = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                            received.add(line);
                        }
                    }
                })
                .isInstanceOf(IOException.class);

        assertThat(received)
                .filteredOn(line -> line.contains("\"content\":\"one \""))
                .hasSize(1);
        assertThat(received)
                .filteredOn(line -> line.contains("\"content\":\"two \""))
                .hasSize(1);
        assertThat(received).noneMatch(line -> line.contains("three") || line.contains("[DONE]"));
    }

    @Test
    void completion_cut_breaks() {
        provider.reply(OpenAiReply.text("one two").cutAfter(0));

        assertThatThrownBy(() -> post("/chat/completions", "{\"model\":\"gpt-4o\"}"))
                .isInstanceOf(IOException.class);
    }

    @Test
    void stream_heldAfterOneChunk_goesOnWhenTheLatchOpens() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        provider.reply(OpenAiReply.text("one two").heldAfter(1, latch));

        try (Stream<String> lines = open("{\"model\":\"gpt-4o\",\"stream\":true}")) {
            Iterator<String> all = lines.filter(line -> !line.isEmpty()).iterator();
            all.next();
            String first = all.next();
            latch.countDown();
            String second = all.next();

            assertThat(first).contains("\"content\":\"one \"");
            assertThat(second).contains("\"content\":\"two\"");
        }
    }

    @Test
    void stream_heldAfterOneChunk_sendsNoMoreUntilThen() throws Exception {
        CountDownLatch isHeld = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1) {
            @Override
            public void await() throws InterruptedException {
                isHeld.countDown();
                super.await();
            }
        };
        provider.reply(OpenAiReply.text("one two").heldAfter(1, never));
        List<String> received = new ArrayList<>();

        try (Stream<String> lines = open("{\"model\":\"gpt-4o\",\"stream\":true}")) {
            Iterator<String> all = lines.filter(line -> !line.isEmpty()).iterator();
            all.next();
            received.add(all.next());
            assertThat(isHeld.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            provider.close();

            assertThatThrownBy(() -> all.forEachRemaining(received::add)).hasRootCauseInstanceOf(IOException.class);
        }

        assertThat(received).hasSize(1).first().asString().contains("\"content\":\"one \"");
    }

    @Test
    void completion_held_isAnsweredWhenTheLatchOpens() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        provider.reply(OpenAiReply.text("late").heldUntil(latch));

        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                request("/chat/completions", "{\"model\":\"gpt-4o\"}"), HttpResponse.BodyHandlers.ofString());
        List<OpenAiCall> arrived = provider.awaitCalls(1, SOON);
        boolean isAnsweredBefore = answer.isDone();
        latch.countDown();

        assertThat(arrived).hasSize(1);
        assertThat(isAnsweredBefore).isFalse();
        assertThat(answer.get().body()).contains("\"content\":\"late\"");
    }

    @Test
    void close_callsAreHeld_letsThemGo() {
        provider.reply(OpenAiReply.text("never").heldUntil(new CountDownLatch(1)));
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                request("/chat/completions", "{\"model\":\"gpt-4o\"}"), HttpResponse.BodyHandlers.ofString());
        provider.awaitCalls(1, SOON);

        provider.close();

        assertThat(answer.handle((response, failure) -> true)).succeedsWithin(SOON);
    }

    @Test
    void failures_areTheProvidersOwn() throws Exception {
        provider.reply(OpenAiReply.rateLimited(), OpenAiReply.serverError(), OpenAiReply.unauthorized());

        HttpResponse<String> limited = post("/chat/completions", "{\"model\":\"gpt-4o\"}");
        HttpResponse<String> broken = post("/chat/completions", "{\"model\":\"gpt-4o\"}");
        HttpResponse<String> refused = post("/chat/completions", "{\"model\":\"gpt-4o\"}");

        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("retry-after-ms")).contains("1");
        assertThat(limited.body())
                .isEqualTo("{\"error\":{\"message\":\"Rate limit reached for requests per min (RPM).\","
                        + "\"type\":\"requests\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}");
        assertThat(broken.statusCode()).isEqualTo(500);
        assertThat(broken.body())
                .isEqualTo("{\"error\":{\"message\":\"The server had an error while processing your request.\","
                        + "\"type\":\"server_error\",\"param\":null,\"code\":null}}");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("\"code\":\"invalid_api_key\"");
    }

    @Test
    void requests_withoutKeyModelOrKnownPath_areRefusedAndKeepTheScript() throws Exception {
        provider.replyWith("kept");

        HttpResponse<String> keyless = client.send(
                HttpRequest.newBuilder(URI.create(provider.baseUrl() + "/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"gpt-4o\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        HttpResponse<String> modelless = post("/chat/completions", "{}");
        HttpResponse<String> unreadable = post("/chat/completions", "{\"model\":");
        HttpResponse<String> lost = post("/audio", "{\"model\":\"gpt-4o\"}");
        HttpResponse<String> kept = post("/chat/completions", "{\"model\":\"gpt-4o\"}");

        assertThat(keyless.statusCode()).isEqualTo(401);
        assertThat(modelless.statusCode()).isEqualTo(400);
        assertThat(unreadable.statusCode()).isEqualTo(400);
        assertThat(lost.statusCode()).isEqualTo(404);
        assertThat(kept.body()).contains("\"content\":\"kept\"");
        assertThat(provider.calls()).hasSize(5);
    }

    @Test
    void calls_afterARequest_giveItsMembersByPath() throws Exception {
        post(
                "/chat/completions",
                "{\"model\":\"gpt-4o\",\"max_tokens\":256,\"max_completion_tokens\":4000,\"temperature\":0.70,"
                        + "\"user\":null,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");

        OpenAiCall call = provider.calls().get(0);

        assertThat(call.method()).isEqualTo("POST");
        assertThat(call.path()).isEqualTo("/v1/chat/completions");
        assertThat(call.model()).isEqualTo("gpt-4o");
        assertThat(call.isStreamed()).isFalse();
        assertThat(call.maxTokens()).hasValue(256);
        assertThat(call.maxCompletionTokens()).hasValue(4_000);
        assertThat(call.integer("seed")).isEmpty();
        assertThat(call.string("temperature")).contains("0.70");
        assertThat(call.string("messages.0.content")).contains("Hi");
        assertThat(call.string("messages.1.content")).isEmpty();
        assertThat(call.size("messages")).isEqualTo(1);
        assertThat(call.has("user")).isTrue();
        assertThat(call.has("seed")).isFalse();
        assertThat(call.header("authorization")).contains("Bearer any");
        assertThat(call.rawBody()).startsWith("{\"model\":\"gpt-4o\",\"max_tokens\":256");
        assertThat(call).hasToString("POST /v1/chat/completions gpt-4o");
    }

    @Test
    void embeddings_twoInputs_giveOneVectorEach() throws Exception {
        provider.reply(OpenAiReply.text("").withUsage(Usage.of(9, 0)));

        HttpResponse<String> floats =
                post("/embeddings", "{\"model\":\"text-embedding-3-small\",\"dimensions\":2,\"input\":[\"a\",\"b\"]}");
        HttpResponse<String> base64 = post(
                "/embeddings",
                "{\"model\":\"text-embedding-3-small\",\"dimensions\":2,\"encoding_format\":\"base64\","
                        + "\"input\":\"b\"}");

        assertThat(floats.body())
                .isEqualTo("{\"object\":\"list\",\"data\":["
                        + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.0,1.0]},"
                        + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[1.0,0.0]}],"
                        + "\"model\":\"text-embedding-3-small\",\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}");
        assertThat(base64.body()).contains("\"embedding\":\"AACAPwAAAAA=\"");
    }

    @Test
    void awaitCalls_tooFewArrive_saysWhatDid() throws Exception {
        post("/chat/completions", "{\"model\":\"gpt-4o\"}");

        assertThatThrownBy(() -> provider.awaitCalls(2, Duration.ofMillis(1)))
                .isInstanceOf(AssertionError.class)
                .hasMessage("OpenAI stand-in received 1 calls in PT0.001S, 2 were expected:"
                        + " [POST /v1/chat/completions gpt-4o]");
    }

    private List<String> events(String body) throws Exception {
        try (Stream<String> lines = open(body)) {
            return lines.filter(line -> !line.isEmpty()).toList();
        }
    }

    private Stream<String> open(String body) throws Exception {
        HttpResponse<Stream<String>> response =
                client.send(request("/chat/completions", body), HttpResponse.BodyHandlers.ofLines());
        assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
        return response.body();
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(provider.baseUrl() + path))
                .header("Authorization", "Bearer any")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
