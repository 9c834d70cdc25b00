package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.Receipts;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.Receipt;
import io.spendguard.proof.KeyCertificate;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Compares what callers were handed with what a package shows. Receipts are read after its keys and before its events; what
 * is kept of each is a chain value by stream and position.
 */
final class ReceiptCheck {
    private static final int MAX_LINE_BYTES = 64 * 1024;
    private static final int MAX_RECEIPTS = 5_000_000;
    /** Events and receipts are dated by the clocks of those who make them, which agree to this much. */
    private static final Duration CLOCKS_AGREE = Duration.ofMinutes(5);

    private final KeyTrust keys;
    private final SealCheck seals;
    private final Scope scope;
    private final Findings findings;
    private final Map<PackageNames.StreamName, TreeMap<Long, Expected>> expected = new HashMap<>();
    /** By tenant: when the events of a package were made that begins after a checkpoint. */
    private final Map<String, Span> spans = new HashMap<>();

    private @Nullable String file;
    private long lines;
    private long receipts;
    private long confirmed;
    private long later;
    private long foreign;
    private long unplaced;

    ReceiptCheck(KeyTrust keys, SealCheck seals, Scope scope, Findings findings) {
        this.scope = scope;
        this.keys = keys;
        this.seals = seals;
        this.findings = findings;
    }

    /**
     * Reads receipts, one in a line.
     *
     * @param tenant the one the package was exported for, or null for all
     * @throws EvidenceException when the file cannot be read
     */
    void read(Path source, @Nullable String tenant) {
        file = PackageReader.printable(String.valueOf(source.getFileName()));
        try (InputStream in = new BufferedInputStream(Files.newInputStream(source))) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int unit = in.read(); unit >= 0; unit = in.read()) {
                if (unit == '\n') {
                    receipt(line.toByteArray(), tenant);
                    line.reset();
                } else if (line.size() < MAX_LINE_BYTES) {
                    line.write(unit);
                }
            }
            if (line.size() > 0) {
                receipt(line.toByteArray(), tenant);
            }
        } catch (NoSuchFileException missing) {
            throw new EvidenceException(
                    "Receipts file " + source + " does not exist. Name the file your callers wrote.", missing);
        } catch (IOException failed) {
            throw new EvidenceException(
                    "Receipts file " + source + " cannot be read: " + failed + ". Give this process read permission.",
                    failed);
        }
    }

    /** A trusted event of the package, at the position it is signed for. */
    void event(Place place, String tenant, UUID stream, long seq, Digest chain) {
        TreeMap<Long, Expected> ofStream = expected.get(new PackageNames.StreamName(tenant, stream));
        Expected receipt = ofStream == null ? null : ofStream.get(seq);
        if (receipt == null || receipt.isSeen) {
            return;
        }
        receipt.isSeen = true;
        if (receipt.chain.equals(chain)) {
            UUID there = place.event();
            if (there == null || there.equals(receipt.event)) {
                confirmed++;
                return;
            }
            findings.add(
                    FindingCode.RECEIPT_INVALID,
                    new Place(file, receipt.line, tenant, stream, seq, receipt.event),
                    "Receipt " + receipt.line + " of " + file + " names event " + receipt.event
                            + ", but what it was signed"
                            + " for, position " + seq + " of stream " + stream + ", is event " + there
                            + ": it was changed afterwards. Take it from where it was written.");
            return;
        }
        findings.add(
                FindingCode.RECEIPT_CONTRADICTED,
                place,
                "Position " + seq + " of stream " + stream + " has another chain value than the receipt for event "
                        + receipt.event + " (" + file + ":" + receipt.line
                        + "), and both are signed: two histories were written. Keep both, and ask who holds the key.");
    }

    /** Tells whether {@link #dated} is asked for: of a package from the first event on nothing hangs on it. */
    boolean needsTimes() {
        return file != null && scope.isLater();
    }

    /** When a trusted event of the package was made, by its own word. */
    void dated(String tenant, String type, Instant time) {
        // A decision waits for the ledger as long as its caller does; what comes after it may be written much later.
        boolean isWrittenAtOnce = type.equals(EventTypes.DECISION) || type.equals(EventTypes.STREAM_OPENED);
        spans.merge(tenant, new Span(isWrittenAtOnce ? time : Instant.MAX, time), Span::with);
    }

    /**
     * Names what callers were handed and the package lacks; empty without receipts.
     *
     * @param lastOf the last position of a stream of the package and whether it is closed, null for no such stream
     * @param createdAt when the package says it was made, not before its latest event; or null
     */
    Optional<ReceiptReport> end(Map<PackageNames.StreamName, Tail> lastOf, @Nullable Instant createdAt) {
        if (file == null) {
            return Optional.empty();
        }
        expected.forEach((name, ofStream) -> ofStream.forEach((seq, receipt) -> {
            if (!receipt.isSeen) {
                lacking(name, seq, receipt, lastOf.get(name), createdAt);
            }
        }));
        return Optional.of(new ReceiptReport(receipts, confirmed, later, foreign));
    }

    /** How many of them are of streams that are not there, though their dates lie between those of their tenant's events here. */
    long unplaced() {
        return unplaced;
    }

    private void lacking(
            PackageNames.StreamName name,
            long seq,
            Expected receipt,
            @Nullable Tail tail,
            @Nullable Instant createdAt) {
        if (scope.isExcerpt()) {
            foreign++; // it need not be among what was exported
            return;
        }
        if (scope.isLater() && tail != null && seq <= tail.before) {
            foreign++; // it lies before the package begins
            return;
        }
        Span span = spans.get(name.tenant());
        if (scope.isLater() && tail == null && !isAfterBeginning(receipt, span)) {
            foreign++; // it may lie before the package begins
            return;
        }
        if (scope.isLater() && (tail == null || (!tail.isClosed && seq > tail.last)) && !isBeforeEnd(receipt, span)) {
            later++; // such a package ends with its checkpoint
            return;
        }
        if (scope.isLater() && tail == null) {
            foreign++; // what is dated early may be written late: the stream may lie before the package begins all the
            // same
            unplaced++;
            return;
        }
        boolean mayHaveGoneOn = !scope.isLater() && (tail == null || (!tail.isClosed && seq > tail.last));
        if (mayHaveGoneOn && createdAt != null && receipt.issuedAt.isAfter(createdAt)) {
            later++;
            return;
        }
        findings.add(
                FindingCode.TAIL_LOST,
                new Place(file, receipt.line, name.tenant(), name.stream(), seq, receipt.event),
                "Event " + receipt.event + " (position " + seq + " of stream " + name.stream() + ", tenant '"
                        + name.tenant() + "') was receipted at " + receipt.issuedAt + ", but the package "
                        + (tail == null
                                ? "does not hold that stream at all"
                                : tail.last < seq
                                        ? "holds that stream only up to position " + tail.last
                                        : "does not hold what was signed there")
                        + ": it was removed after it was signed. Look for it in a backup.");
    }

    /**
     * The package begins before the first event that it holds of the tenant: what was handed out later than that was not there when
     * the earlier checkpoint was made, as far as clocks and the certificate of the key agree with what the receipt says.
     */
    private static boolean isAfterBeginning(Expected receipt, @Nullable Span span) {
        return span != null
                && receipt.isDateCertified
                && Duration.between(span.first, receipt.issuedAt).compareTo(CLOCKS_AGREE) > 0;
    }

    /** And it ends after the last one: what was handed out earlier was there when its checkpoint was made. */
    private static boolean isBeforeEnd(Expected receipt, @Nullable Span span) {
        return span != null
                && receipt.isDateCertified
                && Duration.between(receipt.issuedAt, span.last).compareTo(CLOCKS_AGREE) > 0;
    }

    private void receipt(byte[] line, @Nullable String tenant) {
        lines++;
        receipts++;
        if (lines > MAX_RECEIPTS) {
            throw new EvidenceException("Receipts file " + file + " holds more than " + MAX_RECEIPTS
                    + " receipts: that many are not compared at once. Split it.");
        }
        Receipt receipt;
        try {
            receipt = Receipts.parse(line);
            String certificate = receipt.certificate();
            if (certificate != null) {
                keys.learn(KeyCertificate.parse(JsonObject.parse(certificate.getBytes(StandardCharsets.UTF_8))));
            }
        } catch (JsonException malformed) {
            invalid(
                    0,
                    "Line " + lines + " of " + file + " is no receipt: " + malformed.getMessage()
                            + " Take it from where it was written.");
            return;
        }
        if (tenant != null && !tenant.equals(receipt.tenant())) {
            foreign++;
            return;
        }
        EventLine seal = new EventLine(
                receipt.event(),
                EventTypes.DECISION,
                "",
                receipt.seq(),
                receipt.chain(),
                receipt.batchSize(),
                receipt.leafIndex(),
                receipt.path(),
                receipt.signature(),
                receipt.keyId());
        if (seals.check(receipt.tenant(), receipt.stream(), receipt.seq(), seal) != SealCheck.Trust.TRUSTED) {
            invalid(
                    receipt.seq(),
                    "Receipt " + lines + " of " + file + ", for event " + receipt.event()
                            + ", is not what a trusted key signed (key '" + receipt.keyId()
                            + "'): it says nothing of the package. Take it from where it was written, and see that the anchors"
                            + " and certificates name its key.");
            return;
        }
        expected.computeIfAbsent(
                        new PackageNames.StreamName(receipt.tenant(), receipt.stream()), name -> new TreeMap<>())
                .merge(
                        receipt.seq(),
                        new Expected(
                                receipt.chain(),
                                receipt.event(),
                                lines,
                                receipt.issuedAt(),
                                keys.lapse(receipt.keyId(), receipt.tenant(), receipt.issuedAt()) == null),
                        this::same);
    }

    /** Two receipts for one place: the same, or two histories without looking at the package. */
    private Expected same(Expected first, Expected second) {
        if (first.chain.equals(second.chain)) {
            receipts--;
            return first;
        }
        findings.add(
                FindingCode.RECEIPT_CONTRADICTED,
                new Place(file, second.line, null, null, 0, second.event),
                "Receipts " + first.line + " and " + second.line + " of " + file
                        + " are for one position and have two chain values, both signed: two histories were written. Keep"
                        + " both, and ask who holds the key.");
        return first;
    }

    private void invalid(long seq, String message) {
        findings.add(FindingCode.RECEIPT_INVALID, new Place(file, lines, null, null, seq, null), message);
    }

    /** How far a stream of the package goes, and the position after which it begins, mostly 0. */
    record Tail(long before, long last, boolean isClosed) {}

    /** From the first event that was written when it was made to the last one, by what they say. */
    private record Span(Instant first, Instant last) {
        private Span with(Span other) {
            return new Span(
                    other.first.isBefore(first) ? other.first : first, other.last.isAfter(last) ? other.last : last);
        }
    }

    private static final class Expected {
        private final Digest chain;
        private final UUID event;
        private final long line;
        private final Instant issuedAt;
        /** Whether the key was certified when the receipt says that it was issued, or needs no certificate. */
        private final boolean isDateCertified;

        private boolean isSeen;

        private Expected(Digest chain, UUID event, long line, Instant issuedAt, boolean isDateCertified) {
            this.chain = chain;
            this.event = event;
            this.line = line;
            this.issuedAt = issuedAt;
            this.isDateCertified = isDateCertified;
        }
    }
}
