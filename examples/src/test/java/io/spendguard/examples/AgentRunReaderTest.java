package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.AgentRun.ToolCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgentRunReaderTest {
    @Test
    void airline_asRecorded_hasFortyRunsOf1074Messages() {
        List<AgentRun> runs = AgentRunReader.airline();

        assertThat(runs).hasSize(40);
        assertThat(runs.stream().map(AgentRun::name)).doesNotHaveDuplicates().startsWith("task-0/trial-0");
        List<Message> messages =
                runs.stream().flatMap(run -> run.messages().stream()).toList();
        assertThat(messages).hasSize(1_074);
        assertThat(messages.stream().filter(Message::isFromModel)).hasSize(497);
        assertThat(messages.stream().flatMap(message -> message.toolCalls().stream()))
                .hasSize(236);
    }

    @Test
    void read_nullContentAndUnknownMembers_keepsWhatIsKnown() throws IOException {
        List<AgentRun> runs = read("""
                [{"instruction": {"any": [1, null]}, "trial": 2, "task_id": 7, "messages": [
                  {"content": null, "role": "assistant", "tool_calls": [
                    {"function": {"arguments": "{\\"n\\":1.5}", "name": "search"}, "id": "call_1", "type": "function"}]},
                  {"role": "tool", "tool_call_id": "call_1", "name": "search", "content": "found"}]}]
                """);

        assertThat(runs)
                .containsExactly(new AgentRun(
                        "task-7/trial-2",
                        List.of(
                                new Message("assistant", "", List.of(new ToolCall("search", "{\"n\":1.5}"))),
                                new Message("tool", "found", List.of()))));
    }

    private static List<AgentRun> read(String json) throws IOException {
        return AgentRunReader.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    }
}
