package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One line of a package's events file: an event's exact bytes and its seal, in canonical JSON. Tenant and stream are
 * the file's; id and type repeat what the payload says, so that an event can be named when its payload cannot be read.
 *
 * @param id the event's id
 * @param type its CloudEvents type
 * @param payload its bytes, as text
 * @param seq see {@link SealedAuditEvent}, as for the others
 * @param chain the chain value
 * @param batchSize the batch's leaves
 * @param leafIndex this leaf
 * @param path its path
 * @param signature the batch's signature
 * @param keyId the key that signed
 * @param before in an excerpt, the chain value before this event, which binds its bytes to the seal; null elsewhere
 * @param inclusion in an excerpt with the log, the event's place under the checkpoint; null where it came later
 */
public record EventLine(
        UUID id,
        String type,
        String payload,
        long seq,
        Digest chain,
        int batchSize,
        int leafIndex,
        List<Digest> path,
        byte[] signature,
        String keyId,
        @Nullable Digest before,
        @Nullable LogInclusion inclusion) {
    /** How many members a line has that is not of an excerpt. */
    private static final int MEMBERS = 10;

    /** Copies the path. */
    public EventLine {
        path = List.copyOf(path);
    }

    /** A line of a whole stream, whose other lines show the rest. */
    public EventLine(
            UUID id,
            String type,
            String payload,
            long seq,
            Digest chain,
            int batchSize,
            int leafIndex,
            List<Digest> path,
            byte[] signature,
            String keyId) {
        this(id, type, payload, seq, chain, batchSize, leafIndex, path, signature, keyId, null, null);
    }

    /**
     * The line of a sealed event. A payload that is not UTF-8 any more (ours always was) is carried with replacement
     * characters: its digest is wrong before and after, and verification names it.
     */
    public static EventLine of(SealedAuditEvent sealed) {
        AuditEvent event = sealed.event();
        return new EventLine(
                event.id(),
                event.type(),
                new String(event.payload(), StandardCharsets.UTF_8),
                sealed.seq(),
                sealed.chain(),
                sealed.batchSize(),
                sealed.leafIndex(),
                sealed.path(),
                sealed.signature(),
                sealed.keyId());
    }

    /** The line in an excerpt: it proves itself. */
    public EventLine alone(Digest chainBefore, @Nullable LogInclusion place) {
        return new EventLine(
                id, type, payload, seq, chain, batchSize, leafIndex, path, signature, keyId, chainBefore, place);
    }

    /**
     * Reads a line without its line feed.
     *
     * @throws JsonException when it is not exactly the bytes that {@link #toBytes} writes for some event
     */
    public static EventLine parse(byte[] line) {
        JsonObject json = JsonObject.parseCanonical(line);
        if (json == null) {
            JsonObject.parse(line);
            throw notOurs();
        }
        try {
            boolean isAlone = json.has("before");
            boolean isIncluded = json.has("inclusion");
            if (json.size() != MEMBERS + (isAlone ? 1 : 0) + (isIncluded ? 1 : 0)) {
                throw notOurs();
            }
            return new EventLine(
                    id(json.string("id")),
                    json.string("type"),
                    json.string("payload"),
                    json.integer("seq"),
                    Digest.parse(json.string("chain")),
                    Math.toIntExact(json.integer("batchSize")),
                    Math.toIntExact(json.integer("leafIndex")),
                    digests(json.strings("path")),
                    signature(json.string("signature")),
                    json.string("keyId"),
                    isAlone ? Digest.parse(json.string("before")) : null,
                    isIncluded ? inclusion(json.object("inclusion")) : null);
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
    }

    private static UUID id(String text) {
        UUID id = UUID.fromString(text);
        if (!id.toString().equals(text)) {
            throw notOurs();
        }
        return id;
    }

    private static byte[] signature(String text) {
        byte[] signature = Base64.getDecoder().decode(text);
        if (!Base64.getEncoder().encodeToString(signature).equals(text)) {
            throw notOurs();
        }
        return signature;
    }

    private static LogInclusion inclusion(JsonObject json) {
        LogInclusion inclusion = LogInclusion.parse(json);
        if (!inclusion.toJson().equals(json)) {
            throw notOurs();
        }
        return inclusion;
    }

    private static List<Digest> digests(List<String> hexadecimal) {
        Digest[] digests = new Digest[hexadecimal.size()];
        for (int i = 0; i < digests.length; i++) {
            digests[i] = Digest.parse(hexadecimal.get(i));
        }
        return List.of(digests);
    }

    private static JsonException notOurs() {
        return new JsonException("The line is not canonical, or has members it should not have.");
    }

    /** The line's canonical bytes, without a line feed. */
    public byte[] toBytes() {
        return toJson().toCanonicalBytes();
    }

    private JsonObject toJson() {
        JsonObject json = JsonObject.create()
                .put("id", id.toString())
                .put("type", type)
                .put("payload", payload)
                .put("seq", seq)
                .put("chain", chain.hex())
                .put("batchSize", batchSize)
                .put("leafIndex", leafIndex)
                .put("path", path.stream().map(Digest::hex).toList())
                .put("signature", Base64.getEncoder().encodeToString(signature))
                .put("keyId", keyId)
                .putIfPresent("before", before == null ? null : before.hex());
        if (inclusion != null) {
            json.put("inclusion", inclusion.toJson());
        }
        return json;
    }

    /** The payload's bytes. */
    public byte[] payloadBytes() {
        return payload.getBytes(StandardCharsets.UTF_8);
    }
}
