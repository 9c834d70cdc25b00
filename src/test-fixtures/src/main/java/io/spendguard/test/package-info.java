/**
 * What tests of a ledger or of a guarded application need: a guard for each JUnit test, assertions on what it recorded, a
 * stand-in for the provider, an embedded PostgreSQL, and the contract suite that every ledger passes. Start reading at
 * {@link io.spendguard.test.SpendGuardTest}, {@link io.spendguard.test.OpenAiStandIn} and {@link
 * io.spendguard.test.LedgerContract}.
 */
@NullMarked
package io.spendguard.test;

import org.jspecify.annotations.NullMarked;
