package io.spendguard.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Writes values in RFC 8785 canonical form. */
final class CanonicalWriter {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    /** What a code point takes at most: an escape. */
    private static final int MOST_BYTES = 6;

    private byte[] out = new byte[1024];
    private int length;

    private CanonicalWriter() {}

    /** The bytes of an object; throws {@link JsonException} when a name or string has an unpaired surrogate. */
    static byte[] write(JsonObject object) {
        CanonicalWriter writer = new CanonicalWriter();
        writer.object(object);
        return Arrays.copyOf(writer.out, writer.length);
    }

    /** The letter after the backslash in a control character's short escape; 0 when it has none. */
    static char shortEscape(int control) {
        return switch (control) {
            case '\b' -> 'b';
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\f' -> 'f';
            case '\r' -> 'r';
            default -> 0;
        };
    }

    private void object(JsonObject object) {
        put('{');
        for (int i = 0; i < object.size(); i++) {
            if (i > 0) {
                put(',');
            }
            string(object.name(i));
            put(':');
            value(object.value(i));
        }
        put('}');
    }

    private void value(Object value) {
        if (value instanceof String text) {
            string(text);
        } else if (value instanceof JsonObject object) {
            object(object);
        } else if (value instanceof List<?> list) {
            list(list);
        } else {
            put(
                    value instanceof Boolean isTrue
                            ? isTrue ? TRUE : FALSE
                            : value.toString().getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void list(List<?> list) {
        put('[');
        for (int i = 0; i < list.size(); i++) {
            if (i > 0) {
                put(',');
            }
            value(list.get(i));
        }
        put(']');
    }

    private void string(String text) {
        room(text.length() + 2);
        out[length++] = '"';
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit < 0x80 && unit >= ' ' && unit != '"' && unit != '\\') {
                out[length++] = (byte) unit;
            } else {
                room(MOST_BYTES + text.length() - i);
                i += Character.charCount(special(text, i)) - 1;
            }
        }
        out[length++] = '"';
    }

    /** Writes what is not one byte that stands for itself, and returns the code point. */
    private int special(String text, int index) {
        int point = text.codePointAt(index);
        if (point < 0x80) {
            out[length++] = '\\';
            if (point >= ' ') {
                out[length++] = (byte) point;
            } else {
                control(point);
            }
        } else if (point < 0x800) {
            out[length++] = (byte) (0xc0 | (point >> 6));
            continued(point, 0);
        } else if (point <= Character.MAX_VALUE) {
            if (Character.isSurrogate((char) point)) {
                throw new JsonException(
                        "A name or string holds an unpaired surrogate: UTF-8 cannot carry it. Remove it.");
            }
            out[length++] = (byte) (0xe0 | (point >> 12));
            continued(point, 6);
            continued(point, 0);
        } else {
            out[length++] = (byte) (0xf0 | (point >> 18));
            continued(point, 12);
            continued(point, 6);
            continued(point, 0);
        }
        return point;
    }

    private void continued(int point, int shift) {
        out[length++] = (byte) (0x80 | ((point >> shift) & 0x3f));
    }

    /** What follows the backslash of a control character. */
    private void control(int control) {
        char letter = shortEscape(control);
        if (letter != 0) {
            out[length++] = (byte) letter;
            return;
        }
        out[length++] = 'u';
        out[length++] = '0';
        out[length++] = '0';
        out[length++] = HEX[control >> 4];
        out[length++] = HEX[control & 0xf];
    }

    private void put(char ascii) {
        room(1);
        out[length++] = (byte) ascii;
    }

    private void put(byte[] ascii) {
        room(ascii.length);
        System.arraycopy(ascii, 0, out, length, ascii.length);
        length += ascii.length;
    }

    private void room(int bytes) {
        int needed = Math.addExact(length, bytes);
        if (needed > out.length) {
            out = Arrays.copyOf(out, Math.max(needed, 2 * out.length));
        }
    }
}
