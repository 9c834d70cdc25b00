package io.spendguard.model;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A SHA-256 digest: names a contract, a price book or an event by its content.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class Digest {
    private static final int BYTES = 32;
    private static final MessageDigest BLANK = lookedUp();
    private final byte[] bytes;

    private Digest(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Hashes the parts as if they were one array. */
    public static Digest sha256(byte[]... parts) {
        MessageDigest sha = newSha256();
        for (byte[] part : parts) {
            sha.update(part);
        }
        return new Digest(sha.digest());
    }

    /** A fresh SHA-256 computation, for callers that hash piece by piece. */
    public static MessageDigest newSha256() {
        try {
            return (MessageDigest) BLANK.clone(); // looking for the provider's each time takes longer than a short hash
        } catch (CloneNotSupportedException thisProvidersIsNot) {
            return lookedUp();
        }
    }

    private static MessageDigest lookedUp() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java platform has no SHA-256, which every platform must have.", e);
        }
    }

    /**
     * Wraps 32 bytes.
     *
     * @throws IllegalArgumentException when there are not exactly 32
     */
    public static Digest of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException(
                    "A SHA-256 digest has 32 bytes, not " + bytes.length + ". Pass the whole digest.");
        }
        return new Digest(bytes.clone());
    }

    /**
     * Reads 64 lower-case hexadecimal digits.
     *
     * @throws IllegalArgumentException when the text has another form
     */
    public static Digest parse(String hex) {
        byte[] bytes = new byte[BYTES];
        int wrong = hex.length() ^ 2 * BYTES;
        for (int i = 0; i < BYTES && wrong == 0; i++) {
            int octet = digit(hex.charAt(2 * i)) << 4 | digit(hex.charAt(2 * i + 1));
            wrong = octet & ~0xff;
            bytes[i] = (byte) octet;
        }
        if (wrong != 0) {
            throw new IllegalArgumentException(
                    "Digest '" + hex + "' is not 64 lower-case hexadecimal digits. Copy it whole.");
        }
        return new Digest(bytes);
    }

    /** Negative for what is no lower-case hexadecimal digit. */
    private static int digit(char digit) {
        if (digit >= '0' && digit <= '9') {
            return digit - '0';
        }
        return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
    }

    /** A copy of the 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The digest as 64 lower-case hexadecimal digits. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** The hexadecimal form. */
    @Override
    public String toString() {
        return hex();
    }
}
