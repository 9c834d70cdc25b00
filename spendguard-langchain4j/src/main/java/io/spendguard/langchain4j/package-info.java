/**
 * Decorators that put a guard in front of LangChain4j models, tools and agents, with or without wiring. Start reading at
 * {@code SpendGuards}, which installs them.
 */
@NullMarked
package io.spendguard.langchain4j;

import org.jspecify.annotations.NullMarked;
