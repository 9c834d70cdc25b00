/**
 * An agent on Spring AI and Spring Boot with a tool that costs money.
 * Start reading at {@link io.spendguard.examples.spring.ResearchApplication}, which is all that an application needs.
 */
@NullMarked
package io.spendguard.examples.spring;

import org.jspecify.annotations.NullMarked;
