/**
 * Layer P: keys, signers and the RFC 6962 Merkle tree.
 * Start reading at {@link io.spendguard.proof.Signer}.
 */
@NullMarked
package io.spendguard.proof;

import org.jspecify.annotations.NullMarked;
