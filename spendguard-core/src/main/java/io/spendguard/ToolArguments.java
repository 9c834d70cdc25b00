package io.spendguard;

import io.spendguard.json.CanonicalJson;
import io.spendguard.json.JsonException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/** A tool call's arguments as an adapter finds them in a model's answer. */
public final class ToolArguments {
    /** What a double tells apart, in decimal digits (IEEE 754, binary64). */
    private static final int DOUBLE_DIGITS = 15;

    /** Beyond this a number stands for itself, as it is written. */
    private static final int LONGEST_NUMBER = 1_000;

    private ToolArguments() {}

    /**
     * The content of an action that calls a tool with these arguments: the same text for the same arguments, in whatever order,
     * spacing, escapes or form of number and letter the model wrote them. Numbers are compared exactly, however many digits they have. What
     * is no JSON is its own content.
     */
    public static String content(@Nullable String json) {
        String text = Normalizer.normalize(String.valueOf(json), Normalizer.Form.NFC);
        try {
            String canonical = new String(
                    CanonicalJson.canonicalize(withExactNumbers(text).getBytes(StandardCharsets.UTF_8)),
                    StandardCharsets.UTF_8);
            // Once more, for letters that had been escapes.
            return Normalizer.normalize(canonical, Normalizer.Form.NFC);
        } catch (JsonException noJson) {
            return text.strip();
        }
    }

    /** Canonical JSON makes doubles of numbers; those that a double would blur become texts before. */
    private static String withExactNumbers(String json) {
        StringBuilder exact = new StringBuilder(json.length());
        int at = 0;
        while (at < json.length()) {
            int end = json.charAt(at) == '"' ? endOfText(json, at) : endOfNumber(json, at);
            String part = json.substring(at, Math.max(end, at + 1));
            exact.append(part.charAt(0) != '"' && isBeyondDoubles(part) ? asText(part) : part);
            at += part.length();
        }
        return exact.toString();
    }

    private static int endOfText(String json, int start) {
        int at = start + 1;
        while (at < json.length() && json.charAt(at) != '"') {
            at += json.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, json.length());
    }

    private static int endOfNumber(String json, int start) {
        int at = start;
        while (at < json.length() && "+-.eE0123456789".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    /** By the digits that count: neither zeros around them nor the exponent's. */
    private static boolean isBeyondDoubles(String part) {
        return part.length() > LONGEST_NUMBER || (part.length() > DOUBLE_DIGITS && digits(part) > DOUBLE_DIGITS);
    }

    private static int digits(String number) {
        return number.replaceFirst("[eE].*", "")
                .replace(".", "")
                .replaceFirst("^[-+0]+", "")
                .replaceFirst("0+$", "")
                .length();
    }

    private static String asText(String number) {
        if (number.length() > LONGEST_NUMBER) {
            return "\"\\u0000" + number + '"';
        }
        try {
            return "\"\\u0000" + new BigDecimal(number).stripTrailingZeros() + '"';
        } catch (NumberFormatException noNumber) {
            return number;
        }
    }
}
