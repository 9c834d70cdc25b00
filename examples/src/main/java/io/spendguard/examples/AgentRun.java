package io.spendguard.examples;

import java.util.List;

/**
 * A recorded run of an agent.
 *
 * @param name the task and the trial it was recorded in
 * @param messages the conversation, system prompt first
 */
public record AgentRun(String name, List<Message> messages) {
    /** Copies the list. */
    public AgentRun {
        messages = List.copyOf(messages);
    }

    /**
     * One message of the conversation.
     *
     * @param role who speaks: system, user, assistant or tool
     * @param content what is said; empty when the message only calls tools
     * @param toolCalls the tools an assistant asks for
     */
    public record Message(String role, String content, List<ToolCall> toolCalls) {
        /** Copies the list. */
        public Message {
            toolCalls = List.copyOf(toolCalls);
        }

        /** Tells whether the model said it, and so whether it cost something. */
        public boolean isFromModel() {
            return role.equals("assistant");
        }
    }

    /**
     * A tool the model asks for.
     *
     * @param name the tool
     * @param arguments its arguments, as the JSON text the model wrote
     */
    public record ToolCall(String name, String arguments) {}
}
