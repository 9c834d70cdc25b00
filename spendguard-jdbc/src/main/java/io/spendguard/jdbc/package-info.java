/**
 * The ledger, the outbox, the evidence log and the approvals store on PostgreSQL: every decision and its event are one
 * transaction on connections of our own. Start reading at {@code PostgresLedger}, which opens and migrates it all.
 */
@NullMarked
package io.spendguard.jdbc;

import org.jspecify.annotations.NullMarked;
