package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.KeyCertificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream, line by line, and tells which event was edited, forged, removed, moved or repeated.
 *
 * <p>What is believed is the chain of <em>trusted</em> lines: those whose place and chain value a trusted key signed. An
 * event that does not hash into its own signed chain value was edited, and the signed value carries on, so that one
 * edit is one finding. A line without a trusted seal never moves the expected position; it only explains why that
 * position seems to be missing.
 */
final class StreamCheck {
    /** Among so many edited events it is tried whether they swapped their content. */
    private static final int COMPARED_EDITS = 64;

    private final String file;
    private final String tenant;
    private final UUID stream;
    private final Scope scope;
    private final KeyTrust keys;
    private final SealCheck seals;
    private final ContentCheck content;
    private final LogCheck log;
    private final ReceiptCheck receipts;
    private final DroppedCheck dropped;
    private final FenceCheck fences;
    /** The stream's last event before the package begins. */
    private final LogStart.@Nullable OfStream start;

    private final Findings findings;

    private long lines;
    private long malformedLines;
    private long expected;
    /** The chain value before the expected position; null where the line before it is missing. */
    private @Nullable Digest previous;

    /** By first position. */
    private final TreeMap<Long, Gap> gaps = new TreeMap<>();

    private final List<Edit> edits = new ArrayList<>();
    /** Positions that a line without a trusted seal claims. */
    private final TreeSet<Long> claimed = new TreeSet<>();

    private final Set<String> reportedKeys = new HashSet<>();
    /** Whether an event was found before (true) and after (false) its certificate: said once each, of the first. */
    private final Set<Boolean> lapsed = new HashSet<>();

    private boolean isRevocationReported;
    private boolean isExcerptReported;
    private long highest;
    private @Nullable Digest lastChain;
    private @Nullable String openingKey;
    private @Nullable Place closing;
    private boolean isClosingTrusted;
    private boolean isClosedByFence;

    StreamCheck(
            String file,
            PackageNames.StreamName name,
            Scope scope,
            KeyTrust keys,
            SealCheck seals,
            ContentCheck content,
            LogCheck log,
            ReceiptCheck receipts,
            DroppedCheck dropped,
            FenceCheck fences,
            LogStart.@Nullable OfStream start,
            Findings findings) {
        this.file = file;
        this.tenant = name.tenant();
        this.stream = name.stream();
        this.scope = scope;
        this.keys = keys;
        this.seals = seals;
        this.content = content;
        this.log = log;
        this.receipts = receipts;
        this.dropped = dropped;
        this.fences = fences;
        this.findings = findings;
        this.start = start;
        this.previous = start == null ? SealFormat.start(tenant, stream) : start.chain();
        this.expected = start == null ? 1 : start.seq() + 1;
        this.highest = expected - 1;
    }

    void line(byte[] bytes) {
        lines++;
        EventLine line;
        try {
            line = EventLine.parse(bytes);
        } catch (JsonException notAnEvent) {
            malformedLines++;
            findings.add(
                    FindingCode.LINE_MALFORMED,
                    new Place(file, lines, tenant, stream, 0, null),
                    "Line " + lines + " of stream " + stream + " is no event: " + notAnEvent.getMessage());
            return;
        }
        passDropped(line.seq());
        if (!isBound(line)) {
            return;
        }
        requireNoExcerpt(line);
        seals.count(line.keyId());
        Place place = place(line.seq(), line.id());
        log.event(place, tenant, stream, line);
        switch (seals.check(tenant, stream, line.seq(), line)) {
            case TRUSTED -> trusted(place, line, line.seq());
            case NOT_ANCHORED -> notAnchored(place, line);
            case FORGED_CERTIFICATE ->
                notCertified(
                        place,
                        line,
                        FindingCode.CERTIFICATE_FORGED,
                        "whose certificate is not what its root signed: it proves nothing. Ask who made it.");
            case OTHER_TENANT ->
                notCertified(
                        place,
                        line,
                        FindingCode.CERTIFICATE_FOREIGN,
                        "which no root certified for tenant '" + tenant
                                + "': it proves nothing here. Ask who signed it.");
            case INVALID -> invalid(place, line);
        }
    }

    /** How far what a trusted key signed goes. */
    ReceiptCheck.Tail tail() {
        return new ReceiptCheck.Tail(start == null ? 0 : start.seq(), expected - 1, isClosingTrusted);
    }

    /** Draws the conclusions that need the whole stream. */
    StreamReport end(EvidenceManifest.@Nullable Stream manifest) {
        passDropped(Long.MAX_VALUE);
        edits.forEach(this::reportEdit);
        gaps.values().forEach(this::reportGap);
        if (manifest != null) {
            compare(manifest);
        }
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
        return new StreamReport(tenant, stream, lines, state(isAtEnd));
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

    /** Without the chain value before it nothing binds an event of an excerpt to its seal. */
    private boolean isBound(EventLine line) {
        if (scope.isExcerpt() && line.before() == null) {
            malformedLines++;
            findings.add(
                    FindingCode.LINE_MALFORMED,
                    place(line.seq(), line.id()),
                    "Line " + lines + " of stream " + stream
                            + " lacks the chain value before the event: an excerpt's events prove themselves. Ask who"
                            + " exported it.");
            return false;
        }
        return true;
    }

    /** Whoever passes an excerpt off as everything may have left out a whole end that nothing else tells of. */
    private void requireNoExcerpt(EventLine line) {
        if (scope.isExcerpt() || isExcerptReported || (line.before() == null && line.inclusion() == null)) {
            return;
        }
        isExcerptReported = true;
        findings.add(
                FindingCode.STREAM_MALFORMED,
                place(line.seq(), line.id()),
                "Event " + line.id() + " (position " + line.seq() + " of stream " + stream
                        + ") was exported as one of an excerpt, but the package says that it holds everything. Ask who"
                        + " changed the manifest.");
    }

    /** The chain goes on over events that were dropped before a position: whatever is wrong with them breaks the next link. */
    private void passDropped(long before) {
        while (expected < before && previous != null) {
            Digest digest = dropped.digest(tenant, stream, expected);
            if (digest == null) {
                return;
            }
            previous = SealFormat.next(previous, digest);
            receipts.event(place(expected, null), tenant, stream, expected, previous);
            dropped.passed(tenant, stream, expected, previous);
            expected++;
        }
    }

    private void trusted(Place place, EventLine line, long seq) {
        receipts.event(place, tenant, stream, seq, line.chain());
        Digest digest = Digest.sha256(line.payloadBytes());
        if (seq < expected) {
            late(place, line, seq, digest);
            return;
        }
        if (seq > expected) {
            if (!scope.isExcerpt()) {
                gaps.put(expected, new Gap(expected, seq - 1, previous, place, line, digest));
            }
            previous = line.before(); // which an excerpt states, so that its events prove themselves
        }
        boolean isIntact = requireLink(place, line.type(), previous, line.chain(), digest);
        previous = line.chain();
        expected = seq + 1;
        lastChain = line.chain();
        highest = Math.max(highest, seq);
        requireOpeningKey(place, line);
        if (isIntact) {
            // An anchored key holds at every time; for others the event is read once more.
            Instant time = keys.isAnchored(line.keyId()) ? null : ContentCheck.timeOf(line);
            requireValidCertificate(place, line, time);
            requireNotRevoked(place, line, seq, time);
        }
        accept(place, line, seq, isIntact, true);
    }

    /** A trusted event at a position that was passed already: it fills a gap, or it is there twice. */
    private void late(Place place, EventLine line, long seq, Digest digest) {
        Map.Entry<Long, Gap> before = gaps.floorEntry(seq);
        if (before != null && before.getValue().fill(seq, line.chain())) {
            Gap gap = before.getValue();
            boolean isIntact = requireLink(place, line.type(), gap.chainBefore(seq), line.chain(), digest);
            if (seq == gap.last) {
                requireLink(gap.place, gap.type, line.chain(), gap.chainAfter, gap.digestAfter);
            }
            accept(place, line, seq, isIntact, true);
            return;
        }
        if (scope.isExcerpt() && seq < expected - 1) {
            findings.add(
                    FindingCode.EVENT_REORDERED,
                    place,
                    "Event " + line.id() + " (position " + seq + " of stream " + stream + ") stands after position "
                            + (expected - 1)
                            + ": events stand in order of position. Ask who moved it, or put it there twice.");
            return;
        }
        findings.add(
                FindingCode.EVENT_DUPLICATED,
                place,
                "Event " + line.id() + " (position " + seq + " of stream " + stream
                        + ") is there already: a position is taken once. Remove the copy.");
    }

    private void notAnchored(Place place, EventLine line) {
        if (reportedKeys.add(line.keyId())) {
            findings.add(
                    FindingCode.KEY_NOT_ANCHORED,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is signed by key '"
                            + line.keyId() + "', which the anchors do not hold: it proves nothing."
                            + " Add the key only if its owner confirms it.");
        }
        claim(place, line);
    }

    private void notCertified(Place place, EventLine line, FindingCode code, String fault) {
        if (reportedKeys.add(line.keyId())) {
            findings.add(
                    code,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is signed by key '"
                            + line.keyId() + "', " + fault);
        }
        claim(place, line);
    }

    /** By what the event says of its own time: whoever holds the key may say another, but not for long undetected. */
    private void requireValidCertificate(Place place, EventLine line, @Nullable Instant time) {
        KeyTrust.Lapse lapse = time == null ? null : keys.lapse(line.keyId(), tenant, time);
        if (lapse == null || !lapsed.add(lapse.isEarly())) {
            return;
        }
        KeyCertificate certificate = lapse.certificate();
        findings.add(
                lapse.isEarly() ? FindingCode.CERTIFICATE_NOT_YET_VALID : FindingCode.CERTIFICATE_EXPIRED,
                place,
                "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is dated " + time
                        + ", but the certificate of its key '" + line.keyId() + "' "
                        + (lapse.isEarly()
                                ? "begins only at " + certificate.notBefore()
                                : "ended at " + certificate.notAfter())
                        + ": a key signs while it is certified. Ask who signed it.");
    }

    /** By its place in the log, whatever it says of its time. */
    private void requireNotRevoked(Place place, EventLine line, long seq, @Nullable Instant time) {
        OptionalLong size = keys.revokedAt(line.keyId(), tenant, time);
        if (size.isEmpty() || isRevocationReported || log.covers(tenant, stream, seq, size.getAsLong())) {
            return;
        }
        isRevocationReported = true;
        findings.add(
                FindingCode.KEY_REVOKED,
                place,
                "Event " + line.id() + " (position " + seq + " of stream " + stream + ") is signed by key '"
                        + line.keyId()
                        + "', which was revoked, or its root, at checkpoint " + size.getAsLong()
                        + ": that checkpoint does not cover the event. Ask who signed it.");
    }

    private void invalid(Place place, EventLine line) {
        String owner = ContentCheck.tenantOf(line);
        if (owner != null && !owner.equals(tenant)) {
            findings.add(
                    FindingCode.EVENT_FOREIGN,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream
                            + ") stands under tenant '"
                            + tenant + "' but is of tenant '" + owner + "'"
                            + (seals.check(owner, stream, line.seq(), line) == SealCheck.Trust.TRUSTED
                                    ? ", for whom it is signed"
                                    : "")
                            + ": streams never change tenant. Ask who moved it.");
            claimed.add(line.seq());
            highest = Math.max(highest, line.seq());
            return;
        }
        OptionalLong signed = linksHere(line) ? OptionalLong.empty() : seals.search(tenant, stream, line);
        if (signed.isPresent()) {
            findings.add(
                    FindingCode.EVENT_REORDERED,
                    place,
                    "Event " + line.id() + " of stream " + stream + " claims position " + line.seq()
                            + " but is signed for position " + signed.getAsLong() + ". Ask who renumbered it.");
            trusted(place(signed.getAsLong(), line.id()), line, signed.getAsLong());
            return;
        }
        findings.add(
                FindingCode.EVENT_FORGED,
                place,
                "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is not what key '"
                        + line.keyId() + "' signed for this place. Compare it with a backup.");
        claim(place, line);
    }

    /** Tells whether the line is the expected one by its chain value, so that only its seal is broken. */
    private boolean linksHere(EventLine line) {
        Digest before = line.seq() == expected ? previous : line.before();
        return before != null
                && SealFormat.next(before, Digest.sha256(line.payloadBytes())).equals(line.chain());
    }

    /** A line without a trusted seal: it is looked at, and explains a gap, but moves nothing. */
    private void claim(Place place, EventLine line) {
        boolean isFresh = line.seq() >= expected && claimed.add(line.seq());
        if (isFresh) {
            highest = Math.max(highest, line.seq());
            accept(place, line, line.seq(), false, false);
        }
    }

    private void accept(Place place, EventLine line, long seq, boolean isIntact, boolean isTrusted) {
        JsonObject data = content.event(place, tenant, stream, line, isIntact);
        if (data == null) {
            return;
        }
        if (EventTypes.closesItsStream(line.type())) {
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
        } catch (IllegalArgumentException incomplete) {
            return false;
        }
    }

    /** But for the one event that another writer puts behind a dead one's, which says so. */
    private void requireOpeningKey(Place place, EventLine line) {
        if (openingKey == null && start != null && !line.type().equals(EventTypes.STREAM_CLOSED_BY_FENCE)) {
            openingKey = line.keyId(); // its opening lies before the package begins
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

    /** Whether an event hashes into its signed chain value; unknown, and taken to be so, without the one before. */
    private boolean requireLink(Place place, String type, @Nullable Digest before, Digest chain, Digest digest) {
        if (before == null || SealFormat.next(before, digest).equals(chain)) {
            return true;
        }
        edited(new Edit(place, type, before, chain, digest));
        return false;
    }

    private void edited(Edit edit) {
        if (edits.size() < COMPARED_EDITS) {
            edits.add(edit);
        } else {
            reportEdited(edit);
        }
    }

    private void reportEdit(Edit edit) {
        for (Edit other : edits) {
            if (SealFormat.next(edit.before, other.digest).equals(edit.chain)) {
                findings.add(
                        FindingCode.EVENT_REORDERED,
                        edit.place,
                        "Position " + edit.place.seq() + " of stream " + stream + " holds event " + edit.place.event()
                                + ", but event " + other.place.event()
                                + " was signed there. Ask who exchanged them.");
                return;
            }
        }
        reportEdited(edit);
    }

    private void reportEdited(Edit edit) {
        findings.add(
                FindingCode.EVENT_EDITED,
                edit.place,
                "Event " + edit.place.event() + " (" + edit.type + ", position " + edit.place.seq() + " of stream "
                        + stream + ", tenant '" + tenant
                        + "') was edited: its bytes are not those that were signed. Compare it with a backup.");
    }

    private void reportGap(Gap gap) {
        if (!gap.filled.isEmpty()) {
            findings.add(
                    FindingCode.EVENT_REORDERED,
                    gap.place,
                    "Event " + gap.place.event() + " (position " + gap.place.seq() + " of stream " + stream
                            + ") stands before position "
                            + gap.filled.firstKey()
                            + ": events stand in order of position. Ask who moved it.");
        }
        // By what is there, not by what is missing: a position may be any number.
        Set<Long> there = new HashSet<>(claimed.subSet(gap.first, true, gap.last, true));
        there.addAll(gap.filled.keySet());
        long missing = gap.last - gap.first + 1 - there.size();
        long firstMissing = gap.first;
        while (there.contains(firstMissing)) {
            firstMissing++;
        }
        long explained = Math.min(missing, malformedLines);
        malformedLines -= explained;
        if (missing > explained) {
            reportMissing(gap.place.line(), firstMissing, missing, "position " + gap.place.seq() + " follows");
        }
    }

    private void compare(EvidenceManifest.Stream manifest) {
        long missing = manifest.lastSeq() - highest;
        if (missing > malformedLines && scope.isExcerpt()) {
            reportMissing(lines, manifest.lastSeq(), 1, "the manifest tells of it");
            return;
        }
        if (missing > malformedLines) {
            reportMissing(lines, highest + 1, missing, "the manifest counts " + manifest.lastSeq());
        } else if (missing < 0
                || (missing == 0
                        && lastChain != null
                        && !lastChain.equals(manifest.lastChain())
                        && claimed.isEmpty())) {
            findings.add(
                    FindingCode.MANIFEST_MALFORMED,
                    Place.file(PackageNames.MANIFEST),
                    "The manifest says that stream " + stream + " ends at position " + manifest.lastSeq()
                            + " with another chain value than the stream itself. Export again.");
        }
    }

    private void reportMissing(long line, long first, long count, String evidence) {
        String what = count == 1 ? "Event " + first + " is" : count + " events from " + first + " on are";
        findings.add(
                FindingCode.EVENT_MISSING,
                new Place(file, line, tenant, stream, first, null),
                what + " missing from stream " + stream + " of tenant '" + tenant + "': " + evidence
                        + ", and positions have no gaps. Look for it in a backup.");
    }

    private Place place(long seq, @Nullable UUID event) {
        return new Place(file, lines, tenant, stream, seq, event);
    }

    /** Positions passed over by the trusted event at {@code place}. */
    private static final class Gap {
        private final long first;
        private final long last;
        private final @Nullable Digest chainBefore;
        private final Place place;
        private final String type;
        private final Digest chainAfter;
        private final Digest digestAfter;
        /** The chain values of positions that came late. */
        private final TreeMap<Long, Digest> filled = new TreeMap<>();

        private Gap(long first, long last, @Nullable Digest chainBefore, Place place, EventLine after, Digest digest) {
            this.first = first;
            this.last = last;
            this.chainBefore = chainBefore;
            this.place = place;
            this.type = after.type();
            this.chainAfter = after.chain();
            this.digestAfter = digest;
        }

        /** Whether the position is one of the gap's and came for the first time. */
        private boolean fill(long seq, Digest chain) {
            return seq >= first && seq <= last && filled.putIfAbsent(seq, chain) == null;
        }

        private @Nullable Digest chainBefore(long seq) {
            return seq == first ? chainBefore : filled.get(seq - 1);
        }
    }

    /** A trusted place whose event does not hash into it. */
    private record Edit(Place place, String type, Digest before, Digest chain, Digest digest) {}
}
