package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ReturnBehavior;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.exception.ToolArgumentsException;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.service.tool.ToolExecutionResult;
import dev.langchain4j.service.tool.ToolExecutor;
import io.spendguard.Call;
import io.spendguard.Guard;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Decision;
import io.spendguard.model.Reason;
import io.spendguard.model.Usage;
import io.spendguard.trace.Scope;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A tool whose every call passes the gate, on whichever thread. */
final class GuardedToolExecutor implements ToolExecutor, Gated<ToolExecutor> {
    /** What runs on this thread: the same request once more is a second gate; an equal one may be an agent in a loop. */
    private static final ThreadLocal<@Nullable ToolExecutionRequest> RUNNING = new ThreadLocal<>();

    private final ToolExecutor delegate;
    private final GuardSource guards;
    private final ReturnBehavior behavior;
    private final ToolTerms terms;

    GuardedToolExecutor(ToolExecutor delegate, GuardSource guards, ReturnBehavior behavior, ToolTerms terms) {
        this.delegate = delegate;
        this.guards = guards;
        this.behavior = behavior;
        this.terms = terms;
    }

    @Override
    public String execute(ToolExecutionRequest request, Object memoryId) {
        Scope conversation = new Scope(null, Callers.run(memoryId), null, null, null);
        return gated(request, null, conversation, executor -> executor.execute(request, memoryId), Function.identity());
    }

    @Override
    public ToolExecutionResult executeWithContext(ToolExecutionRequest request, InvocationContext invocation) {
        return gated(
                request,
                invocation,
                Scope.EMPTY,
                executor -> executor.executeWithContext(request, invocation),
                this::skipped);
    }

    @Override
    public ToolExecutor unwrap() {
        return delegate;
    }

    @SuppressWarnings("ReferenceEquality") // an equal request may be another call
    private <T> T gated(
            ToolExecutionRequest request,
            @Nullable InvocationContext invocation,
            Scope otherwise,
            Function<ToolExecutor, T> tool,
            Function<String, T> skipped) {
        Scope scope = Callers.scope(invocation);
        Action action = otherwise.complete(scope.complete(terms.action(request)));
        ToolExecutionRequest around = RUNNING.get();
        Optional<Call> passing = around == request
                ? CurrentPermit.passage().flatMap(outer -> Call.within(outer, action))
                : Optional.empty();
        if (passing.isPresent()) {
            return run(passing.get(), request, tool);
        }
        Guard guard = guards.guard(invocation);
        Decision decision = guard.decide(action);
        ToolExecutor fallback = terms.fallback();
        if (decision instanceof Decision.Refused && fallback != null) {
            return tool.apply(fallback);
        }
        if (decision instanceof Decision.Skip) {
            return skipped.apply("Tool '" + request.name() + "' was skipped and not executed: "
                    + decision.reasons().stream().map(Reason::toString).collect(Collectors.joining("; ")));
        }
        // What the tool calls itself, a sub-agent for instance, belongs to the same run and asks the same guard.
        try (Call call = Call.of(decision.orThrow());
                Scope.Handle within = scope.open();
                Guard.Handle asking = guard.open()) {
            return run(call, request, tool);
        }
    }

    private <T> T run(Call running, ToolExecutionRequest request, Function<ToolExecutor, T> tool) {
        ToolExecutionRequest around = RUNNING.get();
        try (Call call = running;
                CurrentPermit.Handle permit = call.open()) {
            call.started();
            RUNNING.set(request);
            try {
                T result = tool.apply(delegate);
                call.completed(Usage.unknown());
                return result;
            } catch (ToolArgumentsException unread) {
                call.notSent(unread);
                throw unread;
            } catch (RuntimeException | Error failure) {
                call.failed(failure);
                throw failure;
            } finally {
                RUNNING.set(around);
            }
        }
    }

    /** As an error where the result would end the conversation as its answer: an error goes to the model instead. */
    private ToolExecutionResult skipped(String text) {
        return ToolExecutionResult.builder()
                .isError(behavior != ReturnBehavior.TO_LLM)
                .resultText(text)
                .build();
    }
}
