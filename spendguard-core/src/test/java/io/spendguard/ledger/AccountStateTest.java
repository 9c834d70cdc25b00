package io.spendguard.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccountStateTest {
    private static final Account TEAM =
            Account.of("acme", Namespace.ENFORCE, "team", "", Period.ALWAYS, new Unit("calls"));

    @Test
    void after_moreThanCanBeCounted_namesAccountAndBound() {
        AccountState state = new AccountState(TEAM, 10, 9, 1, 0);

        assertThatThrownBy(() -> state.after(List.of(new Entry(TEAM.id(), EntryKind.SPENT, Long.MAX_VALUE))))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("Account of budget 'team' has 9 calls spent, 1 calls held and 0 calls of debt, and cannot"
                        + " count what is to be added: balances go up to 9223372036854775807 calls. Look whether the"
                        + " amount is right.");
    }
}
