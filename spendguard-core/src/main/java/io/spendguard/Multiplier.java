package io.spendguard;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How often a call costs its price: what one of its arguments counts.
 *
 * @param index which argument
 * @param name the parameter's name
 * @param type the parameter's declared type, one of those {@link #counts}
 */
record Multiplier(int index, String name, Class<?> type) {
    private static final Set<Class<?>> WHOLE_NUMBERS = Set.of(
            byte.class,
            short.class,
            int.class,
            long.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            BigInteger.class);

    /** Tells whether values of a type say how many they are. */
    static boolean counts(Class<?> type) {
        return WHOLE_NUMBERS.contains(type) || isText(type) || isSeveral(type);
    }

    /**
     * What the argument counts. It may be what a framework read from JSON for the parameter: a list for an array, a text
     * for a number. What it means is the parameter's to say: the text {@code 30} for an {@code int} is thirty, for a
     * {@code String} it is two characters.
     *
     * @throws IllegalArgumentException saying what is wrong with the argument
     */
    long count(@Nullable Object argument) {
        if (argument == null) {
            throw new IllegalArgumentException("the argument is null, so that the cost has no bound. Pass one.");
        }
        if (isText(type)) {
            return argument.toString().codePoints().count();
        }
        if (WHOLE_NUMBERS.contains(type)) {
            return wholeNumber(argument);
        }
        if (argument instanceof Collection<?> several) {
            return several.size();
        }
        if (argument instanceof Map<?, ?> several) {
            return several.size();
        }
        if (argument.getClass().isArray()) {
            return Array.getLength(argument);
        }
        throw new IllegalArgumentException(
                "the argument is one " + argument.getClass().getSimpleName() + ": its size is needed. Pass several.");
    }

    private static long wholeNumber(Object argument) {
        long count;
        try {
            count = new BigDecimal(argument.toString()).longValueExact();
        } catch (ArithmeticException | NumberFormatException notCountable) {
            throw new IllegalArgumentException(
                    "the argument is no whole number up to " + Long.MAX_VALUE + ". Pass one.", notCountable);
        }
        if (count < 0) {
            throw new IllegalArgumentException("the argument is " + count + ": a count is 0 or more. Pass no less.");
        }
        return count;
    }

    private static boolean isText(Class<?> type) {
        return CharSequence.class.isAssignableFrom(type);
    }

    private static boolean isSeveral(Class<?> type) {
        return type.isArray() || Collection.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type);
    }
}
