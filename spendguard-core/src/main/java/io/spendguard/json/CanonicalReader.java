package io.spendguard.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads texts that are canonical byte for byte, and no others. Canonical JSON has one way to write each value, so that whatever
 * deviates from it can be given up at the first byte, without a reason: {@link JsonObject#parse} finds that.
 */
final class CanonicalReader {
    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
    private static final byte[] ZEROS = {'0', '0'};
    private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
    /** More digits than an exact integer has; this many fit into a long. */
    private static final int MAX_DIGITS = 17;

    private final byte[] json;
    private int at;

    private CanonicalReader(byte[] json) {
        this.json = json;
    }

    /** The object whose canonical bytes these are; null when there is none. */
    static @Nullable JsonObject read(byte[] json) {
        CanonicalReader reader = new CanonicalReader(json);
        return reader.value(0) instanceof JsonObject object && reader.at == json.length ? object : null;
    }

    private @Nullable Object value(int depth) {
        if (at == json.length) {
            return null;
        }
        return switch (json[at]) {
            case '{' -> object(depth + 1);
            case '[' -> list(depth + 1);
            case '"' -> string();
            case 't' -> take(TRUE) ? Boolean.TRUE : null;
            case 'f' -> take(FALSE) ? Boolean.FALSE : null;
            default -> integer();
        };
    }

    private @Nullable JsonObject object(int depth) {
        if (depth > StrictJson.MAX_DEPTH) {
            return null;
        }
        at++;
        JsonObject object = JsonObject.create();
        if (take('}')) {
            return object;
        }
        String last = null;
        do {
            String name = at < json.length && json[at] == '"' ? string() : null;
            if (name == null || (last != null && last.compareTo(name) >= 0) || !take(':')) {
                return null;
            }
            Object value = value(depth);
            if (value == null) {
                return null;
            }
            object.append(name, value);
            last = name;
        } while (take(','));
        return take('}') ? object.trim() : null;
    }

    private @Nullable List<Object> list(int depth) {
        if (depth > StrictJson.MAX_DEPTH) {
            return null;
        }
        at++;
        if (take(']')) {
            return List.of();
        }
        List<Object> list = new ArrayList<>(4);
        do {
            Object element = value(depth);
            if (element == null) {
                return null;
            }
            list.add(element);
        } while (take(','));
        return take(']') ? Collections.unmodifiableList(list) : null;
    }

    private @Nullable Long integer() {
        boolean isNegative = take('-');
        int start = at;
        long value = 0;
        while (at < json.length && json[at] >= '0' && json[at] <= '9' && at - start < MAX_DIGITS) {
            value = 10 * value + json[at++] - '0';
        }
        boolean isPlain = at > start && (json[start] != '0' || (at - start == 1 && !isNegative));
        return isPlain && value <= JsonObject.MAX_INTEGER ? (isNegative ? -value : value) : null;
    }

    /** At a quotation mark. */
    private @Nullable String string() {
        int start = ++at;
        boolean isAscii = true;
        for (; at < json.length; at++) {
            byte unit = json[at];
            if (unit == '"') {
                int length = at++ - start;
                return isAscii ? ascii(json, start, length) : decoded(json, start, length);
            }
            if (unit == '\\') {
                return escaped(start, isAscii);
            }
            if (unit >= 0 && unit < ' ') {
                return null;
            }
            isAscii &= unit >= 0;
        }
        return null;
    }

    /** The rest of a string that began at {@code start}, from its first escape on. */
    private @Nullable String escaped(int start, boolean wasAscii) {
        byte[] text = new byte[length(start)];
        int length = at - start;
        System.arraycopy(json, start, text, 0, length);
        boolean isAscii = wasAscii;
        int next = at;
        while (next < json.length) {
            byte unit = json[next++];
            if (unit == '"') {
                at = next;
                return isAscii ? new String(text, 0, length, StandardCharsets.ISO_8859_1) : decoded(text, 0, length);
            }
            if (unit >= 0 && unit < ' ') {
                return null;
            }
            if (unit == '\\') {
                at = next;
                unit = escape();
                next = at;
                if (unit < 0) {
                    return null;
                }
            }
            isAscii &= unit >= 0;
            text[length++] = unit;
        }
        return null;
    }

    /** How many bytes a string takes that began at {@code start}, with its escapes, which take more than what they stand for. */
    private int length(int start) {
        int end = at;
        while (end < json.length && json[end] != '"') {
            end += json[end] == '\\' ? 2 : 1;
        }
        return Math.min(end, json.length) - start;
    }

    /** What follows a backslash; -1 for what is written in another way. */
    private byte escape() {
        if (at == json.length) {
            return -1;
        }
        return switch (json[at++]) {
            case '"' -> '"';
            case '\\' -> '\\';
            case 'b' -> '\b';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'f' -> '\f';
            case 'r' -> '\r';
            case 'u' -> control();
            default -> -1;
        };
    }

    /** A control character without a short escape, as four lower-case hexadecimal digits. */
    private byte control() {
        if (!take(ZEROS) || at + 2 > json.length || (json[at] != '0' && json[at] != '1')) {
            return -1;
        }
        int high = json[at++] - '0';
        byte digit = json[at++];
        int low = digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
        int control = 16 * high + low;
        return low < 0 || CanonicalWriter.shortEscape(control) != 0 ? -1 : (byte) control;
    }

    private static String ascii(byte[] text, int from, int length) {
        return length == 0 ? "" : new String(text, from, length, StandardCharsets.ISO_8859_1);
    }

    private static @Nullable String decoded(byte[] utf8, int from, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8, from, length))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return null;
        }
    }

    private boolean take(byte[] expected) {
        for (byte letter : expected) {
            if (!take(letter)) {
                return false;
            }
        }
        return true;
    }

    private boolean take(int expected) {
        if (at < json.length && json[at] == expected) {
            at++;
            return true;
        }
        return false;
    }
}
