package io.spendguard.decision;

import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import java.util.ArrayList;
import java.util.List;

/** The lines that move a call's recorded cost to another one. */
final class Corrections {
    private Corrections() {}

    /**
     * Moves each claim's difference. Where spend has left a rolling window meanwhile, it counts there no longer and nothing of
     * it is given back: the window's account and its bucket move together, by what both still have.
     *
     * @param claims the call's claims
     * @param recorded what is recorded as spent of each
     * @param actual what is to be recorded of each
     * @param view the claims' accounts, locked
     */
    static List<Entry> entries(List<Claim> claims, List<Long> recorded, List<Long> actual, LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            AccountState state = view.account(claims.get(i).account().id());
            long before = recorded.get(i);
            long least = Math.max(0, Math.subtractExact(before, counted(claims, claims.get(i), view)));
            entries.addAll(Movements.correct(
                    state.account().id(), before, Math.max(actual.get(i), least), state.available(), state.debt()));
        }
        return entries;
    }

    /** What all of the budget's accounts of the call still have spent. */
    private static long counted(List<Claim> claims, Claim of, LedgerView view) {
        return claims.stream()
                .map(Claim::account)
                .filter(account -> account.budgetId().equals(of.account().budgetId()))
                .mapToLong(account -> view.account(account.id()).spent())
                .min()
                .orElse(0);
    }
}
