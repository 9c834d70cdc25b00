package io.spendguard.proof;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The keys an auditor trusts, obtained by another way than the evidence itself. Nothing is proved by a key that is not
 * among them.
 *
 * <p>Kept as canonical JSON: {@code {"format":"spendguard.anchors.v1","keys":[{"algorithm","id","publicKey"}]}} with the
 * public key in base64. Immutable; safe for any number of threads.
 */
public final class Anchors {
    private static final String FORMAT = "spendguard.anchors.v1";
    private static final long MAX_BYTES = 16L * 1024 * 1024;
    /** Public, but whoever may write it decides what is trusted. */
    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-r--r--");

    private final Map<String, VerificationKey> keys;

    private Anchors(Map<String, VerificationKey> keys) {
        this.keys = keys;
    }

    /** Trust in these keys only. */
    public static Anchors of(VerificationKey... keys) {
        return of(List.of(keys));
    }

    /** Trust in these keys only. */
    public static Anchors of(Collection<VerificationKey> keys) {
        Map<String, VerificationKey> byId = new LinkedHashMap<>();
        keys.forEach(key -> byId.put(key.id(), key));
        return new Anchors(byId);
    }

    /**
     * Reads a trust file.
     *
     * @throws AnchorsException when it is missing, unreadable, or not of the form described here
     */
    public static Anchors load(Path file) {
        Objects.requireNonNull(file, "file");
        try {
            if (Files.isDirectory(file)) {
                throw new AnchorsException("Anchors file " + file + " is a directory. Name the file itself.");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new AnchorsException("Anchors file " + file + " has " + Files.size(file) + " bytes: at most "
                        + MAX_BYTES + " are read. Name the trust file.");
            }
            return of(parse(file, Files.readAllBytes(file)));
        } catch (NoSuchFileException missing) {
            throw new AnchorsException(
                    "Anchors file " + file
                            + " does not exist. Take it from where the key was made, not from the evidence.",
                    missing);
        } catch (AccessDeniedException denied) {
            throw new AnchorsException(
                    "Anchors file " + file + " cannot be read by this process. Give it read permission.", denied);
        } catch (IOException failed) {
            throw new AnchorsException("Anchors file " + file + " cannot be read: " + failed + ".", failed);
        }
    }

    /**
     * Adds a key to a trust file, which is made where there is none. Readers see the file before or after, never half.
     * Two processes that add at the same time may lose one key: add again, it does no harm.
     *
     * @throws AnchorsException when the file is there but malformed, or cannot be written; it is as before
     */
    public static Anchors add(Path file, VerificationKey key) {
        Anchors before = Files.exists(file) ? load(file) : of();
        Anchors after = before.with(key);
        if (before.keys.size() != after.keys.size()) {
            after.write(file);
        }
        return after;
    }

    /** These keys and one more. */
    public Anchors with(VerificationKey key) {
        Map<String, VerificationKey> more = new LinkedHashMap<>(keys);
        more.put(key.id(), key);
        return new Anchors(more);
    }

    /**
     * Writes the trust file in one step, replacing what is there; its directory is made where there is none.
     *
     * @throws AnchorsException when it cannot be written; what was there stays
     */
    public void write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            AtomicFile.replace(file, toBytes(), MODE);
        } catch (IOException failed) {
            throw new AnchorsException(
                    "Anchors file " + file + " cannot be written: " + failed + ". Make its directory writable.",
                    failed);
        }
    }

    /** The trusted keys, in the file's order. */
    public List<VerificationKey> keys() {
        return List.copyOf(keys.values());
    }

    /** A trusted key by its id. */
    public Optional<VerificationKey> find(String id) {
        return Optional.ofNullable(keys.get(id));
    }

    private byte[] toBytes() {
        List<JsonObject> list = keys.values().stream().map(Anchors::toJson).toList();
        return JsonObject.create().put("format", FORMAT).put("keys", list).toCanonicalBytes();
    }

    private static JsonObject toJson(VerificationKey key) {
        return JsonObject.create()
                .put("id", key.id())
                .put("algorithm", key.algorithm())
                .put("publicKey", Base64.getEncoder().encodeToString(key.bytes()));
    }

    private static List<VerificationKey> parse(Path file, byte[] content) {
        try {
            JsonObject json = JsonObject.parse(content);
            if (!FORMAT.equals(json.string("format"))) {
                throw new AnchorsException("Anchors file " + file + " has format '" + json.string("format") + "': only "
                        + FORMAT + " is read. Use a version that knows it.");
            }
            List<VerificationKey> keys =
                    json.objects("keys").stream().map(Anchors::toKey).toList();
            if (keys.stream().map(VerificationKey::id).distinct().count() != keys.size()) {
                throw new AnchorsException("Anchors file " + file + " names a key twice. Remove one of them.");
            }
            return keys;
        } catch (JsonException malformed) {
            throw new AnchorsException("Anchors file " + file + " is malformed: " + malformed.getMessage(), malformed);
        } catch (IllegalArgumentException badKey) {
            throw new AnchorsException("Anchors file " + file + " holds a bad key: " + badKey.getMessage(), badKey);
        }
    }

    private static VerificationKey toKey(JsonObject json) {
        return new VerificationKey(
                json.string("id"), json.string("algorithm"), Base64.getDecoder().decode(json.string("publicKey")));
    }
}
