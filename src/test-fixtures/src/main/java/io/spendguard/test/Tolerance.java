package io.spendguard.test;

import io.spendguard.model.Money;
import java.math.BigDecimal;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How far an amount may be off, up or down. Made by {@link SpendAssertions#within}. Immutable. */
public final class Tolerance {
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,6})?)%");

    private final String text;
    private final @Nullable BigDecimal percent;
    private final @Nullable Money money;

    private Tolerance(String text, @Nullable BigDecimal percent, @Nullable Money money) {
        this.text = text;
        this.percent = percent;
        this.money = money;
    }

    static Tolerance none() {
        return new Tolerance("", BigDecimal.ZERO, null);
    }

    static Tolerance parse(String text) {
        Matcher matcher = PERCENT.matcher(text);
        if (matcher.matches()) {
            return new Tolerance(" within " + text, new BigDecimal(matcher.group(1)), null);
        }
        try {
            return new Tolerance(" within " + text, null, Money.parse(text));
        } catch (IllegalArgumentException neither) {
            throw new IllegalArgumentException(
                    "Tolerance '" + text + "' is neither a percentage nor money: write '1%' or '0.01 USD'.", neither);
        }
    }

    /** Throws {@link IllegalArgumentException} when the tolerance is money of another currency. */
    boolean admits(Money actual, Money expected) {
        Money difference = actual.compareTo(expected) >= 0 ? actual.minus(expected) : expected.minus(actual);
        return percent != null
                ? BigDecimal.valueOf(difference.nanos())
                                .movePointRight(2)
                                .compareTo(BigDecimal.valueOf(expected.nanos()).multiply(percent))
                        <= 0
                : difference.compareTo(Objects.requireNonNull(money)) <= 0;
    }

    /** In words: {@code within 1%}; nothing when there is no tolerance. */
    @Override
    public String toString() {
        return text;
    }
}
