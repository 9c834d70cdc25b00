package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogInclusion;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.SignedNote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the events against the log's signed checkpoint: all that it covers are there, in its order, and their balances
 * are those it covers. Trees are rebuilt from leaves that pass by stream for stream; what is kept are the runs, the heads
 * of the tenants shown and some forty hashes for each run.
 *
 * <p>This class reads the log's files and hands each event its place. The checkpoint and the tree under it are
 * {@link GlobalLog}'s, a tenant's tree is {@link TenantLog}'s, a stream's part of it {@link StreamLog}'s.
 */
final class LogCheck {
    /** More than a checkpoint with all its witnesses ever has. */
    private static final int MAX_NOTE_BYTES = 1 << 20;
    /** A package that claims more runs and heads than this is not read into memory. */
    private static final int MAX_KEPT = 5_000_000;

    private final Anchors anchors;
    private final Scope scope;
    private final LogFindings findings;
    private final GlobalLog global;
    /** Whether the auditor gave a checkpoint beside his anchors. */
    private final boolean isAnyGiven;

    /** By what stands for a tenant in the log, in hexadecimal: digests of a hash that somebody chose are found by their order. */
    private final Map<String, TenantLog> tenants = new HashMap<>();
    /** By tenant; of many events in a row of one, and of its runs, only the first has its digest made. */
    private final Map<String, String> digests = new HashMap<>();

    private final Map<PackageNames.StreamName, StreamLog> streams = new HashMap<>();

    private int kept;
    private long covered;
    private long later;
    private boolean isStrayReported;
    private @Nullable String lastTenant;
    private @Nullable Shown shown;

    LogCheck(Anchors anchors, @Nullable SignedNote earlier, Scope scope, Findings findings) {
        this.anchors = anchors;
        this.scope = scope;
        this.findings = new LogFindings(findings);
        this.isAnyGiven = earlier != null;
        this.global = new GlobalLog(anchors, earlier, this.findings);
    }

    /** Reads the log's files, before the events. */
    void read(PackageReader reader, List<StoredZip.Entry> entries, boolean hasManifest, StartCheck start)
            throws IOException {
        if (start.isIllegible()) {
            return; // nothing follows from what goes on from nowhere
        }
        Map<String, StoredZip.Entry> files = new HashMap<>();
        entries.forEach(entry -> files.putIfAbsent(entry.name(), entry));
        StoredZip.Entry note = files.get(PackageNames.CHECKPOINT);
        StoredZip.Entry heads = files.get(PackageNames.HEADS);
        StoredZip.Entry runs = files.get(PackageNames.RUNS);
        if (note == null && heads == null && runs == null && start.log() == null) {
            requireNoneExpected();
            return;
        }
        if (note == null || heads == null || (runs == null && !scope.isExcerpt())) {
            findings.malformed(
                    Place.PACKAGE, "The log's files are not all there: checkpoint, heads and runs belong together.");
            return;
        }
        if (runs != null && scope.isExcerpt()) {
            findings.malformed(
                    Place.file(PackageNames.RUNS), "An excerpt has no runs: its events bring their own proofs.");
            return;
        }
        findings.begin();
        if (note.size() > MAX_NOTE_BYTES) {
            findings.malformed(
                    Place.file(PackageNames.CHECKPOINT),
                    "The checkpoint has " + note.size() + " bytes, more than one ever has.");
            return;
        }
        global.read(reader.content(note));
        Checkpoint signed = global.checkpoint();
        if (signed == null) {
            return;
        }
        global.begin(start.log());
        if (start.log() != null) {
            start.tenants().forEach(tenant -> tree(tenant.head().tenant()).begin(tenant));
        }
        lines(reader, heads, line -> head(LogHead.parse(line), hasManifest));
        if (runs != null) {
            lines(reader, runs, line -> run(LogRun.parse(line)));
        }
        if (findings.isSound() && global.requireHeadsOf(signed)) {
            global.requireContinues(signed);
            tenants.values().forEach(tree -> tree.requireGoesOn(global.begin()));
            if (!scope.isExcerpt()) {
                tenants.values().forEach(TenantLog::requireNamed);
            }
        }
    }

    private void requireNoneExpected() {
        if (isAnyGiven) {
            findings.add(
                    FindingCode.CHECKPOINT_MISSING,
                    Place.PACKAGE,
                    "The package holds no checkpoint, but --checkpoint gives one that it must continue: events may have"
                            + " been left out. Export with the log.");
            return;
        }
        anchors.log()
                .ifPresent(seen -> findings.add(
                        FindingCode.CHECKPOINT_MISSING,
                        Place.PACKAGE,
                        "The package holds no checkpoint, but the anchors tell of log '" + seen.origin()
                                + "': events may have been left out. Export with the log."));
    }

    /** Takes an event's place in its tenant's tree. */
    void event(Place place, String tenant, UUID stream, EventLine line) {
        shown = null;
        if (!findings.isSound()) {
            return;
        }
        TenantLog tree = treeOf(tenant);
        if (scope.isExcerpt()) {
            alone(place, tenant, stream, tree, line);
            return;
        }
        if (take(tenant, stream, line.seq(), line.chain()) < 0) {
            later++;
            requireBetween(place, tenant, stream, line);
        } else {
            covered++;
        }
        if (tree != null) {
            tree.reached(place);
        }
    }

    /** A package that begins after a checkpoint ends with one as well: whatever is not between them has no place in it. */
    private void requireBetween(Place place, String tenant, UUID stream, EventLine line) {
        if (scope.isLater() && !isStrayReported) {
            isStrayReported = true;
            findings.add(
                    FindingCode.LOG_DIFFERS,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ", tenant '" + tenant
                            + "') does not lie between the checkpoint after which the package begins and the one it"
                            + " encloses. Ask who added it.");
        }
    }

    /** An event of an excerpt brings its path to a head of its tenant's tree, or came after the checkpoint. */
    private void alone(Place place, String tenant, UUID stream, @Nullable TenantLog tree, EventLine line) {
        LogInclusion inclusion = line.inclusion();
        if (inclusion == null) {
            later++;
            return;
        }
        LogHead.Detail head = tree == null ? null : tree.head(inclusion.size());
        Digest leaf = SealFormat.leaf(tenant, stream, line.seq(), line.chain());
        if (head == null
                || !MerkleTree.verifyInclusion(
                        leaf, inclusion.index(), inclusion.size(), inclusion.path(), head.root())) {
            findings.add(
                    FindingCode.LOG_DIFFERS,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ", tenant '" + tenant
                            + "') is not leaf " + inclusion.index() + " of the log's head of " + inclusion.size()
                            + " events, as it claims: the log holds another event there. Ask who exported it.");
            return;
        }
        covered++;
        shown = new Shown(new PackageNames.StreamName(tenant, stream), line.seq(), inclusion.index());
    }

    /** Takes a dropped event's place in its tenant's tree; returns its leaf there, or -1 where no checkpoint covers it. */
    long dropped(String tenant, UUID stream, long seq, Digest chain) {
        return findings.isSound() ? take(tenant, stream, seq, chain) : -1;
    }

    /** The tenant's head of that size under the checkpoint, or null. */
    LogHead.@Nullable Detail head(String tenant, long size) {
        TenantLog tree = treeOf(tenant);
        return tree == null ? null : tree.head(size);
    }

    private long take(String tenant, UUID stream, long seq, Digest chain) {
        StreamLog log = streams.get(new PackageNames.StreamName(tenant, stream));
        TenantLog tree = treeOf(tenant);
        return log == null || tree == null ? -1 : log.take(tree, seq, SealFormat.leaf(tenant, stream, seq, chain));
    }

    /**
     * Tells whether the event's place lies under the first heads of the log, so many; false without a log. That the runs tell the
     * truth about places shows when the trees are compared.
     */
    boolean covers(String tenant, UUID stream, long seq, long size) {
        TenantLog tree = treeOf(tenant);
        if (!findings.isSound() || tree == null) {
            return false;
        }
        PackageNames.StreamName name = new PackageNames.StreamName(tenant, stream);
        Shown alone = shown;
        if (alone != null && alone.stream().equals(name) && alone.seq() == seq) {
            return tree.isUnder(alone.index(), size);
        }
        StreamLog log = streams.get(name);
        return log != null && tree.isUnder(log.index(seq), size);
    }

    /** Tells whether the enclosed checkpoint covers the event's place; false without one. */
    boolean covers(String tenant, UUID stream, long seq) {
        return size().isPresent() && covers(tenant, stream, seq, size().getAsLong());
    }

    /** Draws the conclusions that need every stream; empty without a checkpoint that can be relied on. */
    Optional<LogReport> end(AccountBooks accounts, StartCheck start, Map<String, Long> dropped) {
        Checkpoint signed = global.checkpoint();
        if (signed == null || !findings.isSound()) {
            return Optional.empty();
        }
        streams.values().forEach(StreamLog::requireComplete);
        tenants.values().forEach(TenantLog::compare);
        tenants.values().forEach(tree -> tree.compareBalances(accounts, start, global.size()));
        return findings.isSound()
                ? Optional.of(new LogReport(
                        signed, covered, later, global.isContinuation(), global.witnesses(), global.begin(), dropped))
                : Optional.empty();
    }

    /** How many heads the enclosed checkpoint has, if there is one. */
    OptionalLong size() {
        Checkpoint enclosed = global.checkpoint();
        return enclosed == null ? OptionalLong.empty() : OptionalLong.of(enclosed.size());
    }

    /** The size of the anchors' checkpoint, where it lies before the package and is not shown to be continued. */
    OptionalLong notContinued() {
        return global.notContinued();
    }

    private TenantLog tree(Digest tenant) {
        return tenants.computeIfAbsent(tenant.hex(), id -> new TenantLog(tenant, findings));
    }

    private @Nullable TenantLog treeOf(String tenant) {
        return tenants.get(digests.computeIfAbsent(
                tenant, name -> LogHead.tenantDigest(name).hex()));
    }

    private void head(LogHead head, boolean hasManifest) {
        long size = global.append(head);
        String filter = scope.filter().tenant();
        LogHead.Detail detail = head.shown();
        if (detail != null) {
            keep();
            tree(head.tenant()).head(detail, PackageNames.HEADS, size);
        } else if (hasManifest && (filter == null || head.tenant().equals(LogHead.tenantDigest(filter)))) {
            findings.malformed(
                    new Place(PackageNames.HEADS, size, filter, null, 0, null),
                    "Head " + (size - 1) + " of the log is held back, though its tenant is exported.");
        }
    }

    private void run(LogRun run) {
        keep();
        TenantLog tree = treeOf(run.tenant());
        if (tree == null) {
            throw new JsonException("Tenant '" + run.tenant() + "' has events in the log, but no head.");
        }
        String last = lastTenant;
        if (last != null && Arrays.compareUnsigned(utf8(last), utf8(run.tenant())) > 0) {
            throw new JsonException("Tenant '" + run.tenant() + "' comes after '" + last + "': runs are in order.");
        }
        lastTenant = run.tenant();
        tree.run(run);
        streams.computeIfAbsent(
                        new PackageNames.StreamName(run.tenant(), run.stream()), name -> new StreamLog(name, findings))
                .add(run);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void lines(PackageReader reader, StoredZip.Entry entry, Consumer<byte[]> sink) throws IOException {
        long[] count = {0};
        reader.lines(entry, piece -> {}, line -> {
            count[0]++;
            if (!findings.isSound()) {
                return;
            }
            try {
                sink.accept(line);
            } catch (JsonException malformed) {
                findings.malformed(
                        new Place(entry.name(), count[0], null, null, 0, null),
                        "Line " + count[0] + " of " + entry.name() + " is not what belongs there: "
                                + malformed.getMessage());
            }
        });
    }

    private void keep() {
        if (++kept > MAX_KEPT) {
            throw new JsonException("More than " + MAX_KEPT + " runs and heads are not checked. Export one tenant.");
        }
    }

    /** The event of an excerpt that was last shown to be in the log. */
    private record Shown(PackageNames.StreamName stream, long seq, long index) {}
}
