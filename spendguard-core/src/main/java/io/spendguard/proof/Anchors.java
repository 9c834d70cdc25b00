package io.spendguard.proof;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys an auditor trusts, obtained by another way than the evidence itself. Nothing is proved by a key that is not
 * among them.
 *
 * <p>Kept as canonical JSON: {@code {"format":"spendguard.anchors.v1","keys":[{"algorithm","id","publicKey"}]}} with the
 * public key in base64; {@code "log":{"origin","size","root"}} is the last checkpoint its holder saw of the log,
 * {@code "witnesses"} lists verifier keys whose cosignatures he asks for, and {@code "revocations":[{"key","size"}]} from
 * which checkpoint on a key proves nothing more. Immutable; safe for any number of threads.
 */
public final class Anchors {
    private static final String FORMAT = "spendguard.anchors.v1";
    private static final List<String> MEMBERS = List.of("format", "keys", "log", "witnesses", "revocations");
    private static final long MAX_BYTES = 16L * 1024 * 1024;
    /** Public, but whoever may write it decides what is trusted. */
    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-r--r--");

    private final Map<String, VerificationKey> keys;
    private final @Nullable Checkpoint log;
    private final List<NoteKey> witnesses;
    /** By key id: how many heads of the log it may have signed at most. */
    private final Map<String, Long> revocations;

    private Anchors(
            Map<String, VerificationKey> keys,
            @Nullable Checkpoint log,
            List<NoteKey> witnesses,
            Map<String, Long> revocations) {
        this.keys = keys;
        this.log = log;
        this.witnesses = witnesses;
        this.revocations = revocations;
    }

    /** Trust in these keys only. */
    public static Anchors of(VerificationKey... keys) {
        return of(List.of(keys));
    }

    /** Trust in these keys only. */
    public static Anchors of(Collection<VerificationKey> keys) {
        Map<String, VerificationKey> byId = new LinkedHashMap<>();
        keys.forEach(key -> byId.put(key.id(), key));
        return new Anchors(byId, null, List.of(), Map.of());
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
            return parse(file, Files.readAllBytes(file));
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
        return new Anchors(more, log, witnesses, revocations);
    }

    /** These anchors after another checkpoint of the log was seen; a later package must continue it. */
    public Anchors with(Checkpoint seen) {
        return new Anchors(keys, Objects.requireNonNull(seen, "seen"), witnesses, revocations);
    }

    /** These anchors and a witness whose cosignature is asked for; throws {@link IllegalArgumentException} for others. */
    public Anchors withWitness(NoteKey witness) {
        if (witness.kind() != NoteKey.Kind.COSIGNATURE) {
            throw new IllegalArgumentException("Verifier key of '" + witness.name()
                    + "' is a log's: a witness has one of type 4. Ask the witness for its own.");
        }
        List<NoteKey> more = new ArrayList<>(witnesses);
        if (!more.contains(witness)) {
            more.add(witness);
        }
        return new Anchors(keys, log, List.copyOf(more), revocations);
    }

    /**
     * These anchors, in which a key proves nothing from a position of the log on: not what its checkpoint of that size does
     * not cover, and not by certificates either. It goes on proving what lies before. The key need not be anchored itself: a
     * certified key is revoked alike. A revocation never moves to a later position.
     *
     * @param keyId the key's id
     * @param size how many heads the log had then; 0 when the key never proved anything
     * @throws IllegalArgumentException when the size is negative
     */
    public Anchors revoke(String keyId, long size) {
        if (size < 0) {
            throw new IllegalArgumentException(
                    "Revocation of key '" + keyId + "' at " + size + " heads: a log has none or more. Give its size.");
        }
        Map<String, Long> more = new LinkedHashMap<>(revocations);
        more.merge(keyId, size, Math::min);
        return new Anchors(keys, log, witnesses, Collections.unmodifiableMap(more));
    }

    /** From which size of the log on the key proves nothing; empty when it was not revoked. */
    public OptionalLong revokedAt(String keyId) {
        Long size = revocations.get(keyId);
        return size == null ? OptionalLong.empty() : OptionalLong.of(size);
    }

    /** By key id: from which size of the log on it proves nothing. */
    public Map<String, Long> revocations() {
        return revocations;
    }

    /**
     * These anchors and the key that follows one of them.
     *
     * @throws AnchorsException when the old key is not anchored, was revoked, or did not sign the statement
     */
    public Anchors adopt(KeySuccession succession) {
        String old = succession.predecessor();
        VerificationKey predecessor = keys.get(old);
        if (predecessor == null) {
            throw new AnchorsException("Key '" + succession.key().id() + "' follows '" + old
                    + "', which these anchors do not hold: it proves nothing. Get the key from its owner.");
        }
        if (revocations.containsKey(old)) {
            throw new AnchorsException("Key '" + succession.key().id() + "' follows '" + old
                    + "', which was revoked: whoever stole it could have said so. Get the key from its owner.");
        }
        if (!succession.isSignedBy(predecessor)) {
            throw new AnchorsException(
                    "The statement that key '" + succession.key().id() + "' follows '" + old
                            + "' is not what that key signed. Get it from its owner once more.");
        }
        return with(succession.key());
    }

    /** The last checkpoint that was seen of the log; empty before the first. */
    public Optional<Checkpoint> log() {
        return Optional.ofNullable(log);
    }

    /** The witnesses whose cosignatures are asked for, all of them. */
    public List<NoteKey> witnesses() {
        return witnesses;
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
        List<JsonObject> list = keys.values().stream().map(Keys::toJson).toList();
        JsonObject json = JsonObject.create().put("format", FORMAT).put("keys", list);
        if (log != null) {
            json.put(
                    "log",
                    JsonObject.create()
                            .put("origin", log.origin())
                            .put("size", log.size())
                            .put("root", log.root().hex()));
        }
        if (!witnesses.isEmpty()) {
            json.put("witnesses", witnesses.stream().map(NoteKey::toString).toList());
        }
        if (!revocations.isEmpty()) {
            json.put(
                    "revocations",
                    revocations.entrySet().stream()
                            .map(revoked -> JsonObject.create()
                                    .put("key", revoked.getKey())
                                    .put("size", revoked.getValue()))
                            .toList());
        }
        return json.toCanonicalBytes();
    }

    /** What is misspelt here would be trust that somebody believes to have taken away. */
    private static void requireKnown(Path file, JsonObject json) {
        json.names().stream()
                .filter(name -> !MEMBERS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new AnchorsException("Anchors file " + file + " has a member '" + name
                            + "', which is none of " + MEMBERS + ". Correct its name, or remove it.");
                });
    }

    private static Anchors parse(Path file, byte[] content) {
        try {
            JsonObject json = JsonObject.parse(content);
            if (!FORMAT.equals(json.string("format"))) {
                throw new AnchorsException("Anchors file " + file + " has format '" + json.string("format") + "': only "
                        + FORMAT + " is read. Use a version that knows it.");
            }
            requireKnown(file, json);
            List<VerificationKey> keys =
                    json.objects("keys").stream().map(Keys::parse).toList();
            if (keys.stream().map(VerificationKey::id).distinct().count() != keys.size()) {
                throw new AnchorsException("Anchors file " + file + " names a key twice. Remove one of them.");
            }
            Anchors anchors = of(keys);
            if (json.has("log")) {
                JsonObject log = json.object("log");
                anchors = anchors.with(
                        new Checkpoint(log.string("origin"), log.integer("size"), Digest.parse(log.string("root"))));
            }
            if (json.has("witnesses")) {
                for (String witness : json.strings("witnesses")) {
                    anchors = anchors.withWitness(NoteKey.parse(witness));
                }
            }
            if (json.has("revocations")) {
                for (JsonObject revoked : json.objects("revocations")) {
                    anchors = anchors.revoke(revoked.string("key"), revoked.integer("size"));
                }
            }
            return anchors;
        } catch (JsonException malformed) {
            throw new AnchorsException("Anchors file " + file + " is malformed: " + malformed.getMessage(), malformed);
        } catch (IllegalArgumentException badKey) {
            throw new AnchorsException("Anchors file " + file + " holds a bad key: " + badKey.getMessage(), badKey);
        }
    }
}
