package io.spendguard.examples;

import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.AgentRun.ToolCall;
import io.spendguard.price.TokenCounter;

/**
 * Counts a conversation's tokens as it grows: everything said so far is the input of the next model call.
 *
 * <p>Each message costs 3 tokens of envelope and its role and text; each reply is primed with 3 more. That is how OpenAI's
 * cookbook counts ("How to count tokens with tiktoken", num_tokens_from_messages). A tool call counts by its name and
 * arguments. Descriptions of the tools themselves were not recorded and are not counted.
 */
public final class Conversation {
    private static final long ENVELOPE_TOKENS = 3;
    private static final long PRIMING_TOKENS = 3;
    private static final TokenCounter COUNTER = TokenCounter.o200k();

    private long tokens;

    /** Adds a message to what the next call sends. */
    public void add(Message message) {
        tokens += ENVELOPE_TOKENS + COUNTER.count(message.role()) + spokenTokens(message);
    }

    /** What a call of the model would send now. */
    public long inputTokens() {
        return tokens + PRIMING_TOKENS;
    }

    /** What the model had to produce to say this. */
    public static long spokenTokens(Message message) {
        long spoken = COUNTER.count(message.content());
        for (ToolCall call : message.toolCalls()) {
            spoken += COUNTER.count(call.name()) + COUNTER.count(call.arguments());
        }
        return spoken;
    }
}
