package io.spendguard.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.AgentRun.ToolCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Reads recorded runs as tau-bench keeps them: {@code [{task_id, trial, messages: [{role, content, tool_calls}]}]}. */
public final class AgentRunReader {
    private static final String AIRLINE = "/agent-runs/airline-gpt-4o.json";

    private final JsonParser json;

    private AgentRunReader(JsonParser json) {
        this.json = json;
    }

    /** 40 runs of a gpt-4o agent at an airline's desk, from sierra-research/tau-bench (MIT, licence beside the file). */
    public static List<AgentRun> airline() {
        try (InputStream in = AgentRunReader.class.getResourceAsStream(AIRLINE)) {
            if (in == null) {
                throw new IllegalStateException("Recorded runs " + AIRLINE + " are missing from the class path.");
            }
            return read(in);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("Recorded runs " + AIRLINE + " cannot be read.", unreadable);
        }
    }

    static List<AgentRun> read(InputStream in) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(in)) {
            json.nextToken();
            return new AgentRunReader(json).list(AgentRunReader::run);
        }
    }

    private AgentRun run() throws IOException {
        String task = "";
        String trial = "";
        List<Message> messages = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            switch (memberName()) {
                case "task_id" -> task = json.getText();
                case "trial" -> trial = json.getText();
                case "messages" -> messages = list(AgentRunReader::message);
                default -> json.skipChildren();
            }
        }
        return new AgentRun("task-" + task + "/trial-" + trial, messages);
    }

    private Message message() throws IOException {
        String role = "";
        String content = "";
        List<ToolCall> toolCalls = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            switch (memberName()) {
                case "role" -> role = json.getText();
                case "content" -> content = textOrEmpty();
                case "tool_calls" -> toolCalls = list(AgentRunReader::toolCall);
                default -> json.skipChildren();
            }
        }
        return new Message(role, content, toolCalls);
    }

    /** Name and arguments are one level down, in {@code function}. */
    private ToolCall toolCall() throws IOException {
        ToolCall call = new ToolCall("", "");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            if (memberName().equals("function")) {
                call = function();
            } else {
                json.skipChildren();
            }
        }
        return call;
    }

    private ToolCall function() throws IOException {
        String name = "";
        String arguments = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            switch (memberName()) {
                case "name" -> name = json.getText();
                case "arguments" -> arguments = json.getText();
                default -> json.skipChildren();
            }
        }
        return new ToolCall(name, arguments);
    }

    private String memberName() throws IOException {
        String name = json.currentName();
        json.nextToken();
        return name;
    }

    private String textOrEmpty() throws IOException {
        return json.currentToken() == JsonToken.VALUE_NULL ? "" : json.getText();
    }

    private <T> List<T> list(Element<T> element) throws IOException {
        List<T> all = new ArrayList<>();
        if (json.currentToken() == JsonToken.START_ARRAY) {
            while (json.nextToken() != JsonToken.END_ARRAY) {
                all.add(element.read(this));
            }
        }
        return all;
    }

    private interface Element<T> {
        T read(AgentRunReader reader) throws IOException;
    }
}
