package io.spendguard.langchain4j;

import dev.langchain4j.service.tool.AiServiceTool;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderRequest;
import dev.langchain4j.service.tool.ToolProviderResult;
import java.util.List;

/** A tool provider whose tools all pass the gate. */
final class GuardedToolProvider implements ToolProvider, Gated<ToolProvider> {
    private final ToolProvider delegate;
    private final GuardSource guards;

    GuardedToolProvider(ToolProvider delegate, GuardSource guards) {
        this.delegate = delegate;
        this.guards = guards;
    }

    @Override
    public ToolProviderResult provideTools(ToolProviderRequest request) {
        ToolProviderResult provided = delegate.provideTools(request);
        if (provided == null) {
            return provided;
        }
        List<AiServiceTool> tools =
                provided.aiServiceTools().stream().map(this::gated).toList();
        return ToolProviderResult.builder().addAll(tools).build();
    }

    @Override
    public boolean isDynamic() {
        return delegate.isDynamic();
    }

    @Override
    public ToolProvider unwrap() {
        return delegate;
    }

    private AiServiceTool gated(AiServiceTool tool) {
        return tool.toBuilder()
                .toolExecutor(GuardedTools.executor(tool.toolExecutor(), guards, tool.returnBehavior()))
                .build();
    }
}
