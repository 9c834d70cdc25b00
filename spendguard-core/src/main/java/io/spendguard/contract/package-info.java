/**
 * Layer C: the contract language, from YAML and CEL text to a checked, compiled and pure evaluation.
 * Start reading at {@link io.spendguard.contract.Contract}.
 */
@NullMarked
package io.spendguard.contract;

import org.jspecify.annotations.NullMarked;
