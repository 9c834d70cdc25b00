/**
 * Decorators that put a guard in front of LangChain4j models and tools. Start reading at {@link GuardedModels}; AI
 * services get them without wiring through {@link GuardedAiServiceContextFactory}.
 */
@NullMarked
package io.spendguard.langchain4j;

import org.jspecify.annotations.NullMarked;
