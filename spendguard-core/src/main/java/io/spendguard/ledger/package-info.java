/**
 * Layer L: accounts, holds, entries and the one SPI a store implements, with the in-memory store.
 * Start reading at {@link io.spendguard.ledger.Ledger}, then {@link io.spendguard.ledger.LedgerOperation} and {@link io.spendguard.ledger.Posting}.
 */
@NullMarked
package io.spendguard.ledger;

import org.jspecify.annotations.NullMarked;
