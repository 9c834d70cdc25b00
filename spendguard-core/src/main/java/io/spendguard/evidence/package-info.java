/**
 * Layer E: audit events, their streams and chain values, and the evidence package format.
 * Start reading at {@link io.spendguard.evidence.AuditEvent} and {@link io.spendguard.evidence.StreamSealer}.
 */
@NullMarked
package io.spendguard.evidence;

import org.jspecify.annotations.NullMarked;
