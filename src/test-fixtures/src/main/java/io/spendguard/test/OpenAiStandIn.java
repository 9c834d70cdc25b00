package io.spendguard.test;

import com.sun.net.httpserver.HttpExchange;
import io.spendguard.test.OpenAiReply.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands in for the provider: speaks OpenAI's chat completions and embeddings over HTTP on the loopback interface, and
 * answers what the test scripted.
 *
 * <p>Scripted replies are given in order, one for each call on whichever endpoint; after the last one, and without any,
 * calls get {@link #otherwise}. Any bearer token is accepted as key, none is refused as the provider does. Every call is
 * kept in {@link #calls()}, also a failed one. Safe for any number of threads.
 */
public final class OpenAiStandIn implements AutoCloseable {
    private static final String COMPLETIONS = "/v1/chat/completions";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final int OK = 200;

    private final LoopbackServer server;
    private final AtomicInteger ids = new AtomicInteger();
    private final Object lock = new Object();
    private final Deque<OpenAiReply> script = new ArrayDeque<>();
    private final List<OpenAiCall> calls = new ArrayList<>();
    private OpenAiReply otherwise = OpenAiReply.text("Hello.");

    private OpenAiStandIn() {
        this.server = LoopbackServer.start("openai-stand-in", this::handle);
    }

    /** A stand-in on a free port of the loopback interface, listening. */
    public static OpenAiStandIn start() {
        return new OpenAiStandIn();
    }

    /** What to give a client as base URL; ends in {@code /v1}. */
    public String baseUrl() {
        return server.address() + "/v1";
    }

    /** Adds replies to the script. */
    public OpenAiStandIn reply(OpenAiReply... replies) {
        synchronized (lock) {
            script.addAll(Arrays.asList(replies));
        }
        return this;
    }

    /** Adds a text to the script. */
    public OpenAiStandIn replyWith(String text) {
        return reply(OpenAiReply.text(text));
    }

    /** Adds a tool call to the script. */
    public OpenAiStandIn replyWithToolCall(String name, String argumentsJson) {
        return reply(OpenAiReply.toolCall(name, argumentsJson));
    }

    /** What calls beyond the script get; the text {@code Hello.} by default. */
    public OpenAiStandIn otherwise(OpenAiReply reply) {
        synchronized (lock) {
            otherwise = Objects.requireNonNull(reply, "reply");
        }
        return this;
    }

    /** The calls received so far, in order of arrival. */
    public List<OpenAiCall> calls() {
        synchronized (lock) {
            return List.copyOf(calls);
        }
    }

    /**
     * Waits until so many calls have arrived since the start, and gives all that have.
     *
     * @throws AssertionError when they have not after that time
     */
    public List<OpenAiCall> awaitCalls(int count, Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (lock) {
            while (calls.size() < count) {
                long leftNanos = deadline - System.nanoTime();
                if (leftNanos <= 0) {
                    throw new AssertionError("OpenAI stand-in received " + calls.size() + " calls in " + atMost + ", "
                            + count + " were expected: " + calls);
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(lock, leftNanos);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new AssertionError("Waiting for " + count + " calls was interrupted at " + calls.size(), e);
                }
            }
            return List.copyOf(calls);
        }
    }

    /** Stops listening and cuts the connections that are open. */
    @Override
    public void close() {
        server.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        OpenAiCall call = new OpenAiCall(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getPath(),
                Map.copyOf(exchange.getRequestHeaders()),
                exchange.getRequestBody().readAllBytes());
        OpenAiReply reply = receive(call);
        OpenAiWire wire = new OpenAiWire(call, reply, ids.incrementAndGet());
        if (reply.content() instanceof Failure failure) {
            reply.awaitGate();
            exchange.getResponseHeaders().set("retry-after-ms", "1");
            send(exchange, failure.status(), wire.failure(failure), reply.isCut());
        } else if (call.path().equals(EMBEDDINGS)) {
            reply.awaitGate();
            send(exchange, OK, wire.embeddings(), reply.isCut());
        } else if (call.isStreamed()) {
            stream(exchange, wire, reply);
        } else {
            reply.awaitGate();
            send(exchange, OK, wire.completion(), reply.isCut());
        }
    }

    /** Keeps the call and finds its answer in one step, so that the n-th call gets the n-th reply. */
    private OpenAiReply receive(OpenAiCall call) {
        synchronized (lock) {
            calls.add(call);
            lock.notifyAll();
            if (!call.path().equals(COMPLETIONS) && !call.path().equals(EMBEDDINGS)) {
                return OpenAiReply.notFound("Unknown request URL: " + call.method() + " " + call.path() + ".");
            }
            if (call.header("Authorization")
                    .filter(it -> it.startsWith("Bearer "))
                    .isEmpty()) {
                return OpenAiReply.unauthorized();
            }
            if (!call.method().equals("POST")
                    || !call.isReadable()
                    || call.model().isEmpty()) {
                return OpenAiReply.badRequest(
                        "We could not parse the JSON body of your request, or it names no model.");
            }
            OpenAiReply next = script.poll();
            return next == null ? otherwise : next;
        }
    }

    private static void send(HttpExchange exchange, int status, String json, boolean isCut) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        OutputStream out = exchange.getResponseBody();
        if (isCut) {
            out.write(body, 0, body.length / 2);
            out.flush();
            throw cut();
        }
        out.write(body);
        exchange.close();
    }

    private static void stream(HttpExchange exchange, OpenAiWire wire, OpenAiReply reply) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        reply.awaitGate(0);
        exchange.sendResponseHeaders(OK, 0);
        OutputStream out = exchange.getResponseBody();
        emit(out, wire.opening());
        int sent = 0;
        if (reply.isCutAfter(sent)) {
            throw cut();
        }
        for (String chunk : wire.chunks()) {
            emit(out, chunk);
            sent++;
            if (reply.isCutAfter(sent)) {
                throw cut();
            }
            reply.awaitGate(sent);
        }
        if (reply.isCut()) {
            throw cut();
        }
        for (String chunk : wire.ending()) {
            emit(out, chunk);
        }
        exchange.close();
    }

    private static void emit(OutputStream out, String event) throws IOException {
        out.write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Thrown out of the handler: the server then drops the connection without ending the body. */
    private static IOException cut() {
        return new IOException("The script cuts the connection here.");
    }
}
