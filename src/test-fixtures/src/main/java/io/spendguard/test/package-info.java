/**
 * What tests of a guarded application need: an embedded PostgreSQL, a JUnit 5 extension, assertions, and the contract suite
 * that every ledger passes. Start reading at {@code OnPostgres}, the annotation that hands a test its ledger.
 */
@NullMarked
package io.spendguard.test;

import org.jspecify.annotations.NullMarked;
