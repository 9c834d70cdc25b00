package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import io.spendguard.Call;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Passage;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts a stream's parts as they arrive and settles its call before the end is passed on.
 *
 * <p>The provider calls this from one thread at a time; only cancelling may come from others. Once a refusal was handed
 * to the application it hears no more, but a stream that cannot be cancelled is still listened to, because its last
 * message says what it cost.
 */
final class GuardedResponseHandler implements StreamingChatResponseHandler {
    /** The stream brought more output than was held for. */
    static final ReasonCode HOLD_OUTGROWN = new ReasonCode("HOLD_OUTGROWN");

    /** Another tokenizer than the model's may count a little more: nobody is cut for that. */
    private static final int TOLERANCE_DIVISOR = 16;

    private static final int TOLERANCE_TOKENS = 8;

    private final ChatGate gate;
    private final Admission admission;
    private final Call call;
    private final @Nullable Passage outer;
    private final StreamingChatResponseHandler downstream;
    private final StreamedTokens arrived = new StreamedTokens();
    private final Set<ToolExecutionRequest> admittedTools = new HashSet<>();
    private long outputTokens;
    private volatile boolean silenced;
    private volatile @Nullable Throwable downstreamFailure;
    private volatile @Nullable SpendDeniedException refusedTool;

    /**
     * A handler in front of the application's.
     *
     * @param outer the passage the stream was started in; null outside every guarded call
     */
    GuardedResponseHandler(
            ChatGate gate, Admission admission, @Nullable Passage outer, StreamingChatResponseHandler downstream) {
        this.gate = gate;
        this.admission = admission;
        this.call = admission.call();
        this.outer = outer;
        this.downstream = downstream;
    }

    @Override
    public void onPartialResponse(String partialResponse) {
        if (arrived(partialResponse, null)) {
            passOn(() -> downstream.onPartialResponse(partialResponse));
        }
    }

    @Override
    public void onPartialResponse(PartialResponse partialResponse, PartialResponseContext context) {
        StreamingHandle handle = settling(context.streamingHandle());
        if (arrived(partialResponse.text(), handle)) {
            passOn(() -> downstream.onPartialResponse(partialResponse, new PartialResponseContext(handle)));
        }
    }

    @Override
    public void onPartialThinking(PartialThinking partialThinking) {
        if (arrived(partialThinking.text(), null)) {
            passOn(() -> downstream.onPartialThinking(partialThinking));
        }
    }

    @Override
    public void onPartialThinking(PartialThinking partialThinking, PartialThinkingContext context) {
        StreamingHandle handle = settling(context.streamingHandle());
        if (arrived(partialThinking.text(), handle)) {
            passOn(() -> downstream.onPartialThinking(partialThinking, new PartialThinkingContext(handle)));
        }
    }

    @Override
    public void onPartialToolCall(PartialToolCall partialToolCall) {
        if (arrived(partialToolCall.partialArguments(), null)) {
            passOn(() -> downstream.onPartialToolCall(partialToolCall));
        }
    }

    @Override
    public void onPartialToolCall(PartialToolCall partialToolCall, PartialToolCallContext context) {
        StreamingHandle handle = settling(context.streamingHandle());
        if (arrived(partialToolCall.partialArguments(), handle)) {
            passOn(() -> downstream.onPartialToolCall(partialToolCall, new PartialToolCallContext(handle)));
        }
    }

    /** With concurrent tools the framework starts the tool in here, before the stream has ended. */
    @Override
    public void onCompleteToolCall(CompleteToolCall completeToolCall) {
        if (silenced || refusedTool != null) {
            return;
        }
        try {
            ToolExecutionRequest tool = completeToolCall.toolExecutionRequest();
            ChatGate.admitTools(admission, List.of(tool));
            admittedTools.add(tool);
        } catch (SpendDeniedException denied) {
            // The usage still comes, in the last message: settle by that, then refuse.
            refusedTool = denied;
            return;
        }
        passOn(() -> downstream.onCompleteToolCall(completeToolCall));
    }

    @Override
    public void onUnmappedRawEvent(Object rawEvent) {
        if (!silenced) {
            passOn(() -> downstream.onUnmappedRawEvent(rawEvent));
        }
    }

    @Override
    public void onCompleteResponse(ChatResponse completeResponse) {
        // First: the next model call is made inside the next lines, and its decision must see this one's real cost.
        call.completed(ChatGate.usage(completeResponse));
        if (silenced) {
            return;
        }
        try {
            SpendDeniedException refused = refusedTool;
            if (refused != null) {
                throw refused;
            }
            if (completeResponse.aiMessage() != null) {
                ChatGate.admitTools(
                        admission,
                        completeResponse.aiMessage().toolExecutionRequests().stream()
                                .filter(tool -> !admittedTools.contains(tool))
                                .toList());
            }
            downstream.onCompleteResponse(completeResponse);
        } catch (SpendDeniedException denied) {
            refuse(denied);
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // The very exception that was thrown back, not one like it.
    public void onError(Throwable error) {
        // Providers report what the application throws back to it, and go on with the stream.
        if (error != downstreamFailure) {
            gate.failed(call, error);
        }
        if (silenced) {
            return;
        }
        // Behind an outer gate somebody may start again in here: for nothing, if this attempt provably cost nothing.
        if (outer != null && admission.decided() == null) {
            try (CurrentPermit.Handle open = CurrentPermit.open(outer)) {
                downstream.onError(error);
            }
        } else {
            downstream.onError(error);
        }
    }

    /** Counts a part; when it is one too many, ends the stream. Tells whether the application may see the part. */
    private boolean arrived(@Nullable String text, @Nullable StreamingHandle handle) {
        if (text != null) {
            long more = arrived.more(text);
            outputTokens += more;
            call.part(more);
        }
        Admission.Decided decided = admission.decided();
        if (silenced || decided == null || fits()) {
            return !silenced;
        }
        SpendDeniedException cut = ChatGate.refused(
                decided.decision(),
                HOLD_OUTGROWN,
                "The stream of model '" + call.effective().model().orElse("") + "' brought more than the "
                        + call.effective().maxOutputTokens().orElse(0)
                        + " output tokens that were asked for and held. Raise the request's cap.");
        silenced = true;
        if (handle != null) {
            cancel(handle);
        }
        downstream.onError(cut);
        return false;
    }

    private boolean fits() {
        OptionalLong cap = call.effective().maxOutputTokens();
        return cap.isEmpty()
                || outputTokens <= cap.getAsLong() + cap.getAsLong() / TOLERANCE_DIVISOR + TOLERANCE_TOKENS;
    }

    private static void cancel(StreamingHandle handle) {
        try {
            handle.cancel();
        } catch (RuntimeException e) {
            // This stream cannot be cancelled: it is settled by its own end.
            return;
        }
    }

    private void refuse(SpendDeniedException denied) {
        silenced = true;
        downstream.onError(denied);
    }

    private void passOn(Runnable toDownstream) {
        try {
            toDownstream.run();
        } catch (RuntimeException | Error e) {
            downstreamFailure = e;
            throw e;
        }
    }

    /** After a cancel nothing more is heard of the stream, so the cancel itself settles what arrived. */
    private StreamingHandle settling(StreamingHandle handle) {
        return new StreamingHandle() {
            @Override
            public void cancel() {
                handle.cancel();
                call.cancelled();
            }

            @Override
            public boolean isCancelled() {
                return handle.isCancelled();
            }
        };
    }
}
