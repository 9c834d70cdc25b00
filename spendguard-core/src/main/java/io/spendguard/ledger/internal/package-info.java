/**
 * What ledgers and those who look after them share inside the library.
 * Start reading at {@link io.spendguard.ledger.internal.PeriodicThread}.
 */
@NullMarked
package io.spendguard.ledger.internal;

import org.jspecify.annotations.NullMarked;
