package io.spendguard.spring;

import io.spendguard.Delegates;
import io.spendguard.GuardedMethod;
import io.spendguard.model.Action;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.method.MethodToolCallback;
import org.springframework.ai.util.JsonHelper;
import org.springframework.util.ReflectionUtils;

/**
 * What {@link io.spendguard.model.Guarded} says about the method behind a tool. Spring AI keeps method and object to
 * itself, so they are read from its fields; a test of this class says so when they are gone.
 */
final class AnnotatedTool {
    private static final JsonHelper JSON = new JsonHelper();

    private final ToolCallback tool;
    private final GuardedMethod method;
    private final @Nullable ToolCallback fallback;

    private AnnotatedTool(MethodToolCallback tool, GuardedMethod method) {
        this.tool = tool;
        this.method = method;
        this.fallback =
                method.fallback().map(refused -> callback(tool, refused)).orElse(null);
    }

    /**
     * Reads a tool's annotation, also behind an application's own wrappers; null when there is no method or it has none.
     *
     * @throws IllegalArgumentException when the annotation cannot be followed, with every fault
     */
    static @Nullable AnnotatedTool of(ToolCallback tool) {
        return Delegates.find(tool, ToolCallback.class, MethodToolCallback.class, GuardedBean.class)
                .flatMap(AnnotatedTool::read)
                .orElse(null);
    }

    private static Optional<AnnotatedTool> read(MethodToolCallback callback) {
        return field(callback, "toolMethod") instanceof Method method
                ? GuardedMethod.of(method).map(guarded -> new AnnotatedTool(callback, guarded))
                : Optional.empty();
    }

    /** Adds cost and labels. What cannot be counted is an error of the arguments, which the model is told about. */
    void apply(Action.Builder action, String input) {
        try {
            method.apply(action, input.isBlank() ? Map.of() : JSON.fromJsonToMap(input));
        } catch (RuntimeException unusable) {
            throw new ToolExecutionException(tool.getToolDefinition(), unusable);
        }
    }

    /** The tool to call instead when the guard refuses. */
    Optional<ToolCallback> fallback() {
        return Optional.ofNullable(fallback);
    }

    private static ToolCallback callback(MethodToolCallback tool, Method method) {
        MethodToolCallback.Builder builder = MethodToolCallback.builder()
                .toolDefinition(tool.getToolDefinition())
                .toolMetadata(tool.getToolMetadata())
                .toolMethod(method);
        Object target = field(tool, "toolObject");
        if (target != null) {
            builder.toolObject(target);
        }
        return builder.build();
    }

    private static @Nullable Object field(MethodToolCallback tool, String name) {
        Field field = ReflectionUtils.findField(MethodToolCallback.class, name);
        if (field == null) {
            return null;
        }
        ReflectionUtils.makeAccessible(field);
        return ReflectionUtils.getField(field, tool);
    }
}
