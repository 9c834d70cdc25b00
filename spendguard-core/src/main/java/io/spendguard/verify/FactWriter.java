package io.spendguard.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Writes one fact in few bytes; {@link FactReader} reads them in the same order. Not safe for several threads. */
final class FactWriter {
    private byte[] bytes = new byte[256];
    private int size;

    /** Forgets what was written. */
    FactWriter clear() {
        size = 0;
        return this;
    }

    /** A number of any size: the nearer to 0, the fewer bytes. */
    FactWriter number(long value) {
        require(10);
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    FactWriter flag(boolean value) {
        return number(value ? 1 : 0);
    }

    FactWriter id(UUID id) {
        require(2 * Long.BYTES);
        fixed(id.getMostSignificantBits());
        fixed(id.getLeastSignificantBits());
        return this;
    }

    FactWriter text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    FactWriter bytes(byte[] value) {
        number(value.length);
        require(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    /** What was written stands in the first {@link #size} of these. */
    byte[] bytes() {
        return bytes;
    }

    int size() {
        return size;
    }

    private void fixed(long bits) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (bits >>> shift);
        }
    }

    private void require(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), 2 * bytes.length));
        }
    }
}
