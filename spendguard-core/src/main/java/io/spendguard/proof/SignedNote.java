package io.spendguard.proof;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A text with signature lines, in the form of C2SP signed-note. The text says nothing until a known key's signature was
 * checked; lines of unknown keys are kept and not looked at.
 *
 * @param text what is signed; ends with a line feed
 * @param signatures the signature lines, in order
 */
public record SignedNote(String text, List<Signature> signatures) {
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_SIGNATURES = 64;
    private static final String DASH = "\u2014 ";

    /** Refuses what cannot be written as a note with {@link IllegalArgumentException}. */
    public SignedNote {
        signatures = List.copyOf(signatures);
        if (!text.endsWith("\n") || text.chars().anyMatch(c -> c < ' ' && c != '\n')) {
            throw new IllegalArgumentException(
                    "Note text does not end with a line feed or holds another control character. Write plain lines.");
        }
    }

    /** A text that nobody signed yet. */
    public static SignedNote of(String text) {
        return new SignedNote(text, List.of());
    }

    /** Reads a note; throws {@link IllegalArgumentException} when it has another form. */
    public static SignedNote parse(byte[] note) {
        if (note.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "Note has " + note.length + " bytes: at most " + MAX_BYTES + " are read.");
        }
        String whole;
        try {
            whole = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(note))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new IllegalArgumentException("Note is not UTF-8. Copy it whole.", notUtf8);
        }
        int blank = whole.lastIndexOf("\n\n");
        if (blank < 0 || !whole.endsWith("\n") || blank + 2 == whole.length()) {
            throw new IllegalArgumentException(
                    "Note has no signature lines after a blank line. Copy it whole, with its last line feed.");
        }
        List<Signature> signatures = new ArrayList<>();
        for (String line : whole.substring(blank + 2, whole.length() - 1).split("\n", -1)) {
            signatures.add(Signature.parse(line));
        }
        if (signatures.size() > MAX_SIGNATURES) {
            throw new IllegalArgumentException(
                    "Note has " + signatures.size() + " signatures: at most " + MAX_SIGNATURES + " are read.");
        }
        if (signatures.stream().distinct().count() != signatures.size()) {
            throw new IllegalArgumentException("Note has a signature line twice. Remove one of them.");
        }
        return new SignedNote(whole.substring(0, blank + 1), signatures);
    }

    /** This note, signed under a name by whoever keeps the log. */
    public SignedNote signedBy(String name, Signer signer) {
        NoteKey key = NoteKey.of(name, signer.verificationKey());
        byte[] raw = signer.sign(utf8(text));
        return with(new Signature(name, key.id(), key.kind() == NoteKey.Kind.ECDSA_SIGNATURE ? P256.toDer(raw) : raw));
    }

    /** This note, cosigned by a witness who vouches for having seen it at that time, in whole seconds. */
    public SignedNote cosignedBy(String name, Signer witness, Instant at) {
        NoteKey key = NoteKey.witness(name, witness.verificationKey());
        long seconds = at.getEpochSecond();
        byte[] signature = witness.sign(cosigned(seconds));
        return with(new Signature(
                name,
                key.id(),
                ByteBuffer.allocate(Long.BYTES + signature.length)
                        .putLong(seconds)
                        .put(signature)
                        .array()));
    }

    /** This note with one more signature line; the same note when it has that line. */
    public SignedNote with(Signature signature) {
        if (signatures.contains(signature)) {
            return this;
        }
        List<Signature> more = new ArrayList<>(signatures);
        more.add(signature);
        return new SignedNote(text, more);
    }

    /** Tells whether there is a line of this key and every line of it is good. */
    public boolean isSignedBy(NoteKey key) {
        List<Signature> lines = linesOf(key);
        return !lines.isEmpty() && lines.stream().allMatch(line -> isGood(key, line));
    }

    /** When the witness says it saw the note; empty without a line of it, or when one of its lines is not good. */
    public Optional<Instant> cosignedAt(NoteKey witness) {
        if (witness.kind() != NoteKey.Kind.COSIGNATURE || !isSignedBy(witness)) {
            return Optional.empty();
        }
        return Optional.of(Instant.ofEpochSecond(
                ByteBuffer.wrap(linesOf(witness).get(0).bytes()).getLong()));
    }

    /** The note's bytes. */
    public byte[] toBytes() {
        StringBuilder note = new StringBuilder(text).append('\n');
        for (Signature signature : signatures) {
            note.append(signature).append('\n');
        }
        return utf8(note.toString());
    }

    private List<Signature> linesOf(NoteKey key) {
        return signatures.stream()
                .filter(line -> line.name().equals(key.name()) && line.keyId() == key.id())
                .toList();
    }

    private boolean isGood(NoteKey key, Signature line) {
        byte[] bytes = line.bytes();
        return switch (key.kind()) {
            case SIGNATURE -> key.key().verify(utf8(text), bytes);
            case ECDSA_SIGNATURE -> isGoodDer(key, bytes);
            case COSIGNATURE -> {
                if (bytes.length <= Long.BYTES) {
                    yield false;
                }
                long seconds = ByteBuffer.wrap(bytes).getLong();
                yield seconds >= 0
                        && seconds <= Instant.MAX.getEpochSecond()
                        && key.key().verify(cosigned(seconds), Arrays.copyOfRange(bytes, Long.BYTES, bytes.length));
            }
        };
    }

    private boolean isGoodDer(NoteKey key, byte[] der) {
        try {
            return key.key().verify(utf8(text), P256.fromDer(der));
        } catch (IllegalArgumentException noSignature) {
            return false;
        }
    }

    private byte[] cosigned(long seconds) {
        return utf8("cosignature/v1\ntime " + seconds + "\n" + text);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * A signature line.
     *
     * @param name whose
     * @param keyId the key's four bytes
     * @param bytes the signature, in its kind's form
     */
    public record Signature(String name, int keyId, byte[] bytes) {
        /** Copies the bytes. */
        public Signature {
            bytes = bytes.clone();
        }

        /** Reads a line without its line feed; throws {@link IllegalArgumentException} when it has another form. */
        public static Signature parse(String line) {
            int space = line.lastIndexOf(' ');
            try {
                if (line.startsWith(DASH) && space > DASH.length()) {
                    String name = line.substring(DASH.length(), space);
                    ByteBuffer content = ByteBuffer.wrap(Base64.getDecoder().decode(line.substring(space + 1)));
                    int keyId = content.getInt();
                    byte[] bytes = new byte[content.remaining()];
                    content.get(bytes);
                    Signature signature = new Signature(name, keyId, bytes);
                    if (NoteKey.isName(name)
                            && bytes.length > 0
                            && signature.toString().equals(line)) {
                        return signature;
                    }
                }
            } catch (RuntimeException malformed) {
                throw new IllegalArgumentException("Signature line is damaged. Copy it whole.", malformed);
            }
            throw new IllegalArgumentException(
                    "Signature line is not a long dash, a name and base64, with a space between them. Copy it whole.");
        }

        /** A copy of the signature. */
        @Override
        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Signature that
                    && name.equals(that.name)
                    && keyId == that.keyId
                    && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + keyId;
        }

        /** The line. */
        @Override
        public String toString() {
            return DASH + name + " "
                    + Base64.getEncoder()
                            .encodeToString(ByteBuffer.allocate(Integer.BYTES + bytes.length)
                                    .putInt(keyId)
                                    .put(bytes)
                                    .array());
        }
    }
}
