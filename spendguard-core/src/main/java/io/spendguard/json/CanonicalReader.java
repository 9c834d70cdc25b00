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
    private static final byte[] NONE = {};
    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
    private static final byte[] ZEROS = {'0', '0'};
    private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
    /** More digits than an exact integer has; this many fit into a long. */
    private static final int MAX_DIGITS = 17;

    private final byte[] json;
    private int at;
    /** Takes what strings with escapes stand for, which is shorter than they are; as long as the text, once one is met. */
    private byte[] unescaped = NONE;

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
        int end = Math.min(json.length, start + MAX_DIGITS);
        int next = start;
        long value = 0;
        while (next < end && json[next] >= '0' && json[next] <= '9') {
            value = 10 * value + json[next++] - '0';
        }
        at = next;
        boolean isPlain = next > start && (json[start] != '0' || (next - start == 1 && !isNegative));
        return isPlain && value <= JsonObject.MAX_INTEGER ? (isNegative ? -value : value) : null;
    }

    /** At a quotation mark. */
    private @Nullable String string() {
        byte[] text = json;
        int start = at + 1;
        int signs = 0;
        for (int next = start; next < text.length; next++) {
            byte unit = text[next];
            signs |= unit;
            if (unit == '"') {
                at = next + 1;
                return signs >= 0 ? ascii(text, start, next - start) : decoded(text, start, next - start);
            }
            if (unit == '\\') {
                at = next;
                return escaped(start, signs);
            }
            if (unit >= 0 && unit < ' ') {
                return null;
            }
        }
        return null;
    }

    /**
     * The rest of a string that began at {@code start}, from its first escape on.
     *
     * @param signsBefore negative when a byte before it is no ASCII
     */
    private @Nullable String escaped(int start, int signsBefore) {
        byte[] from = json;
        if (unescaped.length == 0) {
            unescaped = new byte[from.length];
        }
        byte[] text = unescaped;
        int next = at;
        int length = next - start;
        System.arraycopy(from, start, text, 0, length);
        int signs = signsBefore;
        while (next < from.length) {
            byte unit = from[next++];
            if (unit == '"') {
                at = next;
                return signs >= 0 ? ascii(text, 0, length) : decoded(text, 0, length);
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
            signs |= unit;
            text[length++] = unit;
        }
        return null;
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
