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
import java.time.Instant;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream, line by line, and tells which event was edited, forged, removed, moved or repeated.
 *
 * <p>What is believed is the chain of <em>trusted</em> lines: those whose place and chain value a trusted key signed. An
 * event that does not hash into its own signed chain value was edited, and the signed value carries on, so that one
 * edit is one finding. A line without a trusted seal never moves the expected position; it only explains why that
 * position seems to be missing.
 *
 * <p>This class decides which lines are trusted and keeps the chain. What it finds goes on to {@link EditedEvents} (a
 * broken link), {@link StreamPositions} (gaps), {@link KeyStanding} (certificates and revocations) and
 * {@link StreamStatements} (opening and closing).
 */
final class StreamCheck {
    /** A stream has one key, and the last line perhaps another's. */
    private static final int REPORTED_KEYS = 500;

    private final String file;
    private final String tenant;
    private final UUID stream;
    private final Scope scope;
    private final SealCheck seals;
    private final ContentCheck content;
    private final LogCheck log;
    private final ReceiptCheck receipts;
    private final DroppedCheck dropped;
    private final Findings findings;
    private final KeyStanding standing;
    private final StreamStatements statements;
    private final StreamPositions positions;
    private final EditedEvents edits;
    /** The position of the stream's last event before the package begins; mostly 0. */
    private final long before;

    private long lines;
    private long expected;
    /** The chain value before the expected position; null where the line before it is missing. */
    private @Nullable Digest previous;

    private final Set<String> reportedKeys = new HashSet<>();
    private boolean isExcerptReported;

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
        this.seals = seals;
        this.content = content;
        this.log = log;
        this.receipts = receipts;
        this.dropped = dropped;
        this.findings = findings;
        this.standing = new KeyStanding(name, keys, log, findings);
        this.statements = new StreamStatements(file, name, scope, fences, findings);
        this.positions = new StreamPositions(file, name, scope, findings);
        this.edits = new EditedEvents(name, findings);
        this.before = start == null ? 0 : start.seq();
        this.expected = before + 1;
        this.previous = start == null ? SealFormat.start(tenant, stream) : start.chain();
        if (start != null) {
            positions.reached(start.seq(), start.chain());
            statements.beganBefore();
        }
    }

    void line(byte[] bytes) {
        lines++;
        EventLine line;
        try {
            line = EventLine.parse(bytes);
        } catch (JsonException notAnEvent) {
            positions.malformed();
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
        return new ReceiptCheck.Tail(before, expected - 1, statements.isClosed());
    }

    /** Draws the conclusions that need the whole stream. */
    StreamReport end(EvidenceManifest.@Nullable Stream manifest) {
        passDropped(Long.MAX_VALUE);
        edits.end();
        positions.end(manifest, lines);
        StreamReport.State state = statements.end(positions.highest(), lines);
        return new StreamReport(tenant, stream, lines, state, statements.clockDifference(), statements.unrecorded());
    }

    /** Without the chain value before it nothing binds an event of an excerpt to its seal. */
    private boolean isBound(EventLine line) {
        if (scope.isExcerpt() && line.before() == null) {
            positions.malformed();
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
                positions.passed(new Gap(expected, seq - 1, previous, place, line, digest));
            }
            previous = line.before(); // which an excerpt states, so that its events prove themselves
        }
        boolean isIntact = edits.requireLink(place, line.type(), previous, line.chain(), digest);
        previous = line.chain();
        expected = seq + 1;
        positions.reached(seq, line.chain());
        statements.requireOpeningKey(place, line);
        if (isIntact) {
            standing.require(place, line, seq);
        }
        accept(place, line, seq, isIntact, true);
    }

    /** A trusted event at a position that was passed already: it fills a gap, or it is there twice. */
    private void late(Place place, EventLine line, long seq, Digest digest) {
        Gap gap = positions.fill(seq, line.chain());
        if (gap != null) {
            boolean isIntact = edits.requireLink(place, line.type(), gap.chainBefore(seq), line.chain(), digest);
            if (seq == gap.last()) {
                edits.requireLink(gap.place(), gap.type(), line.chain(), gap.chain(), gap.digest());
            }
            accept(place, line, seq, isIntact, true);
            return;
        }
        boolean isForgotten = positions.isForgotten(seq);
        if (isForgotten) {
            positions.malformed(); // which explains a position that was said to be missing, or would be
        }
        if ((scope.isExcerpt() || isForgotten) && seq < expected - 1) {
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
        if (reportedKeys.size() < REPORTED_KEYS && reportedKeys.add(line.keyId())) {
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
        if (reportedKeys.size() < REPORTED_KEYS && reportedKeys.add(line.keyId())) {
            findings.add(
                    code,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ") is signed by key '"
                            + line.keyId() + "', " + fault);
        }
        claim(place, line);
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
            positions.claim(line.seq());
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
        if (line.seq() >= expected && positions.claim(line.seq())) {
            accept(place, line, line.seq(), false, false);
        }
    }

    private void accept(Place place, EventLine line, long seq, boolean isIntact, boolean isTrusted) {
        JsonObject data = content.event(place, tenant, stream, line, isIntact);
        if (isIntact && isTrusted && receipts.needsTimes()) {
            Instant time = ContentCheck.timeOf(line);
            if (time != null) {
                receipts.dated(tenant, line.type(), time);
            }
        }
        if (data == null) {
            return;
        }
        statements.event(place, line, data, seq, isIntact, isTrusted);
        if (isIntact && isTrusted && line.type().equals(EventTypes.KEY_REVOKED)) {
            standing.revoked(place, data);
        }
    }

    private Place place(long seq, @Nullable UUID event) {
        return new Place(file, lines, tenant, stream, seq, event);
    }
}
