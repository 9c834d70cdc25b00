package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A key that signs notes under a name, as C2SP signed-note has it. Its text form is the verifier key that log tools
 * exchange: {@code name+id+key}, with the id in eight hexadecimal digits and type byte and key in base64.
 *
 * @param name whose key; without spaces and plus signs
 * @param kind what its signatures say
 * @param key the key
 */
public record NoteKey(String name, Kind kind, VerificationKey key) {
    /** Refuses names that a note cannot carry, and keys of another algorithm, with {@link IllegalArgumentException}. */
    public NoteKey {
        Objects.requireNonNull(kind, "kind");
        if (!isName(name)) {
            throw new IllegalArgumentException("Note key name '" + name
                    + "' is empty or holds a space, control character or plus sign. Use a name like example.com/log.");
        }
        if (!key.algorithm().equals(kind.algorithm)) {
            throw new IllegalArgumentException("Note key '" + name + "' is of algorithm " + key.algorithm() + ": a "
                    + kind + " is made with " + kind.algorithm + ". Use such a key.");
        }
    }

    /** The key of whoever signs checkpoints under a log's name, of either algorithm. */
    public static NoteKey of(String name, VerificationKey key) {
        return new NoteKey(
                name, key.algorithm().equals(VerificationKey.ED25519) ? Kind.SIGNATURE : Kind.ECDSA_SIGNATURE, key);
    }

    /** The key of a witness, who says when it saw a checkpoint. */
    public static NoteKey witness(String name, VerificationKey key) {
        return new NoteKey(name, Kind.COSIGNATURE, key);
    }

    /** Reads the text form; throws {@link IllegalArgumentException} when it has another form or its id is not the key's. */
    public static NoteKey parse(String text) {
        String[] parts = text.split("\\+", 3);
        try {
            byte[] typed = Base64.getDecoder().decode(parts[2]);
            NoteKey key = of(parts[0], typed);
            if (key.toString().equals(text)) {
                return key;
            }
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException(
                    "Verifier key '" + text + "' is not of the form name+id+key. Copy it whole.", malformed);
        }
        throw new IllegalArgumentException(
                "Verifier key '" + text + "' has another id than its name and key give. Copy it whole.");
    }

    /** The four bytes that name the key in a signature line. */
    public int id() {
        byte[] hash = kind == Kind.ECDSA_SIGNATURE
                ? Digest.sha256(encoded()).bytes()
                : Digest.sha256(
                                (name + "\n").getBytes(StandardCharsets.UTF_8),
                                new byte[] {(byte) kind.type},
                                key.bytes())
                        .bytes();
        return ByteBuffer.wrap(hash).getInt();
    }

    /** The text form. */
    @Override
    public String toString() {
        ByteArrayOutputStream typed = new ByteArrayOutputStream();
        typed.write(kind.type);
        typed.writeBytes(encoded());
        return name + "+" + HexFormat.of().toHexDigits(id()) + "+"
                + Base64.getEncoder().encodeToString(typed.toByteArray());
    }

    static boolean isName(String name) {
        return !name.isEmpty()
                && name.chars()
                        .noneMatch(c -> c == '+'
                                || Character.isISOControl(c)
                                || Character.isWhitespace(c)
                                || Character.isSpaceChar(c));
    }

    private static NoteKey of(String name, byte[] typed) {
        byte[] encoded = Arrays.copyOfRange(typed, 1, typed.length);
        for (Kind kind : Kind.values()) {
            if (kind.type == typed[0]) {
                return new NoteKey(
                        name,
                        kind,
                        kind == Kind.ECDSA_SIGNATURE
                                ? VerificationKey.p256(P256.fromSpki(encoded))
                                : VerificationKey.ed25519(encoded));
            }
        }
        throw new IllegalArgumentException("Signature type " + typed[0] + " is unknown.");
    }

    private byte[] encoded() {
        return kind == Kind.ECDSA_SIGNATURE ? P256.toSpki(key.bytes()) : key.bytes();
    }

    /** What a signature line says. */
    public enum Kind {
        /** The log signed the text (Ed25519, type 1). */
        SIGNATURE(1, VerificationKey.ED25519),
        /** The log signed the text (ECDSA in DER, type 2). */
        ECDSA_SIGNATURE(2, VerificationKey.P256_ECDSA),
        /** A witness saw the text at a time, and that it continues what it saw before (Ed25519, type 4). */
        COSIGNATURE(4, VerificationKey.ED25519);

        private final int type;
        private final String algorithm;

        Kind(int type, String algorithm) {
            this.type = type;
            this.algorithm = algorithm;
        }
    }
}
