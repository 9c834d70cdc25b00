/**
 * Decorators that put a guard in front of Spring AI models and tools, and the Spring Boot auto-configuration that applies
 * them to beans. Start reading at {@code SpendGuardAutoConfiguration}.
 */
@NullMarked
package io.spendguard.spring;

import org.jspecify.annotations.NullMarked;
