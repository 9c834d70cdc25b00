/**
 * Runnable demos of a guarded agent, each one a class with a {@code main} flow that prints what it shows. Start reading at
 * {@code Demos}, which runs them by name.
 */
@NullMarked
package io.spendguard.examples;

import org.jspecify.annotations.NullMarked;
