package io.spendguard.verify;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.SignedNote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Re-checks an evidence package offline: container, manifest, canonical form, chains, gaps, signatures, decisions and
 * outcomes, and every balance. Trusts nothing in the package, only the anchors.
 *
 * <p>Whatever the bytes, the answer is a report; damage is a finding. Reads the package once. What is to be compared across streams
 * takes up to an eighth of the heap, at most 64 MiB; where it is more, some hundred bytes for each event wait in a file in the
 * directory for temporary files ({@code java.io.tmpdir}) that only its owner may read and that is gone afterwards, whatever comes:
 * ids, amounts and prices, nothing personal. Beside that, memory is proportional to the numbers of accounts, streams, receipts,
 * contracts that came into force, events that were dropped in closed periods, and runs and heads of the log; and to what a single decision has of accounts, parts,
 * corrections and answers to the approval that it asked for. Each call is independent; safe for any number of threads.
 */
public final class Verifier {
    private final Findings findings = new Findings();
    private final Scope scope = new Scope();
    private final ContractBook contracts = new ContractBook(scope, findings);
    private final AccountBooks accounts = new AccountBooks(scope, contracts, findings);
    private final IdBook ids = new IdBook(findings);
    private final KeyBook actions = new KeyBook(findings);
    private final DecisionBook decisions = new DecisionBook(scope, findings);
    private final ApprovalBook approvals = new ApprovalBook(contracts, decisions, findings);
    private final CostBook costs = new CostBook(findings);
    private final FenceCheck fences = new FenceCheck(scope, findings);
    private final Chronicle chronicle = new Chronicle();
    private final List<StreamReport> streams = new ArrayList<>();
    private final Facts facts;
    private final CostCheck prices;
    private final KeyTrust keys;
    private final SealCheck seals;
    private final ManifestCheck manifest;
    private final LogCheck log;
    private final StartCheck start;
    private final DroppedCheck dropped;
    private final ContentCheck content;
    private final ReceiptCheck receipts;
    private final Map<PackageNames.StreamName, ReceiptCheck.Tail> tails = new HashMap<>();

    private Verifier(Anchors anchors, @Nullable SignedNote earlier, FactSpool spool) {
        this.facts = new Facts(spool);
        this.prices = new CostCheck(facts, costs, accounts, findings);
        this.keys = new KeyTrust(anchors, findings);
        this.seals = new SealCheck(keys);
        this.manifest = new ManifestCheck(keys, findings);
        this.log = new LogCheck(anchors, earlier, scope, findings);
        this.start = new StartCheck(accounts, scope, findings);
        this.dropped = new DroppedCheck(log, accounts, facts, findings);
        this.content = new ContentCheck(
                scope,
                findings,
                accounts,
                contracts,
                facts,
                new DecisionCheck(facts),
                new ApprovalCheck(facts, findings),
                prices,
                chronicle,
                dropped,
                log);
        this.receipts = new ReceiptCheck(keys, seals, scope, findings);
    }

    /**
     * Verifies a package.
     *
     * @param file the zip
     * @param anchors the keys to trust
     * @throws EvidenceException when the file is missing or cannot be read, or when there is no room for a temporary file that it
     *     needs; what it holds is never a reason
     */
    public static VerificationReport verify(Path file, Anchors anchors) {
        return verify(file, anchors, null);
    }

    /**
     * Verifies a package against what callers were handed.
     *
     * @param file the zip
     * @param anchors the keys to trust
     * @param receipts one {@link io.spendguard.evidence.Receipts line} for each decision that somebody kept, or null
     * @throws EvidenceException when a file is missing or cannot be read, or when there is no room for a temporary file that it needs;
     *     what it holds is never a reason
     */
    public static VerificationReport verify(Path file, Anchors anchors, @Nullable Path receipts) {
        return verify(file, anchors, receipts, null);
    }

    /**
     * Verifies a package that must continue a checkpoint beside the one that the anchors hold. One that begins after a checkpoint
     * needs one of them to be that checkpoint, or a later one.
     *
     * @param file the zip
     * @param anchors the keys to trust
     * @param receipts what callers were handed, or null
     * @param earlier a checkpoint that the auditor kept, as it was signed, or null
     * @throws IllegalArgumentException when that is a note, but no checkpoint
     * @throws EvidenceException when a file is missing or cannot be read, or when there is no room for a temporary file that it needs;
     *     what it holds is never a reason
     */
    public static VerificationReport verify(
            Path file, Anchors anchors, @Nullable Path receipts, @Nullable SignedNote earlier) {
        if (earlier != null) {
            Checkpoint.parse(earlier.text());
        }
        return verify(file, anchors, receipts, earlier, FactSpool.create());
    }

    /** Verifies with facts kept in a spool, which is closed afterwards, whatever comes. */
    static VerificationReport verify(
            Path file, Anchors anchors, @Nullable Path receipts, @Nullable SignedNote earlier, FactSpool spool) {
        Objects.requireNonNull(anchors, "anchors");
        try (spool) {
            if (Files.isDirectory(file)) {
                throw new EvidenceException("Evidence package " + file + " is a directory. Name the zip itself.");
            }
            return new Verifier(anchors, earlier, spool).verify(file, receipts);
        } catch (NoSuchFileException missing) {
            throw new EvidenceException("Evidence package " + file + " does not exist. Name the zip itself.", missing);
        } catch (IOException failed) {
            throw new EvidenceException(
                    "Evidence package " + file + " cannot be read: " + failed + ". Give this process read permission.",
                    failed);
        }
    }

    private VerificationReport verify(Path file, @Nullable Path handedOut) throws IOException {
        try (PackageReader reader = PackageReader.open(file, findings)) {
            List<StoredZip.Entry> entries = reader.entries();
            if (!entries.isEmpty() || findings.count() == 0) {
                manifest.read(reader, entries);
                manifest.manifest().map(EvidenceManifest::filter).ifPresent(scope::is);
                start.read(reader, entries);
                log.read(reader, entries, manifest.manifest().isPresent(), start);
                if (!scope.isExcerpt() && !scope.isLater()) {
                    dropped.read(reader, entries);
                }
                prices.read(reader, entries);
                contracts.read(reader, entries);
                if (handedOut != null) {
                    receipts.read(handedOut, scope.filter().tenant());
                }
                for (StoredZip.Entry entry : entries) {
                    check(reader, entry);
                }
                manifest.requireAllPresent(entries);
                manifest.requireTold(tails.keySet());
                manifest.requireNotRevoked(log.size());
            }
        }
        return conclude();
    }

    private void check(PackageReader reader, StoredZip.Entry entry) throws IOException {
        Fingerprint fingerprint = new Fingerprint();
        Optional<PackageNames.StreamName> stream = PackageNames.parseEvents(entry.name());
        if (stream.isPresent()) {
            StreamCheck check = new StreamCheck(
                    entry.name(),
                    stream.get(),
                    scope,
                    keys,
                    seals,
                    content,
                    log,
                    receipts,
                    dropped,
                    fences,
                    start.stream(stream.get().tenant(), stream.get().stream()),
                    findings);
            reader.lines(entry, fingerprint, check::line);
            streams.add(check.end(manifest.stream(stream.get())));
            tails.put(stream.get(), check.tail());
        } else {
            reader.pieces(entry, fingerprint);
        }
        manifest.compare(entry, fingerprint.crc.getValue(), Digest.of(fingerprint.sha.digest()));
    }

    private VerificationReport conclude() {
        fences.end();
        List<AccountReport> reports = accounts.end();
        Optional<EvidenceManifest> read = manifest.manifest();
        Map<String, Long> gone = dropped.end();
        Optional<LogReport> logged = log.end(accounts, start, gone);
        Optional<ReceiptReport> handedOut = receipts.end(
                tails,
                read.map(EvidenceManifest::createdAt)
                        .map(this::noEarlierThanItsEvents)
                        .orElse(null));
        facts.tell(ids, actions, decisions, costs, approvals);
        long events = streams.stream().mapToLong(StreamReport::events).sum();
        manifest.compareCount(events);
        if (events == 0 && findings.count() == 0) {
            findings.add(
                    FindingCode.PACKAGE_EMPTY,
                    Place.PACKAGE,
                    "The package holds no event: nothing was verified. Export the tenant you mean.");
        }
        return new VerificationReport(
                read.map(EvidenceManifest::createdAt).orElse(null),
                scope.filter(),
                events,
                streams,
                reports,
                chronicle.tally(),
                seals.keys(),
                logged.orElse(null),
                handedOut.orElse(null),
                scope.isLater()
                        ? new Beginning(
                                scope.after(), decisions.outcomesBefore(), log.notContinued(), receipts.unplaced())
                        : null,
                decisions.openHolds(),
                prices.end(),
                money(gone),
                findings.inOrder(),
                findings.count());
    }

    private VerificationReport.Money money(Map<String, Long> gone) {
        if (findings.has(FindingCode.Group.EVENT)
                || findings.has(FindingCode.Group.CONTENT)
                || streams.stream().allMatch(stream -> stream.events() == 0)) {
            return VerificationReport.Money.NOT_PROVEN;
        }
        if (scope.isExcerpt()) {
            return VerificationReport.Money.FILTERED;
        }
        if (accounts.isMovedByUnknown()) {
            return VerificationReport.Money.UNKNOWN;
        }
        if (scope.isLater()) {
            return findings.has(FindingCode.Group.LOG)
                    ? VerificationReport.Money.NOT_PROVEN
                    : VerificationReport.Money.FROM_CHECKPOINT;
        }
        if (gone.isEmpty()) {
            return VerificationReport.Money.FULL;
        }
        return findings.has(FindingCode.Group.LOG)
                ? VerificationReport.Money.NOT_PROVEN
                : VerificationReport.Money.FROM_CLOSE;
    }

    /** A package that says it is older than what it holds does not get away with it. */
    private Instant noEarlierThanItsEvents(Instant createdAt) {
        return createdAt.isBefore(content.latest()) ? content.latest() : createdAt;
    }

    /** A file's checksums, taken while it passes by. */
    private static final class Fingerprint implements Consumer<byte[]> {
        private final CRC32 crc = new CRC32();
        private final MessageDigest sha = Digest.newSha256();

        @Override
        public void accept(byte[] piece) {
            crc.update(piece);
            sha.update(piece);
        }
    }
}
