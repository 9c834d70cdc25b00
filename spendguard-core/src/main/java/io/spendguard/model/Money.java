package io.spendguard.model;

import java.util.Currency;
import java.util.Objects;

/**
 * An amount of money in nanos, 10⁻⁹ of one currency. Never negative; overflow is an exception, never a small number.
 *
 * <p>One token at 0.02 USD per million is 20 nanos, so no published price needs rounding up to a larger atom.
 *
 * @param nanos the number of nanos, 0 or more
 * @param currency an ISO-4217 currency
 */
public record Money(long nanos, Currency currency) implements Comparable<Money> {
    /** Refuses a negative quantity with {@link IllegalArgumentException}. */
    public Money {
        Objects.requireNonNull(currency, "currency");
        if (nanos < 0) {
            throw new IllegalArgumentException("Money of " + nanos + " nanos " + currency
                    + " is negative: money has no sign here. Release or refund instead of spending less than nothing.");
        }
    }

    /**
     * Reads the text form, number first, such as {@code 25.00 USD}.
     *
     * @throws IllegalArgumentException naming the text and the form when it is malformed, negative, not money, has more
     *     than nine decimals, or overflows
     */
    public static Money parse(String text) {
        Amount amount = Amount.parse(text);
        if (!amount.unit().isMoney()) {
            throw new IllegalArgumentException(
                    "Amount '" + text + "' is not money: end it with an ISO-4217 currency such as USD.");
        }
        return of(amount);
    }

    /** So many nanos of a currency, given by its ISO-4217 code. */
    public static Money ofNanos(long nanos, String currencyCode) {
        return new Money(nanos, Currency.getInstance(currencyCode));
    }

    /** The same money as an amount; throws {@link IllegalArgumentException} when the amount's unit is no currency. */
    public static Money of(Amount amount) {
        return ofNanos(amount.atomic(), amount.unit().code());
    }

    /** This money as an amount of its currency's unit. */
    public Amount toAmount() {
        return new Amount(nanos, Unit.of(currency));
    }

    /** The sum; throws {@link IllegalArgumentException} for another currency, {@link ArithmeticException} on overflow. */
    public Money plus(Money other) {
        return of(toAmount().plus(other.toAmount()));
    }

    /** The difference; throws {@link IllegalArgumentException} for another currency or a negative result. */
    public Money minus(Money other) {
        return of(toAmount().minus(other.toAmount()));
    }

    /** Compares by amount; throws {@link IllegalArgumentException} for another currency. */
    @Override
    public int compareTo(Money other) {
        return toAmount().isMoreThan(other.toAmount()) ? 1 : nanos == other.nanos ? 0 : -1;
    }

    /** The text form, such as {@code 0.90 USD}. */
    @Override
    public String toString() {
        return toAmount().toString();
    }
}
