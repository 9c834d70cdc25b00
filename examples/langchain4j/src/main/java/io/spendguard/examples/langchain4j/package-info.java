/**
 * An agent on LangChain4j with a tool that costs money, and the recorded airline runs through a real AI service.
 * Start reading at {@link io.spendguard.examples.langchain4j.ResearchAgent}, which is all that an application needs.
 */
@NullMarked
package io.spendguard.examples.langchain4j;

import org.jspecify.annotations.NullMarked;
