package io.spendguard.test;

import io.spendguard.model.Usage;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link OpenAiStandIn} answers to one call. Immutable: each {@code with…} method gives another reply.
 *
 * <p>A text is streamed word by word, one chunk each, a tool call's arguments in two chunks.
 */
public final class OpenAiReply {
    /** What is reported unless said otherwise: 12 input tokens, none of them cached, and 3 output tokens. */
    public static final Usage DEFAULT_USAGE = Usage.builder()
            .inputTokens(12)
            .cacheReadTokens(0)
            .outputTokens(3)
            .reasoningTokens(0)
            .build();

    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;

    private final Content content;
    private final Usage usage;
    private final @Nullable String servedModel;
    private final int cutAfterChunks;
    private final int waitAfterChunks;
    private final @Nullable CountDownLatch gate;

    private OpenAiReply(
            Content content,
            Usage usage,
            @Nullable String servedModel,
            int cutAfterChunks,
            int waitAfterChunks,
            @Nullable CountDownLatch gate) {
        this.content = content;
        this.usage = usage;
        this.servedModel = servedModel;
        this.cutAfterChunks = cutAfterChunks;
        this.waitAfterChunks = waitAfterChunks;
        this.gate = gate;
    }

    /** The model's text, with the finish reason {@code stop}. */
    public static OpenAiReply text(String text) {
        return of(new Text(Objects.requireNonNull(text, "text"), "stop"));
    }

    /** The model's text, cut by its output limit: the finish reason is {@code length}. */
    public static OpenAiReply truncatedText(String text) {
        return of(new Text(Objects.requireNonNull(text, "text"), "length"));
    }

    /** The model asks for one tool call. */
    public static OpenAiReply toolCall(String name, String argumentsJson) {
        return toolCalls(new ToolCall(name, argumentsJson));
    }

    /** The model asks for several tool calls at once. */
    public static OpenAiReply toolCalls(ToolCall... calls) {
        return of(new Tools(List.of(calls)));
    }

    /** 429 with {@code rate_limit_exceeded}; tells the client that it may retry at once. */
    public static OpenAiReply rateLimited() {
        return failure(
                TOO_MANY_REQUESTS, "requests", "rate_limit_exceeded", "Rate limit reached for requests per min (RPM).");
    }

    /** 500; tells the client that it may retry at once. */
    public static OpenAiReply serverError() {
        return failure(SERVER_ERROR, "server_error", null, "The server had an error while processing your request.");
    }

    /** 401 with {@code invalid_api_key}. */
    public static OpenAiReply unauthorized() {
        return failure(UNAUTHORIZED, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.");
    }

    /** A failure with an OpenAI error body. */
    public static OpenAiReply failure(int status, String type, @Nullable String code, String message) {
        return of(new Failure(status, type, code, message));
    }

    static OpenAiReply badRequest(String message) {
        return failure(BAD_REQUEST, "invalid_request_error", null, message);
    }

    static OpenAiReply notFound(String message) {
        return failure(NOT_FOUND, "invalid_request_error", null, message);
    }

    /** The counts reported; {@link Usage#unknown()} reports no usage at all. */
    public OpenAiReply withUsage(Usage value) {
        return new OpenAiReply(content, value, servedModel, cutAfterChunks, waitAfterChunks, gate);
    }

    /** Reports no usage, as some compatible servers do, also when the client asked for it. */
    public OpenAiReply withoutUsage() {
        return withUsage(Usage.unknown());
    }

    /** The model named in the answer, which for dated models is not the one asked for. By default it is. */
    public OpenAiReply servedBy(String model) {
        return new OpenAiReply(
                content, usage, Objects.requireNonNull(model, "model"), cutAfterChunks, waitAfterChunks, gate);
    }

    /**
     * Cuts the connection in the middle of the answer.
     *
     * @param chunks how many chunks of content are sent before; an answer that is not streamed is cut half-way
     */
    public OpenAiReply cutAfter(int chunks) {
        return new OpenAiReply(content, usage, servedModel, requireCount(chunks), waitAfterChunks, gate);
    }

    /** Sends nothing until the latch is open. When the stand-in ends before, the connection is cut. */
    public OpenAiReply heldUntil(CountDownLatch latch) {
        return heldAfter(0, latch);
    }

    /**
     * Stops in the middle of the answer until the latch is open.
     *
     * @param chunks how many chunks of content are sent before; an answer that is not streamed waits as a whole
     */
    public OpenAiReply heldAfter(int chunks, CountDownLatch latch) {
        return new OpenAiReply(
                content,
                usage,
                servedModel,
                cutAfterChunks,
                requireCount(chunks),
                Objects.requireNonNull(latch, "latch"));
    }

    /** One tool call the model asks for, with its arguments as JSON text. */
    public record ToolCall(String name, String argumentsJson) {}

    Content content() {
        return content;
    }

    Usage usage() {
        return usage;
    }

    String servedModel(String requested) {
        return servedModel == null ? requested : servedModel;
    }

    boolean isCut() {
        return cutAfterChunks >= 0;
    }

    boolean isCutAfter(int chunks) {
        return cutAfterChunks == chunks;
    }

    /** Blocks where the script says so; throws, which cuts the connection, when the stand-in ends before. */
    void awaitGate(int chunksSent) throws IOException {
        if (gate == null || waitAfterChunks != chunksSent) {
            return;
        }
        try {
            gate.await();
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IOException("The stand-in ended while this answer was held.", ending);
        }
    }

    /** Blocks for the whole answer, wherever the script puts the wait. */
    void awaitGate() throws IOException {
        awaitGate(waitAfterChunks);
    }

    private static OpenAiReply of(Content content) {
        return new OpenAiReply(content, DEFAULT_USAGE, null, -1, 0, null);
    }

    private static int requireCount(int chunks) {
        if (chunks < 0) {
            throw new IllegalArgumentException(
                    "Reply after " + chunks + " chunks: fewer than none cannot be sent. Give 0 or more.");
        }
        return chunks;
    }

    sealed interface Content permits Text, Tools, Failure {}

    record Text(String text, String finishReason) implements Content {}

    record Tools(List<ToolCall> calls) implements Content {}

    record Failure(int status, String type, @Nullable String code, String message) implements Content {}
}
