package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is left of an event whose period was closed and dropped. The digest is what chain and log prove; type and decision are the
 * ledger's word, and the archive's to show.
 *
 * @param tenant whose
 * @param stream its stream
 * @param seq its position there, from 1
 * @param digest the SHA-256 of the bytes it had
 * @param type its type
 * @param decision whose decision it told of, or null
 * @param isFinal whether it was a decision's final outcome
 */
public record DroppedEvent(
        String tenant,
        UUID stream,
        long seq,
        Digest digest,
        String type,
        @Nullable UUID decision,
        boolean isFinal) {
    /** Refuses a position below 1 with {@link IllegalArgumentException}. */
    public DroppedEvent {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(digest, "digest");
        Objects.requireNonNull(type, "type");
        if (seq < 1) {
            throw new IllegalArgumentException("Position " + seq + " is none: they count from 1.");
        }
    }

    /** Reads a line of a package's file of dropped events; throws {@link JsonException} when it has another form. */
    public static DroppedEvent parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        DroppedEvent event;
        try {
            String decision = json.stringOrNull("decision");
            event = new DroppedEvent(
                    json.string("tenant"),
                    UUID.fromString(json.string("stream")),
                    json.integer("seq"),
                    Digest.parse(json.string("digest")),
                    json.string("type"),
                    decision == null ? null : UUID.fromString(decision),
                    json.bool("final"));
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(event.toBytes(), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return event;
    }

    /** The line's canonical bytes, without a line feed. */
    public byte[] toBytes() {
        return JsonObject.create()
                .put("tenant", tenant)
                .put("stream", stream.toString())
                .put("seq", seq)
                .put("digest", digest.hex())
                .put("type", type)
                .putIfPresent("decision", decision == null ? null : decision.toString())
                .put("final", isFinal)
                .toCanonicalBytes();
    }
}
