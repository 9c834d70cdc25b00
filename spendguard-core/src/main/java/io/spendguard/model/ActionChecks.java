package io.spendguard.model;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Objects;

/** What a value must be to describe an action; each check returns it, or throws {@link IllegalArgumentException}. */
final class ActionChecks {
    private static final int MAX_ID_LENGTH = 200;
    private static final int MAX_LABELS = 32;
    private static final int MAX_DIGITS = 40;

    private ActionChecks() {}

    /** A short name that evidence can carry; what is wrong with it is said without it. */
    static String identifier(String what, String value) {
        Objects.requireNonNull(value, what);
        if (value.isBlank() || value.length() > MAX_ID_LENGTH) {
            // Without the value: it may be personal, or anything of any length.
            throw new IllegalArgumentException("Action " + what + " of " + value.length()
                    + " characters is blank or longer than " + MAX_ID_LENGTH + ". Give a short stable name.");
        }
        if (value.chars().anyMatch(Character::isISOControl) || hasLoneSurrogate(value)) {
            throw new IllegalArgumentException("Action " + what
                    + " holds a control character or half a surrogate pair, which evidence cannot carry. Remove it.");
        }
        return value;
    }

    private static boolean hasLoneSurrogate(String value) {
        return value.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    /** A count of tokens from {@code least} to {@link Usage#MAX_COUNT}. */
    static long tokens(String what, long count, long least) {
        if (count < least) {
            throw new IllegalArgumentException("Action with " + count + " " + what + " tokens: at least " + least
                    + " is needed. Leave an unknown count out instead.");
        }
        if (count > Usage.MAX_COUNT) {
            throw new IllegalArgumentException("Action with " + count + " " + what + " tokens: at most "
                    + Usage.MAX_COUNT + " can be recorded. Leave an unknown count out instead.");
        }
        return count;
    }

    /** A run's planned steps, 1 or more. */
    static long steps(long count) {
        if (count < 1) {
            throw new IllegalArgumentException("Action with a plan of " + count
                    + " steps: at least 1 is needed. Leave an unknown plan out instead.");
        }
        return count;
    }

    /** A parameter of a model, 0 or more, without its trailing zeros. */
    static BigDecimal number(String what, BigDecimal value) {
        if (value.signum() < 0 || value.precision() > MAX_DIGITS || Math.abs(value.scale()) > MAX_DIGITS) {
            throw new IllegalArgumentException("Action " + what + " is negative or has more than " + MAX_DIGITS
                    + " digits: no provider takes it. Give a small number.");
        }
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    static void requireFew(Map<String, String> labels) {
        if (labels.size() > MAX_LABELS) {
            throw new IllegalArgumentException(
                    "Action has more than " + MAX_LABELS + " labels. Keep those a contract or report uses.");
        }
    }
}
