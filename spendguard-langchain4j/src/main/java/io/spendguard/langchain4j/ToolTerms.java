package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.exception.ToolArgumentsException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.service.tool.DefaultToolExecutor;
import dev.langchain4j.service.tool.ToolExecutor;
import io.spendguard.Delegates;
import io.spendguard.GuardedMethod;
import io.spendguard.ToolArguments;
import io.spendguard.model.Action;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code @Tool} method's {@link io.spendguard.model.Guarded} annotation says of its calls.
 *
 * @param method the annotated method, or null when nothing is said
 * @param fallback what runs instead of a refused call, or null
 */
record ToolTerms(@Nullable GuardedMethod method, @Nullable ToolExecutor fallback) {
    private static final ToolTerms NONE = new ToolTerms(null, null);
    private static final Type ARGUMENTS = HashMap.class;

    /**
     * The terms of an executor of a method, its object unknown, so that a refusal finds no fallback; otherwise none.
     *
     * @throws IllegalArgumentException when the annotation cannot be followed
     */
    static ToolTerms of(ToolExecutor executor) {
        return reflective(executor)
                .flatMap(found -> GuardedMethod.of(found.originalMethod()))
                .map(method -> new ToolTerms(method, null))
                .orElse(NONE);
    }

    /** The terms of an executor of one of this object's methods; throws as {@link #of(ToolExecutor)} does. */
    static ToolTerms of(ToolExecutor executor, Object tools) {
        return reflective(executor)
                .flatMap(found -> GuardedMethod.of(found.originalMethod())
                        .map(method -> new ToolTerms(method, fallback(method, found, tools))))
                .orElse(NONE);
    }

    /**
     * A call of the tool, with cost and labels.
     *
     * @throws ToolArgumentsException when the arguments cannot be read, or do not say what the call costs
     */
    Action action(ToolExecutionRequest request) {
        Action.Builder action =
                Action.toolCall(request.name()).content(() -> ToolArguments.content(request.arguments()));
        if (method == null) {
            return action.build();
        }
        try {
            return method.apply(action, arguments(request.arguments())).build();
        } catch (RuntimeException e) {
            throw new ToolArgumentsException(e);
        }
    }

    /** Also behind an application's own wrappers. */
    private static Optional<DefaultToolExecutor> reflective(ToolExecutor executor) {
        return Delegates.find(executor, ToolExecutor.class, DefaultToolExecutor.class, Gated.class);
    }

    /** Reads its arguments as the tool's own method does: the fallback has the same parameters. */
    private static @Nullable ToolExecutor fallback(GuardedMethod method, DefaultToolExecutor executor, Object tools) {
        return method.fallback()
                .map(instead -> DefaultToolExecutor.builder()
                        .object(tools)
                        .originalMethod(executor.originalMethod())
                        .methodToInvoke(instead)
                        .wrapToolArgumentsExceptions(true)
                        .propagateToolExecutionExceptions(true)
                        .build())
                .orElse(null);
    }

    private static Map<String, ?> arguments(@Nullable String json) {
        if (json == null || json.isBlank()) {
            return Map.of();
        }
        HashMap<String, ?> arguments = Json.fromJson(json, ARGUMENTS);
        return arguments == null ? Map.of() : arguments;
    }
}
