/**
 * How an evidence package's bytes are laid out; writer and verifier share it, nobody else needs it.
 * Start reading at {@link io.spendguard.evidence.internal.PackageNames}.
 */
@NullMarked
package io.spendguard.evidence.internal;

import org.jspecify.annotations.NullMarked;
