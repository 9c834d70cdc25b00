package io.spendguard;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which call a call is: what one of its arguments names.
 *
 * @param index which argument
 * @param name the parameter's name
 * @param type the parameter's declared type, one of those that {@link #names}
 */
record CallKey(int index, String name, Class<?> type) {
    private static final Set<Class<?>> WHOLE_NUMBERS =
            Set.of(int.class, long.class, Integer.class, Long.class, BigInteger.class);

    /** Tells whether values of a type have one text each. */
    static boolean names(Class<?> type) {
        return WHOLE_NUMBERS.contains(type)
                || CharSequence.class.isAssignableFrom(type)
                || type == UUID.class
                || type.isEnum();
    }

    /**
     * The argument's text. It may be what a framework read from JSON for the parameter: a text for a number, an id or a constant.
     *
     * @throws IllegalArgumentException saying what is wrong with the argument
     */
    String text(@Nullable Object argument) {
        if (argument == null) {
            throw new IllegalArgumentException("the argument is null, so that it names no call. Pass one.");
        }
        String text = argument instanceof Enum<?> constant ? constant.name() : argument.toString();
        if (text.isBlank()) {
            throw new IllegalArgumentException("the argument is blank, so that it names no call. Pass one.");
        }
        if (type == UUID.class) {
            return text.toLowerCase(Locale.ROOT);
        }
        return WHOLE_NUMBERS.contains(type) ? wholeNumber(text) : text;
    }

    private static String wholeNumber(String text) {
        try {
            return new BigDecimal(text).toBigIntegerExact().toString();
        } catch (ArithmeticException | NumberFormatException noNumber) {
            throw new IllegalArgumentException("the argument is no whole number. Pass one.", noNumber);
        }
    }
}
