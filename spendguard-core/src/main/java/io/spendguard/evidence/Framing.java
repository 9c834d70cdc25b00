package io.spendguard.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes fields with their length before them, so that no two field lists have the same bytes. */
final class Framing {
    private Framing() {}

    /** A domain tag as a framed field: it keeps bytes hashed or signed for one purpose from passing for another. */
    static byte[] tag(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer framed = ByteBuffer.allocate(size(utf8));
        put(framed, utf8);
        return framed.array();
    }

    static int size(byte[] field) {
        return Integer.BYTES + field.length;
    }

    static void put(ByteBuffer target, byte[] field) {
        target.putInt(field.length).put(field);
    }
}
