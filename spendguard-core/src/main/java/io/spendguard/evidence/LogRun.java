package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.Arrays;
import java.util.UUID;

/**
 * Events of one stream that are leaves in a row of their tenant's tree.
 *
 * @param tenant whose
 * @param index the first one's leaf, from 0
 * @param stream the stream
 * @param from the first one's position in the stream, from 1
 * @param to the last one's
 */
public record LogRun(String tenant, long index, UUID stream, long from, long to) {
    /** Refuses what is no run with {@link IllegalArgumentException}. */
    public LogRun {
        if (index < 0 || from < 1 || to < from || to - from > Long.MAX_VALUE / 4 || index > Long.MAX_VALUE / 4) {
            throw new IllegalArgumentException(
                    "Positions " + from + " to " + to + " from leaf " + index + " on are no run of a stream.");
        }
    }

    /** The leaf after the last one. */
    public long end() {
        return index + (to - from) + 1;
    }

    /** Reads a line of a package's file of runs; throws {@link JsonException} when it has another form. */
    public static LogRun parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        LogRun run;
        try {
            run = new LogRun(
                    json.string("tenant"),
                    json.integer("index"),
                    UUID.fromString(json.string("stream")),
                    json.integer("from"),
                    json.integer("to"));
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(run.toBytes(), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return run;
    }

    /** The line's canonical bytes, without a line feed. */
    public byte[] toBytes() {
        return JsonObject.create()
                .put("tenant", tenant)
                .put("index", index)
                .put("stream", stream.toString())
                .put("from", from)
                .put("to", to)
                .toCanonicalBytes();
    }
}
