package io.spendguard.ledger;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows an operation asked for, locked until its posting is durable. Valid only during
 * {@link LedgerOperation#plan}.
 */
public interface LedgerView {
    /** The ledger's own time: it decides windows and expiry. */
    Instant now();

    /**
     * The states of the accounts the operation named, opened where they did not exist and their budget has a key left, and of
     * its backlog, in order of account id.
     */
    List<AccountState> accounts();

    /** The state of one of them; throws {@link IllegalArgumentException} for an account the operation did not name. */
    default AccountState account(AccountId id) {
        return find(id).orElseThrow(() -> new IllegalArgumentException(
                "Account " + id + " is not in view: the operation did not name it. Add it to accounts()."));
    }

    /** The state of one of them; empty for an account that was not named, or not opened because its budget has no key left. */
    default Optional<AccountState> find(AccountId id) {
        return accounts().stream()
                .filter(state -> state.account().id().equals(id))
                .findFirst();
    }

    /**
     * The budgets whose limits the operation wants to set and a contract of a higher revision has set, with that revision:
     * they keep the limits they have.
     */
    default Map<String, Long> outranked() {
        return Map.of();
    }

    /**
     * Of the accounts in view, those that a changed limit of their budget has not reached yet, in order of account id: for an operation
     * that {@linkplain LedgerOperation#carriesLimits carries limits}. Whoever else is asked sees them as they are to be.
     */
    default List<LimitDue> due() {
        return List.of();
    }

    /** The operation's run; empty when it names none. */
    Optional<RunState> run();

    /** The operation's reservation; empty when it names none or there is none. */
    Optional<Reservation> reservation();

    /** What another operation answered; empty where it did not, or where this one did not {@linkplain LedgerOperation#answersNeeded ask}. */
    default Optional<byte[]> answer(AnswerKey key) {
        return Optional.empty();
    }
}
