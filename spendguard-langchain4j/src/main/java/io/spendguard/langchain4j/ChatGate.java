package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.Call;
import io.spendguard.CallPhase;
import io.spendguard.Guard;
import io.spendguard.ToolArguments;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Decision;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What blocking and streaming chat models have in common: what is asked of the guard, and what its answer means. */
final class ChatGate {
    /** In evidence, on actions of a model that retries by itself. */
    static final String HIDDEN_RETRIES = "hiddenRetries";

    private final GuardSource guards;
    private final String provider;
    private final int hiddenRetries;
    private final Supplier<ChatRequestParameters> defaults;

    ChatGate(GuardSource guards, Object model, ModelProvider provider, Supplier<ChatRequestParameters> defaults) {
        this.guards = guards;
        this.provider = ChatDialect.provider(provider);
        this.hiddenRetries = HiddenRetries.of(model);
        this.defaults = defaults;
    }

    /**
     * Decides a request, unless an outer gate did for this very call.
     *
     * @throws SpendDeniedException when it must not be sent; nothing is held
     */
    Admission admit(ChatRequest request) {
        InvocationContext invocation = Callers.of(request);
        ChatRequestParameters parameters = defaults.get().overrideWith(request.parameters());
        Action action = Callers.scope(invocation).complete(describe(request, parameters));
        Optional<Call> passing = CurrentPermit.passage().flatMap(outer -> Call.within(outer, action));
        if (passing.isPresent()) {
            return new Admission(passing.get(), request, invocation, null);
        }
        Guard guard = guards.guard(invocation);
        Decision decision = guard.decide(action);
        if (!(decision instanceof Decision.Allowed allowed)) {
            throw new SpendDeniedException(decision);
        }
        Call call = Call.of(allowed.permit());
        ChatRequest send = request;
        if (decision instanceof Decision.Degrade degrade) {
            send = degraded(request, parameters, degrade, call);
            Callers.replaced(request, send);
        }
        return new Admission(call, send, invocation, new Admission.Decided(guard, allowed));
    }

    /** The call ended with the provider's exception, which the caller passes on. */
    void failed(Call call, Throwable failure) {
        boolean oneAttempt = hiddenRetries == 0 && call.phase() == CallPhase.STARTED;
        if (oneAttempt && ProviderFailure.isUnbilled(failure)) {
            call.notSent(failure);
        } else {
            call.failed(failure);
        }
    }

    /**
     * Asks about the tools an answer calls, for callers whose tools may have no gate of their own. Nothing is charged:
     * a tool's own gate does that, and an outer gate asks by itself. What is allowed is given back at once; should that
     * fail, its hold stands until it expires, and the answer that was paid for is not lost by it.
     *
     * @throws SpendDeniedException for the first one that must not run
     */
    static void admitTools(Admission admission, List<ToolExecutionRequest> calls) {
        Admission.Decided decided = admission.decided();
        if (decided == null || Callers.gatesTools(admission.invocation())) {
            return;
        }
        for (ToolExecutionRequest call : calls) {
            Action action = Callers.scope(admission.invocation())
                    .complete(Action.toolCall(call.name())
                            .content(() -> ToolArguments.content(call.arguments()))
                            .build());
            // Not started: closing it releases the hold, and never throws.
            Call.of(decided.guard().decide(action).orThrow()).close();
        }
    }

    /** The provider's count in an answer; unknown also when it cannot be read: the answer was paid for. */
    static Usage usage(@Nullable ChatResponse response) {
        try {
            TokenUsage reported = response == null || response.metadata() == null ? null : response.tokenUsage();
            return reported == null ? Usage.unknown() : ChatDialect.usage(reported);
        } catch (RuntimeException unreadable) {
            return Usage.unknown();
        }
    }

    /** A refusal of what was allowed first, for a reason the contract could not know. */
    static SpendDeniedException refused(Decision.Allowed decision, ReasonCode code, String text) {
        List<Reason> reasons = new ArrayList<>();
        reasons.add(Reason.of(code, text));
        reasons.addAll(decision.reasons());
        return new SpendDeniedException(new Decision.Stop(
                decision.decisionId(),
                reasons,
                decision.contract(),
                decision.auditEvent().orElse(null)));
    }

    private Action describe(ChatRequest request, ChatRequestParameters parameters) {
        String model = parameters.modelName();
        Action.Builder action = model == null ? Action.of(ActionKind.LLM_CALL) : Action.llmCall(provider, model);
        action.content(() -> request.messages().toString());
        ChatDialect dialect = ChatDialect.of(parameters);
        if (dialect.isBounded(parameters)) {
            PromptTokens.of(provider, request.messages(), parameters).ifPresent(action::inputTokens);
        }
        OptionalInt cap = dialect.outputCap(parameters);
        if (cap.isPresent()) {
            action.maxOutputTokens(cap.getAsInt());
        }
        Sampling.describe(parameters, action);
        if (hiddenRetries > 0) {
            action.label(HIDDEN_RETRIES, Integer.toString(hiddenRetries));
        }
        return action.build();
    }

    /** The request as the decision demands it, or a refusal: what cannot be patched must not be sent unpatched. */
    private ChatRequest degraded(
            ChatRequest request, ChatRequestParameters parameters, Decision.Degrade degrade, Call call) {
        try {
            return rewritten(request, parameters, degrade);
        } catch (RuntimeException e) {
            call.notSent(e);
            if (e instanceof SpendDeniedException) {
                throw e;
            }
            throw refused(
                    degrade,
                    ReasonCode.DEGRADE_FAILED,
                    "Parameters " + parameters.getClass().getSimpleName() + " cannot be rewritten ("
                            + e.getClass().getSimpleName() + "). Let the rule stop, or name no patch for this model.");
        }
    }

    private ChatRequest rewritten(ChatRequest request, ChatRequestParameters parameters, Decision.Degrade degrade) {
        Action effective = degrade.permit().effective();
        String model = effective.model().orElse("");
        if (!effective.provider().equals(Optional.of(provider))) {
            throw refused(
                    degrade,
                    ReasonCode.DEGRADE_FAILED,
                    "Model '" + effective.provider().orElse("") + "/" + model + "' is not one of provider '" + provider
                            + "', which this client calls. Name an alias of the same provider.");
        }
        ChatDialect dialect = ChatDialect.of(parameters);
        OptionalInt cap = cap(effective.maxOutputTokens());
        ChatRequest changed = request.toBuilder()
                .parameters(Sampling.with(dialect.degraded(parameters, model, cap), effective))
                .build();
        ChatRequestParameters sent = defaults.get().overrideWith(changed.parameters());
        boolean capped = cap.isEmpty()
                || (dialect.outputCap(sent).isPresent()
                        && dialect.outputCap(sent).getAsInt() <= cap.getAsInt());
        if (!capped || !model.equals(sent.modelName()) || !dialect.isBounded(sent)) {
            throw refused(
                    degrade,
                    ReasonCode.DEGRADE_FAILED,
                    "Parameters " + sent.getClass().getSimpleName() + " did not take model '" + model + "' and cap "
                            + (cap.isPresent() ? Integer.toString(cap.getAsInt()) : "none")
                            + ". Let the rule stop, or name no patch for this model.");
        }
        if (!Sampling.agrees(sent, effective)) {
            throw refused(
                    degrade,
                    ReasonCode.DEGRADE_FAILED,
                    "Parameters " + sent.getClass().getSimpleName()
                            + " did not take the effort, temperature, topP or stop sequences of the degrade."
                            + " Let the rule stop, or leave out what this model does not have.");
        }
        return changed;
    }

    private static OptionalInt cap(OptionalLong cap) {
        return cap.isPresent() ? OptionalInt.of(Math.toIntExact(cap.getAsLong())) : OptionalInt.empty();
    }
}
