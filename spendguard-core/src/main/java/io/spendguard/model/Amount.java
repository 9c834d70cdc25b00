package io.spendguard.model;

import java.math.BigDecimal;
import java.util.Currency;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A quantity of one unit, counted in the unit's atoms: nanos for money, ones for everything else. Never negative: where
 * a direction matters, the ledger entry carries it.
 *
 * <p>Text form, number first: {@code 0.90 USD}, {@code 3 calls}, {@code 1200 tokens.input}.
 *
 * @param atomic the number of atoms, 0 or more
 * @param unit what is counted
 */
public record Amount(long atomic, Unit unit) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,19})(?:\\.(\\d{1,9}))? (\\S{1,64})");

    private static final long ATOMS_OF_MONEY = 1_000_000_000;

    /** Refuses a negative quantity with {@link IllegalArgumentException}. */
    public Amount {
        Objects.requireNonNull(unit, "unit");
        if (atomic < 0) {
            throw new IllegalArgumentException("Amount " + atomic + " of " + unit
                    + " is negative: amounts have no sign. Post the opposite direction instead.");
        }
    }

    /** Nothing of the unit. */
    public static Amount zero(Unit unit) {
        return new Amount(0, unit);
    }

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException naming the text and the form when it is malformed, negative, has more decimals
     *     than the unit has, or overflows
     */
    public static Amount parse(String text) {
        Objects.requireNonNull(text, "text");
        var matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("Amount '" + text + "' is malformed: write number, one space, unit,"
                    + " such as '25.00 USD' or '3 calls', without sign, symbol or thousands separator.");
        }
        Unit unit = new Unit(matcher.group(3));
        String decimals = matcher.group(2);
        if (decimals != null && unit.scale() == 0) {
            throw new IllegalArgumentException(
                    "Amount '" + text + "' has decimals, but " + unit + " are counted whole. Drop them.");
        }
        try {
            BigDecimal number = new BigDecimal(decimals == null ? matcher.group(1) : matcher.group(1) + "." + decimals);
            return new Amount(number.movePointRight(unit.scale()).longValueExact(), unit);
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException(
                    "Amount '" + text + "' is too large: at most " + new Amount(Long.MAX_VALUE, unit) + ".", tooLarge);
        }
    }

    /** The sum; throws {@link IllegalArgumentException} for another unit and {@link ArithmeticException} on overflow. */
    public Amount plus(Amount other) {
        return new Amount(Math.addExact(atomic, sameUnit(other).atomic), unit);
    }

    /** The difference; throws {@link IllegalArgumentException} for another unit or a negative result. */
    public Amount minus(Amount other) {
        return new Amount(Math.subtractExact(atomic, sameUnit(other).atomic), unit);
    }

    /**
     * This so many times.
     *
     * @param factor 0 or more
     * @throws IllegalArgumentException for a negative factor
     * @throws ArithmeticException on overflow
     */
    public Amount times(long factor) {
        if (factor < 0) {
            throw new IllegalArgumentException(
                    "Amount " + this + " times " + factor + " is negative: amounts have no sign. Count from 0.");
        }
        return new Amount(Math.multiplyExact(atomic, factor), unit);
    }

    /** Tells whether this is more than the other amount of the same unit. */
    public boolean isMoreThan(Amount other) {
        return atomic > sameUnit(other).atomic;
    }

    /** The text form, with at least the currency's customary decimals. */
    @Override
    public String toString() {
        if (!unit.isMoney()) {
            return atomic + " " + unit;
        }
        int decimals = Math.max(0, Currency.getInstance(unit.code()).getDefaultFractionDigits());
        StringBuilder text = new StringBuilder(24).append(atomic / ATOMS_OF_MONEY);
        String fraction = Long.toString(ATOMS_OF_MONEY + atomic % ATOMS_OF_MONEY);
        for (int last = fraction.length() - 1; last > decimals; last--) {
            if (fraction.charAt(last) != '0') {
                decimals = last;
            }
        }
        if (decimals > 0) {
            text.append('.').append(fraction, 1, 1 + decimals);
        }
        return text.append(' ').append(unit.code()).toString();
    }

    private Amount sameUnit(Amount other) {
        if (!unit.equals(other.unit)) {
            throw new IllegalArgumentException("Amounts of " + unit + " and " + other.unit
                    + " do not mix: units never convert. Compare amounts of one unit.");
        }
        return other;
    }
}
