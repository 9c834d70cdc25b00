package io.spendguard.evidence;

import io.spendguard.model.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * Commits to personal values: SHA-256 over a domain tag, a fresh random salt and the value, each preceded by its length.
 * Two commitments to one value do not show that they are.
 *
 * <p>As safe for several threads as its random source; {@link #system()} is for any number.
 */
public final class Commitments {
    private static final byte[] TAG = Framing.tag("spendguard:commitment:v1");
    private static final int SALT_BYTES = 16;

    private final RandomGenerator random;

    private Commitments(RandomGenerator random) {
        this.random = random;
    }

    /** Salts from the platform's secure random source. */
    public static Commitments system() {
        return new Commitments(new SecureRandom());
    }

    /** Salts from the given source; one that can be guessed reveals the values. */
    public static Commitments of(RandomGenerator random) {
        return new Commitments(Objects.requireNonNull(random, "random"));
    }

    /** Commits to a value with a salt of its own. */
    public PersonalValue commit(String value) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return new PersonalValue(commitment(value, salt), value, salt);
    }

    static Digest commitment(String value, byte[] salt) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        ByteBuffer framed = ByteBuffer.allocate(TAG.length + Framing.size(salt) + Framing.size(utf8))
                .put(TAG);
        Framing.put(framed, salt);
        Framing.put(framed, utf8);
        return Digest.sha256(framed.array());
    }
}
