package io.spendguard.decision;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import java.util.ArrayList;
import java.util.List;

/** The double-entry lines of each movement, as {@link EntryKind} describes them. Lines of zero are left out. */
final class Movements {
    private Movements() {}

    static List<Entry> grant(AccountId account, long limit) {
        Lines lines = new Lines();
        lines.add(account, EntryKind.ADJUSTMENT, Math.negateExact(limit));
        lines.add(account, EntryKind.AVAILABLE, limit);
        return lines.entries;
    }

    static List<Entry> hold(List<Claim> claims) {
        Lines lines = new Lines();
        for (Claim claim : claims) {
            lines.add(claim.account().id(), EntryKind.AVAILABLE, Math.negateExact(claim.atomic()));
            lines.add(claim.account().id(), EntryKind.HELD, claim.atomic());
        }
        return lines.entries;
    }

    /** Part of a hold is spent; what the hold does not cover is held first. */
    static List<Entry> part(List<Claim> changes) {
        Lines lines = new Lines();
        for (Claim change : changes) {
            AccountId account = change.account().id();
            lines.add(account, EntryKind.AVAILABLE, Math.negateExact(change.atomic()));
            lines.add(account, EntryKind.HELD, Math.subtractExact(change.atomic(), change.committed()));
            lines.add(account, EntryKind.SPENT, change.committed());
        }
        return lines.entries;
    }

    /**
     * What was spent leaves the hold, and the rest pays debt before it is available again; more than the hold takes from
     * what is available.
     */
    static List<Entry> settle(Claim claim, long actual, long available, long debt) {
        AccountId account = claim.account().id();
        Lines lines = new Lines();
        lines.add(account, EntryKind.HELD, Math.negateExact(claim.atomic()));
        lines.add(account, EntryKind.SPENT, actual);
        if (actual > claim.atomic()) {
            take(lines, account, Math.subtractExact(actual, claim.atomic()), available);
        } else {
            give(lines, account, claim.atomic() - actual, debt);
        }
        return lines.entries;
    }

    /** More was spent than is recorded, or less: only the difference moves. */
    static List<Entry> correct(AccountId account, long recorded, long actual, long available, long debt) {
        long more = Math.subtractExact(actual, recorded);
        Lines lines = new Lines();
        lines.add(account, EntryKind.SPENT, more);
        if (more > 0) {
            take(lines, account, more, available);
        } else {
            give(lines, account, Math.negateExact(more), debt);
        }
        return lines.entries;
    }

    /** What is given to an account pays debt first. */
    static List<Entry> grant(AccountState state, long quantity) {
        Lines lines = new Lines();
        lines.add(state.account().id(), EntryKind.GRANT, Math.negateExact(quantity));
        give(lines, state.account().id(), quantity, state.debt());
        return lines.entries;
    }

    /** What is taken from an account must be available. */
    static List<Entry> withdraw(AccountState state, long quantity) {
        Lines lines = new Lines();
        lines.add(state.account().id(), EntryKind.GRANT, quantity);
        lines.add(state.account().id(), EntryKind.AVAILABLE, Math.negateExact(quantity));
        return lines.entries;
    }

    /** A raised limit first pays debt; a lowered one takes what is available and the rest becomes debt. */
    static List<Entry> limit(AccountState state, long newLimit) {
        AccountId account = state.account().id();
        long lowered = Math.subtractExact(state.contracted(), newLimit);
        Lines lines = new Lines();
        lines.add(account, EntryKind.ADJUSTMENT, lowered);
        if (lowered >= 0) {
            take(lines, account, lowered, state.available());
        } else {
            give(lines, account, -lowered, state.debt());
        }
        return lines.entries;
    }

    /** What was spent in a bucket counts no longer: both the bucket and its window give it back. */
    static List<Entry> age(AccountState window, AccountState bucket) {
        Lines lines = new Lines();
        for (AccountState state : List.of(window, bucket)) {
            lines.add(state.account().id(), EntryKind.SPENT, Math.negateExact(bucket.spent()));
            give(lines, state.account().id(), bucket.spent(), state.debt());
        }
        return lines.entries;
    }

    /** What was spent beyond an earlier window's limit is spent in a later one instead. */
    static List<Entry> absorb(AccountState earlier, AccountState later, long quantity) {
        Lines lines = new Lines();
        lines.add(earlier.account().id(), EntryKind.SPENT, Math.negateExact(quantity));
        lines.add(earlier.account().id(), EntryKind.DEBT, quantity);
        lines.add(later.account().id(), EntryKind.AVAILABLE, Math.negateExact(quantity));
        lines.add(later.account().id(), EntryKind.SPENT, quantity);
        return lines.entries;
    }

    /** Pays debt as far as it goes; the rest is available. Whoever owes has nothing available. */
    private static void give(Lines lines, AccountId account, long quantity, long debt) {
        long paid = Math.min(debt, quantity);
        lines.add(account, EntryKind.DEBT, paid);
        lines.add(account, EntryKind.AVAILABLE, quantity - paid);
    }

    /** Takes from available as much as there is, and the rest as debt. */
    private static void take(Lines lines, AccountId account, long quantity, long available) {
        long taken = Math.min(quantity, available);
        lines.add(account, EntryKind.AVAILABLE, Math.negateExact(taken));
        if (quantity > taken) {
            lines.add(account, EntryKind.DEBT, Math.negateExact(Math.subtractExact(quantity, taken)));
        }
    }

    private static final class Lines {
        private final List<Entry> entries = new ArrayList<>();

        private void add(AccountId account, EntryKind kind, long atomic) {
            if (atomic != 0) {
                entries.add(new Entry(account, kind, atomic));
            }
        }
    }
}
