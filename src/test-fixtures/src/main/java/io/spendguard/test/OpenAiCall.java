package io.spendguard.test;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One request as an {@link OpenAiStandIn} received it. Immutable.
 *
 * <p>Members of the body are named by path, list elements by their index from 0: {@code messages.0.content}.
 */
public final class OpenAiCall {
    private final String method;
    private final String path;
    private final Map<String, List<String>> headers;
    private final byte[] rawBody;
    private final @Nullable Object body;

    OpenAiCall(String method, String path, Map<String, List<String>> headers, byte[] rawBody) {
        this.method = method;
        this.path = path;
        this.headers = headers;
        this.rawBody = rawBody;
        this.body = LooseJson.parse(rawBody);
    }

    /** The HTTP method. */
    public String method() {
        return method;
    }

    /** The path, such as {@code /v1/chat/completions}. */
    public String path() {
        return path;
    }

    /** The first value of a header, its name in any case; empty when it was not sent. */
    public Optional<String> header(String name) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .flatMap(header -> header.getValue().stream())
                .findFirst();
    }

    /** The model asked for; the empty text when the body names none. */
    public String model() {
        return string("model").orElse("");
    }

    /** Tells whether the client wants the answer as a stream. */
    public boolean isStreamed() {
        return flag("stream");
    }

    /** The cap on output tokens in {@code max_tokens}; empty when it was not sent. */
    public OptionalLong maxTokens() {
        return integer("max_tokens");
    }

    /** The cap on output tokens in {@code max_completion_tokens}; empty when it was not sent. */
    public OptionalLong maxCompletionTokens() {
        return integer("max_completion_tokens");
    }

    /** Tells whether the body has that member, be it null. */
    public boolean has(String member) {
        return LooseJson.has(body, member);
    }

    /** A text, or a number in the form it was sent in; empty when absent, null or a structure. */
    public Optional<String> string(String member) {
        return LooseJson.scalar(body, member).map(Object::toString);
    }

    /** An integer; empty when absent or anything else. */
    public OptionalLong integer(String member) {
        Object value = LooseJson.scalar(body, member).orElse(null);
        return value instanceof Long number ? OptionalLong.of(number) : OptionalLong.empty();
    }

    /** Tells whether a member is true. */
    public boolean flag(String member) {
        return LooseJson.scalar(body, member).filter(Boolean.TRUE::equals).isPresent();
    }

    /** How many elements a list has; 0 when it is absent or no list. */
    public int size(String member) {
        return LooseJson.list(body, member).size();
    }

    /** The body as it was sent. */
    public String rawBody() {
        return new String(rawBody, StandardCharsets.UTF_8);
    }

    /** Method, path and model: no prompt text. */
    @Override
    public String toString() {
        return method + " " + path + (model().isEmpty() ? "" : " " + model()) + (isStreamed() ? " streamed" : "");
    }

    boolean isReadable() {
        return body instanceof Map;
    }
}
