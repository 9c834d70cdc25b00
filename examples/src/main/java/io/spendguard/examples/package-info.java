/**
 * Runnable demos of guarded agents. Start reading at {@code Runaway}, the library in one page; {@code Demos} runs them by
 * name.
 */
@NullMarked
package io.spendguard.examples;

import org.jspecify.annotations.NullMarked;
