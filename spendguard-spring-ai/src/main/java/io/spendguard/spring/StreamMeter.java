package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.model.Usage;
import io.spendguard.price.TokenCounter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/**
 * Counts one stream as it arrives. Signals come one after another, but a cancellation may come from any thread.
 *
 * <p>A tokenizer joins a word with what follows it, so that counting each part by itself would count too much: the last
 * word is held back until the next one begins.
 */
final class StreamMeter {
    private static final int MAX_HELD_BACK = 1_024;

    /** Another tokenizer than the model's may count a little more: nobody is cut for that. */
    private static final int TOLERANCE_DIVISOR = 16;

    private static final int TOLERANCE_TOKENS = 8;

    private final Call call;
    private final TokenCounter counter;
    private final String provider;
    private final StringBuilder heldBack = new StringBuilder();
    private final List<AssistantMessage.ToolCall> toolCalls = new ArrayList<>();
    private Usage usage = Usage.unknown();
    private long outputTokens;

    StreamMeter(Call call, TokenCounter counter, String provider) {
        this.call = call;
        this.counter = counter;
        this.provider = provider;
    }

    /** Counts a part; tells whether the stream may go on. */
    synchronized boolean arrived(ChatResponse part) {
        Usage reported = reported(part);
        if (reported.isComplete()) {
            usage = reported;
        }
        for (Generation result : part.getResults()) {
            AssistantMessage message = result.getOutput();
            if (message.getText() != null) {
                heldBack.append(message.getText());
            }
            for (AssistantMessage.ToolCall toolCall : message.getToolCalls()) {
                toolCalls.add(toolCall);
                heldBack.append(toolCall.name()).append(toolCall.arguments());
            }
        }
        count(wholeWords());
        OptionalLong cap = call.effective().maxOutputTokens();
        return cap.isEmpty()
                || outputTokens <= cap.getAsLong() + cap.getAsLong() / TOLERANCE_DIVISOR + TOLERANCE_TOKENS;
    }

    /** A stream that is paid for is not broken off because a count in it cannot be read. */
    private Usage reported(ChatResponse part) {
        try {
            return Usages.of(part, provider);
        } catch (RuntimeException unreadable) {
            return Usage.unknown();
        }
    }

    /** Counts what was held back, because nothing more will be used. */
    synchronized void flush() {
        if (!heldBack.isEmpty()) {
            count(heldBack.length());
        }
    }

    /** The provider's own count; unknown when it gave none. */
    synchronized Usage usage() {
        return usage;
    }

    /** The tools the answer asks for. */
    synchronized List<AssistantMessage.ToolCall> toolCalls() {
        return List.copyOf(toolCalls);
    }

    private void count(int length) {
        long tokens = length == 0 ? 0 : counter.count(heldBack.substring(0, length));
        heldBack.delete(0, length);
        outputTokens += tokens;
        call.part(tokens);
    }

    /** How much of what is held back ends before a word begins. */
    private int wholeWords() {
        if (heldBack.length() > MAX_HELD_BACK) {
            return heldBack.length();
        }
        for (int at = heldBack.length() - 1; at > 0; at--) {
            if (heldBack.charAt(at) == ' ' && !Character.isWhitespace(heldBack.charAt(at - 1))) {
                return at;
            }
        }
        return 0;
    }
}
