package io.spendguard.model;

import java.util.Currency;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an amount counts: an ISO-4217 currency, calls, tokens of one kind, or credits of one programme. Units never mix
 * and never convert.
 *
 * <p>A money unit's atom is the nano, 10⁻⁹ of the currency; every other unit's atom is one.
 *
 * @param code {@code USD}, {@code calls}, {@code tokens.input}, {@code tokens.output}, {@code tokens.total} or
 *     {@code credits.NAME}
 */
public record Unit(String code) implements Comparable<Unit> {
    // Before the constants: their construction checks against these.
    private static final Set<String> PLAIN = Set.of("calls", "tokens.input", "tokens.output", "tokens.total");
    private static final String CREDITS_PREFIX = "credits.";
    private static final Pattern CREDITS = Pattern.compile("credits\\.[a-z][a-z0-9_-]{0,31}");
    private static final int CURRENCY_LENGTH = 3;

    /** One call of a model or a tool. */
    public static final Unit CALLS = new Unit("calls");
    /** Tokens sent to a model, cached ones included. */
    public static final Unit INPUT_TOKENS = new Unit("tokens.input");
    /** Tokens a model produced, reasoning included. */
    public static final Unit OUTPUT_TOKENS = new Unit("tokens.output");
    /** Input and output tokens together. */
    public static final Unit TOTAL_TOKENS = new Unit("tokens.total");

    /** Checks the code; throws {@link IllegalArgumentException} naming the value and the units there are. */
    public Unit {
        Objects.requireNonNull(code, "code");
        if (!PLAIN.contains(code) && !isCurrency(code) && !CREDITS.matcher(code).matches()) {
            throw new IllegalArgumentException("Unknown unit '" + code + "'. Use an ISO-4217 currency such as USD,"
                    + " calls, tokens.input, tokens.output, tokens.total or credits.NAME.");
        }
    }

    /** The unit of a currency's money. */
    public static Unit of(Currency currency) {
        return new Unit(currency.getCurrencyCode());
    }

    /** Tells whether this is a currency. */
    public boolean isMoney() {
        // Every other unit's code is longer.
        return code.length() == CURRENCY_LENGTH;
    }

    /** Tells whether this is the credits of a programme. */
    public boolean isCredits() {
        return code.startsWith(CREDITS_PREFIX);
    }

    /** How many decimal digits the text form may have: 9 for money, otherwise 0. */
    public int scale() {
        return isMoney() ? 9 : 0;
    }

    @Override
    public int compareTo(Unit other) {
        return code.compareTo(other.code);
    }

    @Override
    public String toString() {
        return code;
    }

    private static boolean isCurrency(String code) {
        if (code.length() != CURRENCY_LENGTH) {
            return false;
        }
        try {
            Currency.getInstance(code);
            return true;
        } catch (IllegalArgumentException unknownCurrency) {
            return false;
        }
    }
}
