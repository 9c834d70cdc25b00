package io.spendguard.verify;

import io.spendguard.evidence.ClockDifference;
import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the events of one stream state of the stream itself: that it opens and with which key, that its writer remembers
 * more of another, how far its clock is from the ledger's, how many decisions could not be recorded, that it closes and who closed it.
 */
final class StreamStatements {
    private final String file;
    private final String tenant;
    private final UUID stream;
    private final Scope scope;
    private final FenceCheck fences;
    private final Findings findings;

    private @Nullable String openingKey;
    private @Nullable Place closing;
    private boolean isBegun;
    private boolean isClosingTrusted;
    private boolean isClosedByFence;
    /** By how many milliseconds the ledger's clock is ahead as stated last; null where what was stated before is not there. */
    private @Nullable Long ahead = 0L;
    /** The most it was ever stated to be off, either way. */
    private long farthest;
    /** How many decisions it says were not recorded. */
    private long unrecorded;

    StreamStatements(String file, PackageNames.StreamName name, Scope scope, FenceCheck fences, Findings findings) {
        this.file = file;
        this.tenant = name.tenant();
        this.stream = name.stream();
        this.scope = scope;
        this.fences = fences;
        this.findings = findings;
    }

    /** Its opening lies before the package begins: its first event here tells the key that it keeps. */
    void beganBefore() {
        isBegun = true;
        ahead = null;
    }

    /**
     * Takes one event's statement.
     *
     * @param seq the position that was signed, whichever the line claims
     * @param isIntact whether its bytes are those that were signed
     * @param isTrusted whether a trusted key signed them
     */
    void event(Place place, EventLine line, JsonObject data, long seq, boolean isIntact, boolean isTrusted) {
        // The first one: what follows it is what nothing may.
        if (EventTypes.closesItsStream(line.type()) && (closing == null || seq < closing.seq())) {
            closing = place;
            isClosingTrusted = isTrusted && isIntact;
            isClosedByFence = line.type().equals(EventTypes.STREAM_CLOSED_BY_FENCE);
        }
        if (!isIntact) {
            return; // what an edited event says of its stream is no second finding
        }
        boolean isOpening = line.type().equals(EventTypes.STREAM_OPENED);
        if (isOpening != (seq == 1) || !tellsOfThisStream(line, data, seq)) {
            findings.add(
                    FindingCode.STREAM_MALFORMED,
                    place,
                    "Event " + line.id() + " at position " + seq + " of stream " + stream
                            + " is not what belongs there: a stream is opened by its first event, which names stream and"
                            + " key, and closed by its last, which counts them. Ask who wrote it.");
        } else if (isTrusted && isOpening) {
            fences.opened(tenant, stream, line.keyId());
        } else if (isTrusted && line.type().equals(EventTypes.STREAM_CLOSED_BY_FENCE)) {
            JsonObject by = data.object("by");
            fences.closed(place, tenant, stream, UUID.fromString(by.string("stream")), by.string("keyId"));
        }
        if (isOpening) {
            openingKey = line.keyId();
        }
        if (isTrusted && line.type().equals(EventTypes.TAIL_LOST) && tellsOfThisStream(line, data, seq)) {
            tailLost(place, data);
        }
        if (isTrusted && line.type().equals(EventTypes.UNRECORDED) && tellsOfThisStream(line, data, seq)) {
            unrecorded += count(data);
        }
        if (isTrusted && line.type().equals(EventTypes.CLOCK_ANOMALY)) {
            try {
                clockAnomaly(place, data.object("clocks"));
            } catch (JsonException | DateTimeException | ArithmeticException malformed) {
                findings.add(
                        FindingCode.STREAM_MALFORMED,
                        place,
                        "Event " + place.event() + " states how two clocks differ, but not what they said: "
                                + malformed.getMessage() + " Ask who wrote it.");
            }
        }
    }

    /** But for the one event that another writer puts behind a dead one's, which says so. */
    void requireOpeningKey(Place place, EventLine line) {
        if (openingKey == null && isBegun && !line.type().equals(EventTypes.STREAM_CLOSED_BY_FENCE)) {
            openingKey = line.keyId();
            fences.opened(tenant, stream, openingKey);
        }
        if (openingKey != null
                && !openingKey.equals(line.keyId())
                && !line.type().equals(EventTypes.STREAM_CLOSED_BY_FENCE)) {
            findings.add(
                    FindingCode.EVENT_FORGED,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is signed by key '"
                            + line.keyId() + "', but the stream was opened with '" + openingKey
                            + "': a stream keeps its key. Ask who signed it.");
        }
    }

    /** The most that the ledger's clock and the writer's were ever stated to differ by; zero where they never did. */
    Duration clockDifference() {
        return Duration.ofMillis(farthest);
    }

    /** How many decisions it states to have been answered without a record. */
    long unrecorded() {
        return unrecorded;
    }

    /** Whether a trusted event closes the stream. */
    boolean isClosed() {
        return isClosingTrusted;
    }

    /**
     * The state the stream is in.
     *
     * @param highest its last position
     * @param lines how many lines its file has
     */
    StreamReport.State end(long highest, long lines) {
        boolean isAtEnd = closing != null && closing.seq() == highest;
        if (closing != null && !isAtEnd) {
            findings.add(
                    FindingCode.STREAM_MALFORMED,
                    closing,
                    "Stream " + stream + " goes on after its closing event " + closing.event()
                            + ": nothing may follow it. Ask who wrote it.");
        }
        if (closing == null && !scope.isExcerpt()) {
            findings.add(
                    FindingCode.STREAM_OPEN,
                    new Place(file, lines, tenant, stream, highest, null),
                    "Stream " + stream + " of tenant '" + tenant + "' is not closed after position " + highest
                            + ": more events may have followed. Close its writer and export again.");
        }
        return state(isAtEnd);
    }

    private StreamReport.State state(boolean isClosingAtEnd) {
        if (scope.isExcerpt()) {
            return StreamReport.State.FILTERED;
        }
        if (!isClosingAtEnd || !isClosingTrusted) {
            return StreamReport.State.OPEN;
        }
        return isClosedByFence ? StreamReport.State.CLOSED_BY_FENCE : StreamReport.State.CLOSED;
    }

    /** Its writer remembers what the ledger has forgotten. */
    private void tailLost(Place place, JsonObject data) {
        JsonObject lost = data.object("lost");
        findings.add(
                FindingCode.TAIL_LOST,
                place,
                "Event " + place.event() + " states that stream " + lost.string("stream") + " of tenant '" + tenant
                        + "' went on to position " + lost.integer("position")
                        + ", durably, which the ledger lacked after a reconnect: it was set back, and spend after that point"
                        + " is forgotten. Look for it in a backup and in the provider's bills.");
    }

    /** What it states must follow from the two times it gives, and be another difference than the stream stated before. */
    private void clockAnomaly(Place place, JsonObject clocks) {
        long stated = clocks.integer("ahead");
        long before = clocks.integer("before");
        long read = Duration.between(Instant.parse(clocks.string("writer")), Instant.parse(clocks.string("ledger")))
                .toMillis();
        if (stated != read
                || (ahead != null && ahead != before)
                || Math.abs(stated - before) < ClockDifference.TOLERANCE.toMillis()) {
            findings.add(
                    FindingCode.STREAM_MALFORMED,
                    place,
                    "Event " + place.event() + " states that the ledger's clock is " + stated
                            + " ms ahead of the writer's, and was " + before + " ms before. Its two times differ by "
                            + read
                            + " ms, the stream said "
                            + (ahead == null ? "what is not enclosed" : ahead + " ms")
                            + " before it, and a change of less than "
                            + ClockDifference.TOLERANCE.toMillis() + " ms is not stated. Ask who wrote it.");
        }
        ahead = scope.isExcerpt() ? null : stated;
        farthest = Math.max(farthest, Math.abs(stated));
    }

    /** How many decisions an event says were not recorded; less than 1 where it says nothing of the kind. */
    private static long count(JsonObject data) {
        JsonObject some = data.object("unrecorded");
        long refused = some.integer("refused");
        long passed = some.integer("passed");
        boolean isSpan = !Instant.parse(some.string("until")).isBefore(Instant.parse(some.string("from")));
        return refused < 0 || passed < 0 || !isSpan ? -1 : refused + passed;
    }

    private boolean tellsOfThisStream(EventLine line, JsonObject data, long seq) {
        try {
            return switch (line.type()) {
                case EventTypes.STREAM_OPENED ->
                    data.string("stream").equals(stream.toString())
                            && data.string("keyId").equals(line.keyId());
                case EventTypes.KEY_CERTIFIED ->
                    data.string("stream").equals(stream.toString())
                            && data.string("keyId").equals(line.keyId());
                case EventTypes.TAIL_LOST ->
                    data.string("stream").equals(stream.toString())
                            && !data.object("lost").string("stream").equals(stream.toString())
                            && data.object("lost").integer("position") > 0;
                case EventTypes.UNRECORDED -> data.string("stream").equals(stream.toString()) && count(data) > 0;
                case EventTypes.CLOCK_ANOMALY -> data.string("stream").equals(stream.toString());
                case EventTypes.STREAM_FENCED ->
                    data.string("stream").equals(stream.toString()) && data.integer("position") == seq;
                case EventTypes.STREAM_CLOSED ->
                    data.string("stream").equals(stream.toString()) && data.integer("events") == seq;
                case EventTypes.STREAM_CLOSED_BY_FENCE ->
                    data.string("stream").equals(stream.toString())
                            && data.integer("events") == seq
                            && (openingKey == null || data.string("keyId").equals(openingKey))
                            && data.object("by").string("keyId").equals(line.keyId())
                            && !UUID.fromString(data.object("by").string("stream"))
                                    .equals(stream);
                default -> true;
            };
        } catch (IllegalArgumentException | DateTimeException incomplete) {
            return false;
        }
    }
}
