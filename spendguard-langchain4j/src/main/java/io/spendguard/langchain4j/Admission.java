package io.spendguard.langchain4j;

import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import io.spendguard.Call;
import io.spendguard.Guard;
import io.spendguard.model.Decision;
import org.jspecify.annotations.Nullable;

/**
 * A model call that may be made.
 *
 * @param call what settles it
 * @param request what to send: the caller's own, or rewritten as the decision demands
 * @param invocation the AI service invocation it belongs to, or null
 * @param decided who allowed it and how; null when an outer gate did, which then looks after cap and tools as well
 */
record Admission(
        Call call,
        ChatRequest request,
        @Nullable InvocationContext invocation,
        @Nullable Decided decided) {
    /**
     * This gate's own decision.
     *
     * @param guard who decided
     * @param decision the answer, with the permit
     */
    record Decided(Guard guard, Decision.Allowed decision) {}
}
