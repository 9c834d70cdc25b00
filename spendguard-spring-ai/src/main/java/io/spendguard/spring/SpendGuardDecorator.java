package io.spendguard.spring;

import io.spendguard.Guard;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;

/**
 * Puts a guard in front of Spring AI's objects. The auto-configuration does so for beans; call it for what an application
 * builds by hand.
 *
 * <p>What is guarded already comes back as it is. Safe for any number of threads; so is everything it returns whose
 * delegate is.
 */
public final class SpendGuardDecorator {
    private final Gate gate;

    /** Decorates with a guard and no further settings. */
    public SpendGuardDecorator(Guard guard) {
        this(guard, GateSettings.DEFAULTS);
    }

    SpendGuardDecorator(Guard guard, GateSettings settings) {
        this.gate = new Gate(guard, settings);
    }

    Gate gate() {
        return gate;
    }

    /** A model whose calls and streams are decided and settled; its provider is told from its class. */
    public ChatModel guardChatModel(ChatModel model) {
        return guardChatModel(model, ProviderNames.of(model));
    }

    /** As {@link #guardChatModel(ChatModel)}, with the provider's name as price book and contract know it. */
    public ChatModel guardChatModel(ChatModel model, String provider) {
        return model instanceof GuardedBean ? model : new GuardedChatModel(model, gate, provider);
    }

    /** A model whose embeddings are decided and settled; its provider is told from its class. */
    public EmbeddingModel guardEmbeddingModel(EmbeddingModel model) {
        return guardEmbeddingModel(model, ProviderNames.of(model));
    }

    /** As {@link #guardEmbeddingModel(EmbeddingModel)}, with the provider's name as price book and contract know it. */
    public EmbeddingModel guardEmbeddingModel(EmbeddingModel model, String provider) {
        return model instanceof GuardedBean ? model : new GuardedEmbeddingModel(model, gate, provider);
    }

    /** A tool whose calls are decided and settled. */
    public ToolCallback guardTool(ToolCallback tool) {
        return tool instanceof GuardedBean ? tool : new GuardedToolCallback(tool, gate);
    }

    /** A manager that runs guarded tools only. */
    public ToolCallingManager guardToolManager(ToolCallingManager manager) {
        return manager instanceof GuardedBean ? manager : new GuardedToolCallingManager(manager, this);
    }

    /** A resolver that finds guarded tools only. */
    public ToolCallbackResolver guardToolResolver(ToolCallbackResolver resolver) {
        return resolver instanceof GuardedBean ? resolver : new GuardedToolCallbackResolver(resolver, this);
    }

    /** A processor that never turns a STOP into text. */
    public ToolExecutionExceptionProcessor guardToolErrors(ToolExecutionExceptionProcessor processor) {
        return processor instanceof GuardedBean ? processor : new GuardedToolExceptionProcessor(processor);
    }

    /** The options with guarded tools. */
    ToolCallingChatOptions guardTools(ToolCallingChatOptions options) {
        return guardTools(options, Map.of());
    }

    /** The options with guarded tools and further entries in the tool context, which its own go before. */
    ToolCallingChatOptions guardTools(ToolCallingChatOptions options, Map<String, Object> entries) {
        List<ToolCallback> tools = options.getToolCallbacks();
        ToolCallingChatOptions.Builder<?> guarded = options.mutate();
        if (tools != null && !tools.isEmpty()) {
            guarded.toolCallbacks(tools.stream().map(this::guardTool).toList());
        }
        if (!entries.isEmpty()) {
            Map<String, Object> context = new HashMap<>(entries);
            if (options.getToolContext() != null) {
                context.putAll(options.getToolContext());
            }
            guarded.toolContext(context);
        }
        return guarded.build();
    }
}
