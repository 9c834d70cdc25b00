package io.spendguard.ledger;

import java.util.Objects;

/**
 * One line of the double-entry book. Never zero.
 *
 * @param account where
 * @param kind which side of the account
 * @param atomic how much, signed, in atoms of the account's unit
 */
public record Entry(AccountId account, EntryKind kind, long atomic) {
    /** Refuses a line that moves nothing with {@link IllegalArgumentException}. */
    public Entry {
        Objects.requireNonNull(account, "account");
        Objects.requireNonNull(kind, "kind");
        if (atomic == 0) {
            throw new IllegalArgumentException(
                    "Entry on " + kind + " of account " + account + " moves nothing: leave it out of the posting.");
        }
    }
}
