package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;

/** What every group of laws needs. */
interface LedgerLaws {
    /** The store under test. */
    LedgerLab lab();

    /** Asserts limit, spent, held and debt of an account, in atoms. */
    default void assertBalances(Account account, long limit, long spent, long held, long debt) {
        assertThat(lab().state(account)).isEqualTo(new AccountState(account, limit, spent, held, debt));
    }
}
