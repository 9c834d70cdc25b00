/**
 * The front door: {@link io.spendguard.Guard} and its builder.
 * Everything here may use all packages below it, nothing below uses it; start reading at {@code Guard.decide}.
 */
@NullMarked
package io.spendguard;

import org.jspecify.annotations.NullMarked;
