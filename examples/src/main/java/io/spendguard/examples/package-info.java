/**
 * Runnable demos of guarded agents, and the benchmarks. Start reading at {@code Runaway}, the library in one page; {@code Demos} and
 * {@code Benches} run them by name.
 */
@NullMarked
package io.spendguard.examples;

import org.jspecify.annotations.NullMarked;
