package io.spendguard.verify;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Reads what a {@link FactWriter} wrote, fact after fact. Not safe for several threads. */
final class FactReader {
    private final InputStream in;
    private final byte[] buffer = new byte[1 << 15];
    private int position;
    private int limit;

    FactReader(InputStream in) {
        this.in = in;
    }

    /** Tells whether there is anything left. */
    boolean hasMore() throws IOException {
        if (position == limit) {
            position = 0;
            limit = Math.max(0, in.read(buffer, 0, buffer.length));
        }
        return position < limit;
    }

    long number() throws IOException {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = next();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
    }

    boolean flag() throws IOException {
        return number() != 0;
    }

    UUID id() throws IOException {
        return new UUID(fixed(), fixed());
    }

    String text() throws IOException {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    byte[] bytes() throws IOException {
        byte[] value = new byte[Math.toIntExact(number())];
        for (int i = 0; i < value.length; i++) {
            value[i] = next();
        }
        return value;
    }

    private long fixed() throws IOException {
        long bits = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            bits = bits << 8 | (next() & 0xFF);
        }
        return bits;
    }

    private byte next() throws IOException {
        if (!hasMore()) {
            throw new EOFException("It ended inside a fact.");
        }
        return buffer[position++];
    }
}
