package io.spendguard.langchain4j;

import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import io.spendguard.Guard;
import io.spendguard.model.Decision;
import org.jspecify.annotations.Nullable;

/**
 * A model call that may be made.
 *
 * @param guard who decided
 * @param decision the answer, with the permit
 * @param request what to send: the caller's own, or rewritten as the decision demands
 * @param invocation the AI service invocation it belongs to, or null
 */
record Admission(
        Guard guard,
        Decision.Allowed decision,
        ChatRequest request,
        @Nullable InvocationContext invocation) {}
