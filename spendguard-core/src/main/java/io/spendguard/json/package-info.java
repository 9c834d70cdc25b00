/**
 * Strict JSON and its RFC 8785 canonical form, the one byte form that is hashed and signed.
 * Start reading at {@link io.spendguard.json.JsonObject}; general documents go through {@link io.spendguard.json.CanonicalJson}.
 */
@NullMarked
package io.spendguard.json;

import org.jspecify.annotations.NullMarked;
