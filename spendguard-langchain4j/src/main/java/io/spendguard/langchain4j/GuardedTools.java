package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ReturnBehavior;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolProvider;
import io.spendguard.Guard;
import java.util.Objects;

/**
 * Puts a guard in front of tools: every call is decided before the tool runs and settled when it returns. AI services
 * get this by themselves; these methods are for tools run some other way.
 *
 * <p>STOP and REQUIRE_APPROVAL throw {@link io.spendguard.model.SpendDeniedException}; a SKIP answers with a text that
 * says so, and the run goes on. A tool that throws may have had its effect, so that its outcome stays unknown; only
 * arguments it could not read prove that it did not run. A tool that learns its price commits it on
 * {@link io.spendguard.model.Permit#current()}.
 *
 * <p>{@link io.spendguard.model.Guarded} on a {@code @Tool} method gives its calls cost and labels. Its fallback answers
 * refused calls in AI services; an executor wrapped by hand does not know the method's object, and throws instead.
 */
public final class GuardedTools {
    private GuardedTools() {}

    /**
     * The executor behind this guard.
     *
     * @throws IllegalArgumentException when it runs a method whose {@code @Guarded} cannot be followed, with every fault
     */
    public static ToolExecutor executor(ToolExecutor executor, Guard guard) {
        return executor(executor, GuardSource.of(guard), ReturnBehavior.TO_LLM);
    }

    /** The provider, an MCP one for instance, with each of its tools behind this guard. */
    public static ToolProvider provider(ToolProvider provider, Guard guard) {
        return provider(provider, GuardSource.of(guard));
    }

    static ToolExecutor executor(ToolExecutor executor, GuardSource guards, ReturnBehavior behavior) {
        Objects.requireNonNull(executor, "executor");
        return executor(executor, guards, behavior, ToolTerms.of(executor));
    }

    static ToolExecutor executor(ToolExecutor executor, GuardSource guards, ReturnBehavior behavior, ToolTerms terms) {
        return Gated.isGuarded(executor) ? executor : new GuardedToolExecutor(executor, guards, behavior, terms);
    }

    static ToolProvider provider(ToolProvider provider, GuardSource guards) {
        Objects.requireNonNull(provider, "provider");
        return Gated.isGuarded(provider) ? provider : new GuardedToolProvider(provider, guards);
    }
}
