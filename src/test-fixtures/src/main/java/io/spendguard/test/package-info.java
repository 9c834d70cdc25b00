/**
 * What tests of a ledger or of a guarded application need: an embedded PostgreSQL, and the contract suite that every ledger
 * passes. Start reading at {@link io.spendguard.test.EmbeddedPostgres} and {@link io.spendguard.test.LedgerContract}.
 */
@NullMarked
package io.spendguard.test;

import org.jspecify.annotations.NullMarked;
