package io.spendguard.examples;

import java.util.List;

/**
 * A recorded run of an agent.
 *
 * @param name the task and the trial it was recorded in
 * @param messages the conversation, system prompt first
 */
record AgentRun(String name, List<Message> messages) {
    AgentRun {
        messages = List.copyOf(messages);
    }

    /**
     * One message of the conversation.
     *
     * @param role who speaks: system, user, assistant or tool
     * @param content what is said; empty when the message only calls tools
     * @param toolCalls the tools an assistant asks for
     */
    record Message(String role, String content, List<ToolCall> toolCalls) {
        Message {
            toolCalls = List.copyOf(toolCalls);
        }

        boolean isFromModel() {
            return role.equals("assistant");
        }
    }

    /**
     * A tool the model asks for.
     *
     * @param name the tool
     * @param arguments its arguments, as the JSON text the model wrote
     */
    record ToolCall(String name, String arguments) {}
}
