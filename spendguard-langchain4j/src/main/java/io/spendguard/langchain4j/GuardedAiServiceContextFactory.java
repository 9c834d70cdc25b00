package io.spendguard.langchain4j;

import dev.langchain4j.service.AiServiceContext;
import dev.langchain4j.spi.services.AiServiceContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts every AI service of the process behind a guard, with nothing to wire: LangChain4j finds this class by itself.
 *
 * <p>Model, streaming model, {@code @Tool} methods and tool providers of each service are gated. An invocation's guard is
 * the one in its parameters ({@link InvocationKeys#GUARD}), else its model's, else the one open on the calling thread,
 * else the installed one; without any, the invocation fails with {@link IllegalStateException} before a model or tool
 * is called. LangChain4j uses the first factory it finds; a host that brings its own must delegate to this one.
 *
 * <p>Not seen here: models used outside AI services, such as those of retrieval and moderation. Wrap them with
 * {@link GuardedModels}.
 */
public final class GuardedAiServiceContextFactory implements AiServiceContextFactory {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedAiServiceContextFactory.class);

    /** Called by LangChain4j, once for a process. */
    public GuardedAiServiceContextFactory() {
        LOG.info("Every LangChain4j AI service of this process stands behind a guard");
    }

    @Override
    public AiServiceContext create(Class<?> aiServiceClass) {
        return new GuardedAiServiceContext(aiServiceClass);
    }
}
