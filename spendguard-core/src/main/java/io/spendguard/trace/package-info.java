/**
 * Layer T: who acts, in which run and step, and how that travels with a call.
 * Start reading at {@link io.spendguard.trace.Scope}.
 */
@NullMarked
package io.spendguard.trace;

import org.jspecify.annotations.NullMarked;
