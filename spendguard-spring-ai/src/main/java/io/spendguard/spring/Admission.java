package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.model.Decision;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.trace.Scope;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.ai.chat.messages.AssistantMessage;

/** Stops tools that a model's answer asks for and that would run past every guarded callback. */
final class Admission {
    private final Gate gate;

    Admission(Gate gate) {
        this.gate = gate;
    }

    /**
     * Decides the tools that no guarded callback of the request stands in front of; what is allowed is released again.
     *
     * @throws SpendDeniedException on the first STOP or required approval
     */
    void check(ChatRequest request, List<AssistantMessage.ToolCall> toolCalls, Scope scope) {
        if (toolCalls.isEmpty() || gate.settings().toolAdmission() == ToolAdmission.OFF) {
            return;
        }
        Set<String> guarded = request.toolCallbacks().stream()
                .filter(GuardedBean.class::isInstance)
                .map(callback -> callback.getToolDefinition().name())
                .collect(Collectors.toSet());
        for (AssistantMessage.ToolCall toolCall : toolCalls) {
            if (!guarded.contains(toolCall.name())) {
                admit(gate.decide(gate.toolCall(toolCall.name(), toolCall.arguments(), scope)));
            }
        }
    }

    private static void admit(Decision decision) {
        if (decision instanceof Decision.Allowed allowed) {
            // Not started: closing it releases the hold, and never throws.
            Call.of(allowed.permit()).close();
        } else if (!(decision instanceof Decision.Skip)) {
            throw new SpendDeniedException(decision);
        }
    }
}
