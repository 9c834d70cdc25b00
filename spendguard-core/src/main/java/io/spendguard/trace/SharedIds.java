package io.spendguard.trace;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.jspecify.annotations.Nullable;

/**
 * Derives ids from what they name, the way SpendGuard implementations in other languages do: an agent that moves between
 * them keeps its idempotency keys. BLAKE2b with 16 bytes throughout; pure functions of their arguments.
 */
public final class SharedIds {
    private static final int BYTES = 16;

    private SharedIds() {}

    /** The key of one call within one step of a run: {@code sg-} and 32 hexadecimal digits. */
    public static String idempotencyKey(
            String tenant, String session, String run, String step, String call, String trigger) {
        return "sg-"
                + HexFormat.of()
                        .formatHex(blake2b(String.join("\u001f", "v1", tenant, session, run, step, call, trigger)));
    }

    /** The id that a signature has in a scope such as {@code decision_id}, shaped as a UUID of version 4. */
    public static UUID uuid(String signature, String scope) {
        ByteBuffer hash = ByteBuffer.wrap(blake2b(scope + "|" + signature));
        long high = (hash.getLong() & 0xffff_ffff_ffff_0fffL) | 0x4000L;
        long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    /** The signature of an agent's turn: 32 hexadecimal digits over its input as a quoted literal and its instructions. */
    public static String agentSignature(String input, @Nullable String instructions) {
        return HexFormat.of().formatHex(blake2b(quoted(input) + "|" + (instructions == null ? "" : instructions)));
    }

    /** As Python writes a string literal; input beyond plain text may be written differently there. */
    private static String quoted(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder literal = new StringBuilder().append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> literal.append("\\n");
                case '\r' -> literal.append("\\r");
                case '\t' -> literal.append("\\t");
                case '\\' -> literal.append("\\\\");
                default -> {
                    if (c == quote) {
                        literal.append('\\').appendCodePoint(c);
                    } else if (Character.isISOControl(c)) {
                        literal.append(String.format(Locale.ROOT, "\\x%02x", c));
                    } else {
                        literal.appendCodePoint(c);
                    }
                }
            }
        });
        return literal.append(quote).toString();
    }

    private static byte[] blake2b(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        Blake2bDigest digest = new Blake2bDigest(BYTES * 8);
        digest.update(utf8, 0, utf8.length);
        byte[] hash = new byte[BYTES];
        digest.doFinal(hash, 0);
        return hash;
    }
}
