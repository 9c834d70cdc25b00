/**
 * Contracts as they are handed from who writes them to who runs them: signed, with the digest of the prices they were
 * checked with.
 */
@NullMarked
package io.spendguard.bundle;

import org.jspecify.annotations.NullMarked;
