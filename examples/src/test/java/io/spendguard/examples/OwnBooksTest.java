package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.contract.Contract;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Period;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnBooksTest {
    private final OwnBooks books = new OwnBooks(Contract.load(Path.of("contracts", "airline.yaml")));

    @Test
    void allows_upToTheRunsLimit_andNotOneNanoMore() {
        books.spend("a", 100_000_000);

        assertThat(books.allows("a", 40_000_000)).isTrue();
        assertThat(books.allows("a", 40_000_001)).isFalse();
        assertThat(books.allows("b", 40_000_001)).isTrue();
    }

    @Test
    void allows_beyondTheDaysLimit_isFalseForEveryRun() {
        for (int run = 0; run < 50; run++) {
            books.spend("run-" + run, 99_000_000);
        }

        assertThat(books.allows("another", 50_000_000)).isTrue();
        assertThat(books.allows("another", 50_000_001)).isFalse();
    }

    @Test
    void requireSame_equalBalances_passes() {
        books.spend("a", 100_000_000);

        assertThatCode(() -> books.requireSame(List.of(
                        balance("daily", "", "5.00 USD", "0.10 USD", "0.00 USD"),
                        balance("per-run", "a", "0.14 USD", "0.10 USD", "0.00 USD"))))
                .doesNotThrowAnyException();
    }

    @Test
    void requireSame_oneNanoMissing_fails() {
        books.spend("a", 100_000_000);

        assertThatThrownBy(() -> books.requireSame(List.of(
                        balance("daily", "", "5.00 USD", "0.10 USD", "0.00 USD"),
                        balance("per-run", "a", "0.14 USD", "0.099999999 USD", "0.00 USD"))))
                .isInstanceOf(DemoFailedException.class)
                .hasMessage(
                        "Figures differ: spent of budget per-run 'a', in nanos: 100000000 by own count, 99999999 by the"
                                + " guard's. One of them is wrong.");
    }

    @Test
    void requireSame_somethingStillHeld_fails() {
        assertThatThrownBy(() ->
                        books.requireSame(List.of(balance("per-run", "a", "0.14 USD", "0.00 USD", "0.000000001 USD"))))
                .isInstanceOf(DemoFailedException.class)
                .hasMessage(
                        "Figures differ: held of budget per-run 'a', in nanos: 0 by own count, 1 by the guard's. One of"
                                + " them is wrong.");
    }

    private static Balance balance(String budget, String key, String limit, String spent, String held) {
        Amount available = Amount.parse(limit).minus(Amount.parse(spent)).minus(Amount.parse(held));
        return new Balance(
                budget,
                key,
                Period.ALWAYS,
                Amount.parse(limit),
                Amount.parse(spent),
                Amount.parse(held),
                available,
                Amount.parse("0.00 USD"));
    }
}
