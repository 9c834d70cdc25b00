/**
 * The offline verifier: reads an evidence package and trusts only its anchors.
 * Start reading at {@link io.spendguard.verify.Verifier}.
 */
@NullMarked
package io.spendguard.verify;

import org.jspecify.annotations.NullMarked;
