package io.spendguard.spring;

import java.util.stream.Stream;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What to do about an injection by class. */
final class InjectionAdvice {
    private InjectionAdvice() {}

    static FailureAnalysis of(String bean, Class<?> asked, Throwable cause) {
        String type = Stream.of(
                        ChatModel.class,
                        EmbeddingModel.class,
                        ToolCallingManager.class,
                        ToolCallbackResolver.class,
                        ToolExecutionExceptionProcessor.class)
                .filter(known -> known.isAssignableFrom(asked))
                .map(Class::getSimpleName)
                .findFirst()
                .orElse("its interface");
        return new FailureAnalysis(
                "Bean '" + bean + "' is guarded by SpendGuard and cannot be injected as '" + asked.getName()
                        + "': the guard stands in front of it.",
                "Inject '" + type + "' instead. To leave this bean without a guard, set spendguard.exclude-beans="
                        + bean + ".",
                cause);
    }
}
