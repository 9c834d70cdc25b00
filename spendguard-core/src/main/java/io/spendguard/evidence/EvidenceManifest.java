package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an evidence package says it holds. Its exporter signs it.
 *
 * @param createdAt when the export ended
 * @param filter which events were exported
 * @param events how many events there are
 * @param files every other file but the signature, in order of name
 * @param streams every stream, in order of its file's name
 */
public record EvidenceManifest(
        Instant createdAt, EvidenceFilter filter, long events, List<File> files, List<Stream> streams) {
    private static final String FORMAT = "spendguard.evidence.v1";

    /** Copies the lists. */
    public EvidenceManifest {
        Objects.requireNonNull(filter, "filter");
        files = List.copyOf(files);
        streams = List.copyOf(streams);
    }

    /** The one tenant exported, or null for all. */
    public @Nullable String tenant() {
        return filter.tenant();
    }

    /** Reads a manifest; throws {@link JsonException} when it has another form. */
    public static EvidenceManifest parse(byte[] content) {
        JsonObject json = JsonObject.parse(content);
        if (!FORMAT.equals(json.string("format"))) {
            throw new JsonException("Format is '" + json.string("format") + "': only " + FORMAT
                    + " is read. Use a version that knows it.");
        }
        try {
            return new EvidenceManifest(
                    Instant.parse(json.string("createdAt")),
                    EvidenceFilter.parse(json.object("filter")),
                    json.integer("events"),
                    json.objects("files").stream().map(File::parse).toList(),
                    json.objects("streams").stream().map(Stream::parse).toList());
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException | DateTimeException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
    }

    /** The canonical bytes that are signed. */
    public byte[] toBytes() {
        return JsonObject.create()
                .put("format", FORMAT)
                .put("createdAt", createdAt.toString())
                .put("filter", filter.toJson())
                .put("events", events)
                .put("files", files.stream().map(File::toJson).toList())
                .put("streams", streams.stream().map(Stream::toJson).toList())
                .toCanonicalBytes();
    }

    /**
     * A file in the package.
     *
     * @param name its name
     * @param size its bytes
     * @param digest their SHA-256
     */
    public record File(String name, long size, Digest digest) {
        private static File parse(JsonObject json) {
            return new File(json.string("name"), json.integer("size"), Digest.parse(json.string("sha256")));
        }

        private JsonObject toJson() {
            return JsonObject.create().put("name", name).put("size", size).put("sha256", digest.hex());
        }
    }

    /**
     * A stream in the package.
     *
     * @param tenant whose
     * @param stream its id
     * @param lastSeq its last position
     * @param lastChain its last chain value
     */
    public record Stream(String tenant, UUID stream, long lastSeq, Digest lastChain) {
        private static Stream parse(JsonObject json) {
            return new Stream(
                    json.string("tenant"),
                    UUID.fromString(json.string("stream")),
                    json.integer("lastSeq"),
                    Digest.parse(json.string("lastChain")));
        }

        private JsonObject toJson() {
            return JsonObject.create()
                    .put("tenant", tenant)
                    .put("stream", stream.toString())
                    .put("lastSeq", lastSeq)
                    .put("lastChain", lastChain.hex());
        }
    }
}
