package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.AgentRun.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConversationTest {
    @Test
    void inputTokens_ofNothing_areTheThreeThatPrimeTheReply() {
        assertThat(new Conversation().inputTokens()).isEqualTo(3);
    }

    @Test
    void inputTokens_ofOneMessage_addEnvelopeRoleAndText() {
        Conversation conversation = new Conversation();

        conversation.add(new Message("user", "Hello world", List.of()));

        // 3 envelope + 1 role + 2 text + 3 priming
        assertThat(conversation.inputTokens()).isEqualTo(9);
    }

    @Test
    void spokenTokens_ofAToolCall_areItsNameAndArguments() {
        Message message = new Message("assistant", "", List.of(new ToolCall("search", "Hello world")));

        assertThat(Conversation.spokenTokens(message)).isEqualTo(3);
    }
}
