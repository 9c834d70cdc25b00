package io.spendguard.jdbc;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Missing accounts of budgets that limit their keys. Each operation of a batch, in order of arrival, is lent those it names as
 * long as keys are left; those its posting touches are taken, the others are there for the next one. The budgets are ours
 * alone meanwhile, so that nobody else opens one of them.
 */
final class KeyedAccounts {
    private final Map<AccountId, Offer> offers = new HashMap<>();
    private final Map<Keys, Integer> used = new HashMap<>();
    private final Map<AccountId, Account> lent = new TreeMap<>();
    private final Map<AccountId, Account> taken = new TreeMap<>();

    /**
     * Adds a missing account.
     *
     * @param limit what it is opened with
     * @param mostKeys how many keys its budget may have in its window
     * @param usedKeys how many it has, asked once for each window
     */
    void offer(Account account, long limit, int mostKeys, IntSupplier usedKeys) {
        offers.put(account.id(), new Offer(account, limit, mostKeys));
        used.computeIfAbsent(Keys.of(account), window -> usedKeys.getAsInt());
    }

    /** The account, counted as opened until it is settled; null when it is none of these or its budget has no key left. */
    @Nullable
    Account lend(AccountId id) {
        Offer offer = offers.get(id);
        if (offer == null || taken.containsKey(id) || used.getOrDefault(Keys.of(offer.account), 0) >= offer.mostKeys) {
            return null;
        }
        used.merge(Keys.of(offer.account), 1, Integer::sum);
        lent.put(id, offer.account);
        return offer.account;
    }

    /** What a lent account is opened with; null for another. */
    @Nullable
    Long limit(AccountId id) {
        Offer offer = offers.get(id);
        return offer == null ? null : offer.limit;
    }

    /** Takes what is lent and the posting touches; returns the others, whose keys are left again. */
    List<AccountId> settle(Posting posting) {
        List<AccountId> left = new ArrayList<>();
        lent.forEach((id, account) -> {
            if (posting.touches(id)) {
                taken.put(id, account);
            } else {
                used.merge(Keys.of(account), -1, Integer::sum);
                left.add(id);
            }
        });
        lent.clear();
        return left;
    }

    /** The accounts to be inserted, in order of id. */
    List<Account> taken() {
        return List.copyOf(taken.values());
    }

    private record Offer(Account account, long limit, int mostKeys) {}

    /** Where keys are counted. */
    private record Keys(BudgetKey budget, Period window, Unit unit) {
        static Keys of(Account account) {
            return new Keys(BudgetKey.of(account), account.window(), account.unit());
        }
    }
}
