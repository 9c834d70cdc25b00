package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.ToolArguments;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Decision;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.Usage;
import io.spendguard.trace.Scope;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.metadata.ToolMetadata;

/**
 * A tool whose every call is decided, and committed before its result is passed on.
 *
 * <p>A SKIP is answered to the model in words. A STOP or a required approval is thrown and ends the framework's call, also
 * when it comes from a model call inside the tool.
 */
final class GuardedToolCallback implements ToolCallback, GuardedBean {
    /** The decision of the innermost guarded tool on this thread: the same tool inside it is a call of its own. */
    private static final ThreadLocal<UUID> OWN = new ThreadLocal<>();

    private final ToolCallback delegate;
    private final Gate gate;
    private final @Nullable AnnotatedTool annotated;

    GuardedToolCallback(ToolCallback delegate, Gate gate) {
        this.delegate = delegate;
        this.gate = gate;
        this.annotated = AnnotatedTool.of(delegate);
    }

    @Override
    public ToolCallback guarded() {
        return delegate;
    }

    @Override
    public ToolDefinition getToolDefinition() {
        return delegate.getToolDefinition();
    }

    @Override
    public ToolMetadata getToolMetadata() {
        return delegate.getToolMetadata();
    }

    @Override
    public String call(String input) {
        return guarded(input, Map.of(), tool -> tool.call(input));
    }

    @Override
    public String call(String input, @Nullable ToolContext context) {
        return guarded(input, context == null ? Map.of() : context.getContext(), tool -> tool.call(input, context));
    }

    private String guarded(String input, Map<String, Object> toolContext, Function<ToolCallback, String> entry) {
        String name = getToolDefinition().name();
        Scope scope = gate.scope(toolContext, null);
        Action action = action(name, input, scope);
        Optional<Call> passing = CurrentPermit.passage()
                .filter(outer -> !isOwn(outer.permit()))
                .flatMap(outer -> Call.within(outer, action));
        if (passing.isPresent()) {
            return gate.run(passing.get(), () -> entry.apply(delegate), result -> Usage.unknown());
        }
        Decision decision = gate.decide(action);
        if (decision instanceof Decision.Refused
                && annotated != null
                && annotated.fallback().isPresent()) {
            return entry.apply(annotated.fallback().get());
        }
        if (decision instanceof Decision.Skip skip) {
            return skipped(name, skip);
        }
        Admitted admitted = gate.admitted(decision);
        UUID enclosing = OWN.get();
        OWN.set(decision.decisionId());
        try (Scope.Handle open = scope.open()) {
            return gate.run(admitted.call(), () -> unwrapped(entry), result -> Usage.unknown());
        } finally {
            if (enclosing == null) {
                OWN.remove();
            } else {
                OWN.set(enclosing);
            }
        }
    }

    private static boolean isOwn(Permit outer) {
        return outer.decisionId().equals(OWN.get());
    }

    /** What operators configure goes before what the code says. */
    private Action action(String name, String input, Scope scope) {
        Action.Builder action = Action.toolCall(name).content(() -> ToolArguments.content(input));
        if (annotated != null) {
            annotated.apply(action, input);
        }
        return gate.toolCall(action, name, scope);
    }

    /** Spring AI turns whatever a tool method throws into text for the model: not a refusal that ends the run. */
    private String unwrapped(Function<ToolCallback, String> entry) {
        try {
            return entry.apply(delegate);
        } catch (ToolExecutionException wrapped) {
            throw Failures.ending(wrapped).<RuntimeException>map(it -> it).orElse(wrapped);
        }
    }

    private static String skipped(String name, Decision.Skip skip) {
        String reasons = skip.reasons().stream().map(Reason::toString).collect(Collectors.joining("; "));
        return "Tool '" + name + "' was not run: the spending policy skips it"
                + (reasons.isEmpty() ? "" : " (" + reasons + ")") + ". Go on without its result.";
    }
}
