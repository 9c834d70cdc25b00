package io.spendguard.test;

import com.fasterxml.jackson.core.JsonGenerator;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply.Failure;
import io.spendguard.test.OpenAiReply.Text;
import io.spendguard.test.OpenAiReply.ToolCall;
import io.spendguard.test.OpenAiReply.Tools;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One reply in the provider's JSON. */
final class OpenAiWire {
    /** 2026-01-01T00:00:00Z: answers are the same in every run. */
    private static final long CREATED = 1_767_225_600L;

    private static final int DEFAULT_DIMENSIONS = 8;

    private final OpenAiCall call;
    private final OpenAiReply reply;
    private final int id;

    OpenAiWire(OpenAiCall call, OpenAiReply reply, int id) {
        this.call = call;
        this.reply = reply;
        this.id = id;
    }

    String failure(Failure failure) {
        return json(out -> {
            out.writeObjectFieldStart("error");
            out.writeStringField("message", failure.message());
            out.writeStringField("type", failure.type());
            out.writeNullField("param");
            out.writeStringField("code", failure.code());
            out.writeEndObject();
        });
    }

    String completion() {
        return json(out -> {
            head(out, "chat.completion");
            out.writeArrayFieldStart("choices");
            out.writeStartObject();
            out.writeNumberField("index", 0);
            out.writeObjectFieldStart("message");
            out.writeStringField("role", "assistant");
            if (reply.content() instanceof Tools tools) {
                out.writeNullField("content");
                out.writeArrayFieldStart("tool_calls");
                for (int i = 0; i < tools.calls().size(); i++) {
                    ToolCall tool = tools.calls().get(i);
                    out.writeStartObject();
                    toolHead(out, i, tool.name(), tool.argumentsJson());
                    out.writeEndObject();
                }
                out.writeEndArray();
            } else {
                out.writeStringField("content", text().text());
            }
            out.writeNullField("refusal");
            out.writeEndObject();
            out.writeNullField("logprobs");
            out.writeStringField("finish_reason", finishReason());
            out.writeEndObject();
            out.writeEndArray();
            if (reply.usage().isComplete()) {
                usage(out);
            }
        });
    }

    /** The first chunk, which names the role and carries no content. */
    String opening() {
        return chunk(null, out -> {
            out.writeStringField("role", "assistant");
            if (reply.content() instanceof Text) {
                out.writeStringField("content", "");
            } else {
                out.writeNullField("content");
            }
        });
    }

    /** The chunks of content. */
    List<String> chunks() {
        List<String> chunks = new ArrayList<>();
        if (reply.content() instanceof Tools tools) {
            for (int i = 0; i < tools.calls().size(); i++) {
                int index = i;
                ToolCall tool = tools.calls().get(i);
                chunks.add(toolChunk(out -> {
                    out.writeNumberField("index", index);
                    toolHead(out, index, tool.name(), "");
                }));
                chunks.add(toolChunk(out -> {
                    out.writeNumberField("index", index);
                    out.writeObjectFieldStart("function");
                    out.writeStringField("arguments", tool.argumentsJson());
                    out.writeEndObject();
                }));
            }
        } else {
            for (String word : text().text().split("(?<= )", -1)) {
                chunks.add(chunk(null, out -> out.writeStringField("content", word)));
            }
        }
        return chunks;
    }

    /** The finish reason, the usage where it was asked for and is known, and the end mark. */
    List<String> ending() {
        List<String> ending = new ArrayList<>();
        ending.add(chunk(finishReason(), out -> {}));
        if (wantsUsage() && reply.usage().isComplete()) {
            ending.add(json(out -> {
                head(out, "chat.completion.chunk");
                out.writeArrayFieldStart("choices");
                out.writeEndArray();
                usage(out);
            }));
        }
        ending.add("[DONE]");
        return ending;
    }

    /** One vector for each input, the same for the same input. */
    String embeddings() {
        int count = Math.max(1, call.size("input"));
        int dimensions = (int) call.integer("dimensions").orElse(DEFAULT_DIMENSIONS);
        boolean isBase64 =
                call.string("encoding_format").filter("base64"::equals).isPresent();
        return json(out -> {
            out.writeStringField("object", "list");
            out.writeArrayFieldStart("data");
            for (int i = 0; i < count; i++) {
                String input = call.string(call.size("input") == 0 ? "input" : "input." + i)
                        .orElse("");
                out.writeStartObject();
                out.writeStringField("object", "embedding");
                out.writeNumberField("index", i);
                vector(out, input, dimensions, isBase64);
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeStringField("model", reply.servedModel(call.model()));
            long tokens = reply.usage().inputTokens().orElse(0);
            if (reply.usage().inputTokens().isPresent()) {
                out.writeObjectFieldStart("usage");
                out.writeNumberField("prompt_tokens", tokens);
                out.writeNumberField("total_tokens", tokens);
                out.writeEndObject();
            }
        });
    }

    private static void vector(JsonGenerator out, String input, int dimensions, boolean isBase64) throws IOException {
        float[] vector = new float[dimensions];
        vector[Math.floorMod(input.hashCode(), dimensions)] = 1;
        if (isBase64) {
            ByteBuffer bytes = ByteBuffer.allocate(dimensions * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : vector) {
                bytes.putFloat(value);
            }
            out.writeStringField("embedding", Base64.getEncoder().encodeToString(bytes.array()));
        } else {
            out.writeArrayFieldStart("embedding");
            for (float value : vector) {
                out.writeNumber(value);
            }
            out.writeEndArray();
        }
    }

    private String chunk(@Nullable String finishReason, Members delta) {
        return json(out -> {
            head(out, "chat.completion.chunk");
            out.writeArrayFieldStart("choices");
            out.writeStartObject();
            out.writeNumberField("index", 0);
            out.writeObjectFieldStart("delta");
            delta.write(out);
            out.writeEndObject();
            out.writeNullField("logprobs");
            out.writeStringField("finish_reason", finishReason);
            out.writeEndObject();
            out.writeEndArray();
            if (wantsUsage()) {
                out.writeNullField("usage");
            }
        });
    }

    private String toolChunk(Members tool) {
        return chunk(null, out -> {
            out.writeArrayFieldStart("tool_calls");
            out.writeStartObject();
            tool.write(out);
            out.writeEndObject();
            out.writeEndArray();
        });
    }

    private void toolHead(JsonGenerator out, int index, String name, String arguments) throws IOException {
        out.writeStringField("id", "call_" + id + "_" + index);
        out.writeStringField("type", "function");
        out.writeObjectFieldStart("function");
        out.writeStringField("name", name);
        out.writeStringField("arguments", arguments);
        out.writeEndObject();
    }

    private void head(JsonGenerator out, String object) throws IOException {
        out.writeStringField("id", "chatcmpl-" + id);
        out.writeStringField("object", object);
        out.writeNumberField("created", CREATED);
        out.writeStringField("model", reply.servedModel(call.model()));
    }

    private void usage(JsonGenerator out) throws IOException {
        Usage usage = reply.usage();
        long input = usage.inputTokens().orElseThrow();
        long output = usage.outputTokens().orElseThrow();
        out.writeObjectFieldStart("usage");
        out.writeNumberField("prompt_tokens", input);
        out.writeNumberField("completion_tokens", output);
        out.writeNumberField("total_tokens", Math.addExact(input, output));
        if (usage.cacheReadTokens().isPresent()) {
            out.writeObjectFieldStart("prompt_tokens_details");
            out.writeNumberField("cached_tokens", usage.cacheReadTokens().getAsLong());
            out.writeEndObject();
        }
        if (usage.reasoningTokens().isPresent()) {
            out.writeObjectFieldStart("completion_tokens_details");
            out.writeNumberField("reasoning_tokens", usage.reasoningTokens().getAsLong());
            out.writeEndObject();
        }
        out.writeEndObject();
    }

    private boolean wantsUsage() {
        return call.flag("stream_options.include_usage");
    }

    private String finishReason() {
        return reply.content() instanceof Tools ? "tool_calls" : text().finishReason();
    }

    private Text text() {
        if (reply.content() instanceof Text text) {
            return text;
        }
        throw new IllegalStateException("Reply " + reply.content() + " has no text.");
    }

    private static String json(Members members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = LooseJson.FACTORY.createGenerator(text)) {
            out.writeStartObject();
            members.write(out);
            out.writeEndObject();
        } catch (IOException impossibleInMemory) {
            throw new IllegalStateException("JSON text cannot be written to memory.", impossibleInMemory);
        }
        return text.toString();
    }

    @FunctionalInterface
    private interface Members {
        void write(JsonGenerator out) throws IOException;
    }
}
