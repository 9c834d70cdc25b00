package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogInclusion;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleRange;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks the events against the log's signed checkpoint: all that it covers are there, in its order, and their balances
 * are those it covers. Trees are rebuilt from leaves that pass by stream for stream; what is kept are the runs, the heads
 * of the tenants shown and some forty hashes for each run.
 */
final class LogCheck {
    /** More than a checkpoint with all its witnesses ever has. */
    private static final int MAX_NOTE_BYTES = 1 << 20;
    /** A package that claims more runs and heads than this is not read into memory. */
    private static final int MAX_KEPT = 5_000_000;

    private final Anchors anchors;
    private final Scope scope;
    private final Findings findings;
    private final Map<Digest, TenantLog> tenants = new HashMap<>();
    private final Map<PackageNames.StreamName, StreamLog> streams = new HashMap<>();
    /** Which sizes of the tree of all tenants the auditor knows a root of. */
    private final Set<Long> known = new HashSet<>();
    /** What the enclosed heads make of them. */
    private final Map<Long, Digest> roots = new HashMap<>();

    private final @Nullable SignedNote earlier;
    private MerkleRange global = MerkleRange.startingAt(0);
    private long begin;
    private boolean isStrayReported;
    /** Whether a checkpoint that the auditor holds was found not to be continued. */
    private boolean isContradicted;

    private int kept;
    private boolean isSound;
    private boolean isContinuation;
    private int witnesses;
    private long covered;
    private long later;
    private @Nullable Checkpoint checkpoint;
    private @Nullable String lastTenant;
    private @Nullable Shown shown;

    LogCheck(Anchors anchors, @Nullable SignedNote earlier, Scope scope, Findings findings) {
        this.anchors = anchors;
        this.earlier = earlier;
        this.scope = scope;
        this.findings = findings;
    }

    /** Reads the log's files, before the events. */
    void read(PackageReader reader, List<StoredZip.Entry> entries, boolean hasManifest, StartCheck start)
            throws IOException {
        if (start.isIllegible()) {
            return; // nothing follows from what goes on from nowhere
        }
        String filter = scope.filter().tenant();
        Map<String, StoredZip.Entry> files = new HashMap<>();
        entries.forEach(entry -> files.putIfAbsent(entry.name(), entry));
        StoredZip.Entry note = files.get(PackageNames.CHECKPOINT);
        StoredZip.Entry heads = files.get(PackageNames.HEADS);
        StoredZip.Entry runs = files.get(PackageNames.RUNS);
        if (note == null && heads == null && runs == null && start.log() == null) {
            if (anchors.log().isPresent()) {
                add(
                        FindingCode.CHECKPOINT_MISSING,
                        Place.PACKAGE,
                        "The package holds no checkpoint, but the anchors tell of log '"
                                + anchors.log().get().origin()
                                + "': events may have been left out. Export with the log.");
            }
            return;
        }
        if (note == null || heads == null || (runs == null && !scope.isExcerpt())) {
            malformed(Place.PACKAGE, "The log's files are not all there: checkpoint, heads and runs belong together.");
            return;
        }
        if (runs != null && scope.isExcerpt()) {
            malformed(Place.file(PackageNames.RUNS), "An excerpt has no runs: its events bring their own proofs.");
            return;
        }
        isSound = true;
        readNote(reader, note);
        if (checkpoint == null) {
            return;
        }
        begin(start);
        lines(reader, heads, line -> head(PackageNames.HEADS, LogHead.parse(line), filter, hasManifest));
        if (runs != null) {
            lines(reader, runs, line -> run(LogRun.parse(line)));
        }
        compareHeads();
    }

    /** Takes an event's place in its tenant's tree. */
    void event(Place place, String tenant, UUID stream, EventLine line) {
        shown = null;
        if (!isSound) {
            return;
        }
        TenantLog tree = tenants.get(LogHead.tenantDigest(tenant));
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
            tree.lastPlace = place;
        }
    }

    /** A package that begins after a checkpoint ends with one as well: whatever is not between them has no place in it. */
    private void requireBetween(Place place, String tenant, UUID stream, EventLine line) {
        if (scope.isLater() && !isStrayReported) {
            isStrayReported = true;
            add(
                    FindingCode.LOG_DIFFERS,
                    place,
                    "Event " + line.id() + " (position " + line.seq() + " of stream " + stream + ", tenant '" + tenant
                            + "') does not lie between the checkpoint after which the package begins and the one it"
                            + " encloses. Ask who added it.");
        }
    }

    /** Trees go on from where they stood at the earlier checkpoint. */
    private void begin(StartCheck start) {
        anchors.log().ifPresent(seen -> known.add(seen.size()));
        Checkpoint given = given();
        if (given != null) {
            known.add(given.size());
        }
        LogStart.OfLog tree = start.log();
        if (tree != null) {
            begin = tree.size();
            global = tree.range();
            start.tenants().forEach(tenant -> {
                LogHead head = tenant.head();
                tenants.computeIfAbsent(head.tenant(), TenantLog::new).begin(tenant, head);
            });
        }
        passRoot();
    }

    private void passRoot() {
        if (known.contains(global.end())) {
            roots.put(global.end(), global.root());
        }
    }

    /** The checkpoint that the auditor kept beside the anchors; null without one, and where no anchored key signed it. */
    private @Nullable Checkpoint given() {
        SignedNote note = earlier;
        if (note == null) {
            return null;
        }
        Checkpoint read = Checkpoint.parse(note.text());
        return anchors.keys().stream().anyMatch(key -> isSignedBy(note, read, key)) ? read : null;
    }

    /** An event of an excerpt brings its path to a head of its tenant's tree, or came after the checkpoint. */
    private void alone(Place place, String tenant, UUID stream, @Nullable TenantLog tree, EventLine line) {
        LogInclusion inclusion = line.inclusion();
        if (inclusion == null) {
            later++;
            return;
        }
        LogHead.Detail head = tree == null ? null : tree.heads.get(inclusion.size());
        Digest leaf = SealFormat.leaf(tenant, stream, line.seq(), line.chain());
        if (head == null
                || !MerkleTree.verifyInclusion(
                        leaf, inclusion.index(), inclusion.size(), inclusion.path(), head.root())) {
            add(
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
        return isSound ? take(tenant, stream, seq, chain) : -1;
    }

    /** The tenant's head of that size under the checkpoint, or null. */
    LogHead.@Nullable Detail head(String tenant, long size) {
        TenantLog tree = tenants.get(LogHead.tenantDigest(tenant));
        return tree == null ? null : tree.heads.get(size);
    }

    private long take(String tenant, UUID stream, long seq, Digest chain) {
        StreamLog log = streams.get(new PackageNames.StreamName(tenant, stream));
        TenantLog tree = tenants.get(LogHead.tenantDigest(tenant));
        return log == null || tree == null ? -1 : log.take(tree, seq, SealFormat.leaf(tenant, stream, seq, chain));
    }

    /**
     * Tells whether the event's place lies under the first heads of the log, so many; false without a log. That the runs tell the
     * truth about places shows when the trees are compared.
     */
    boolean covers(String tenant, UUID stream, long seq, long size) {
        PackageNames.StreamName name = new PackageNames.StreamName(tenant, stream);
        StreamLog log = streams.get(name);
        TenantLog tree = tenants.get(LogHead.tenantDigest(tenant));
        if (!isSound || tree == null) {
            return false;
        }
        Map.Entry<Long, Long> then = tree.sizes.floorEntry(size);
        Shown alone = shown;
        if (alone != null && alone.stream().equals(name) && alone.seq() == seq) {
            return then != null && alone.index() < then.getValue();
        }
        if (log == null) {
            return false;
        }
        Map.Entry<Long, LogRun> run = log.runs.floorEntry(seq);
        return run != null
                && then != null
                && seq <= run.getValue().to()
                && run.getValue().index() + (seq - run.getValue().from()) < then.getValue();
    }

    /** Tells whether the enclosed checkpoint covers the event's place; false without one. */
    boolean covers(String tenant, UUID stream, long seq) {
        return size().isPresent() && covers(tenant, stream, seq, size().getAsLong());
    }

    /** Draws the conclusions that need every stream; empty without a checkpoint that can be relied on. */
    Optional<LogReport> end(AccountBooks accounts, StartCheck start, Map<String, Long> dropped) {
        if (checkpoint == null || !isSound) {
            return Optional.empty();
        }
        streams.forEach((name, log) -> log.requireComplete(name));
        tenants.values().forEach(TenantLog::compare);
        tenants.values().forEach(tree -> tree.compareBalances(accounts, start));
        return isSound
                ? Optional.of(new LogReport(checkpoint, covered, later, isContinuation, witnesses, begin, dropped))
                : Optional.empty();
    }

    /** How many heads the enclosed checkpoint has, if there is one. */
    OptionalLong size() {
        Checkpoint enclosed = checkpoint;
        return enclosed == null ? OptionalLong.empty() : OptionalLong.of(enclosed.size());
    }

    private void readNote(PackageReader reader, StoredZip.Entry entry) throws IOException {
        Place place = Place.file(PackageNames.CHECKPOINT);
        if (entry.size() > MAX_NOTE_BYTES) {
            malformed(place, "The checkpoint has " + entry.size() + " bytes, more than one ever has.");
            return;
        }
        try {
            SignedNote note = SignedNote.parse(reader.content(entry));
            Checkpoint read = Checkpoint.parse(note.text());
            if (anchors.keys().stream().noneMatch(key -> isSignedBy(note, read, key))) {
                add(
                        FindingCode.CHECKPOINT_NOT_SIGNED,
                        place,
                        "Checkpoint " + read.size() + " of log '" + read.origin()
                                + "' is not signed by an anchored key that was not revoked before: it proves nothing. Add the log's key only if its"
                                + " owner confirms it.");
            }
            for (NoteKey witness : anchors.witnesses()) {
                if (note.cosignedAt(witness).isPresent()) {
                    witnesses++;
                } else {
                    add(
                            FindingCode.CHECKPOINT_NOT_SIGNED,
                            place,
                            "Checkpoint " + read.size() + " of log '" + read.origin() + "' lacks the cosignature of '"
                                    + witness.name() + "', which the anchors ask for. Have it witnessed first.");
                }
            }
            requireContinues(read);
            checkpoint = read;
        } catch (IllegalArgumentException malformed) {
            malformed(place, String.valueOf(malformed.getMessage()));
        }
    }

    /** A key that was revoked signs no later checkpoint. */
    private boolean isSignedBy(SignedNote note, Checkpoint read, VerificationKey key) {
        OptionalLong revoked = anchors.revokedAt(key.id());
        return (revoked.isEmpty() || read.size() <= revoked.getAsLong())
                && note.isSignedBy(NoteKey.of(read.origin(), key));
    }

    private void requireContinues(Checkpoint read) {
        Checkpoint seen = anchors.log().orElse(null);
        if (seen == null) {
            return;
        }
        isContradicted = !seen.origin().equals(read.origin()) || read.size() < seen.size();
        if (!seen.origin().equals(read.origin())) {
            inconsistent("is of log '" + read.origin() + "', but the anchors tell of '" + seen.origin() + "'");
        } else if (read.size() < seen.size()) {
            inconsistent("covers " + read.size() + " heads, but the anchors saw " + seen.size()
                    + " already: the log was rolled back");
        }
    }

    private void head(String file, LogHead head, @Nullable String filter, boolean hasManifest) {
        global.append(head.leaf());
        passRoot();
        LogHead.Detail detail = head.shown();
        boolean mustBeShown = hasManifest && (filter == null || head.tenant().equals(LogHead.tenantDigest(filter)));
        if (detail == null) {
            if (mustBeShown) {
                malformed(
                        new Place(file, global.end(), filter, null, 0, null),
                        "Head " + (global.end() - 1) + " of the log is held back, though its tenant is exported.");
            }
            return;
        }
        keep();
        tenants.computeIfAbsent(head.tenant(), TenantLog::new).head(detail, file, global.end());
    }

    private void run(LogRun run) {
        keep();
        TenantLog tree = tenants.get(LogHead.tenantDigest(run.tenant()));
        if (tree == null) {
            throw new JsonException("Tenant '" + run.tenant() + "' has events in the log, but no head.");
        }
        String last = lastTenant;
        if (last != null && Arrays.compareUnsigned(utf8(last), utf8(run.tenant())) > 0) {
            throw new JsonException("Tenant '" + run.tenant() + "' comes after '" + last + "': runs are in order.");
        }
        lastTenant = run.tenant();
        tree.name = run.tenant();
        if (run.index() != tree.named) {
            throw new JsonException("Leaf " + tree.named + " of tenant '" + run.tenant() + "' is of no event.");
        }
        tree.named = run.end();
        streams.computeIfAbsent(new PackageNames.StreamName(run.tenant(), run.stream()), name -> new StreamLog())
                .name(run);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void compareHeads() {
        Checkpoint signed = checkpoint;
        if (!isSound || signed == null) {
            return;
        }
        if (global.end() != signed.size() || !global.root().equals(signed.root())) {
            add(
                    FindingCode.LOG_DIFFERS,
                    Place.file(PackageNames.HEADS),
                    "The " + global.end() + " heads of the log are not those that checkpoint " + signed.size()
                            + " was signed over. Export again.");
            isSound = false;
            return;
        }
        boolean continuesAnchors = anchors.log().isPresent()
                && continues(
                        signed,
                        anchors.log().get(),
                        "the checkpoint " + anchors.log().get().size() + " that the anchors hold");
        boolean continuesGiven = requireContinuesGiven(signed);
        isContinuation = continuesAnchors;
        requireKnownBeginning(continuesAnchors, continuesGiven);
        for (TenantLog tree : tenants.values()) {
            if (!scope.isExcerpt() && tree.named != tree.lastSize()) {
                malformed(
                        Place.file(PackageNames.RUNS),
                        "The runs of tenant " + tree.label() + " name " + tree.named
                                + " leaves where its last head has " + tree.lastSize() + ".");
            }
        }
    }

    /** Tells whether the log is shown to continue a checkpoint; where it is shown not to, that is a finding. */
    private boolean continues(Checkpoint signed, Checkpoint seen, String what) {
        if (!seen.origin().equals(signed.origin()) || seen.size() > signed.size() || seen.size() < begin) {
            return false;
        }
        Digest then = seen.size() == 0 ? MerkleTree.emptyRoot() : roots.get(seen.size());
        if (then != null && seen.root().equals(then)) {
            return true;
        }
        isContradicted = true;
        inconsistent("covers another past than " + what + ": two histories were signed");
        return false;
    }

    private boolean requireContinuesGiven(Checkpoint signed) {
        SignedNote note = earlier;
        if (note == null) {
            return false;
        }
        Checkpoint given = given();
        Checkpoint read = Checkpoint.parse(note.text());
        if (given == null) {
            isContradicted = true;
            add(
                    FindingCode.CHECKPOINT_NOT_SIGNED,
                    Place.PACKAGE,
                    "The checkpoint " + read.size() + " that was given to compare with is not signed by an anchored key"
                            + " that was not revoked before: it proves nothing. Take the one you kept.");
            return false;
        }
        if (!given.origin().equals(signed.origin())) {
            isContradicted = true;
            inconsistent("is of log '" + signed.origin() + "', but the one given to compare with is of '"
                    + given.origin() + "'");
            return false;
        }
        if (given.size() > signed.size()) {
            isContradicted = true;
            inconsistent("covers " + signed.size() + " heads, but the one given to compare with " + given.size()
                    + " already: the log was rolled back");
            return false;
        }
        return continues(signed, given, "the checkpoint " + given.size() + " given to compare with");
    }

    /** Where nobody tells what was before, everything before may be invented. */
    private void requireKnownBeginning(boolean continuesAnchors, boolean continuesGiven) {
        if (begin > 0 && !continuesAnchors && !continuesGiven && !isContradicted) {
            add(
                    FindingCode.CHECKPOINT_MISSING,
                    Place.file(PackageNames.START),
                    "The package begins after checkpoint " + begin + ", but neither the anchors nor --checkpoint hold"
                            + " that one or a later one to compare it with: what it begins from is not proved. Give the"
                            + " one you verified before.");
        }
        for (TenantLog tree : tenants.values()) {
            if (tree.isBegun() && tree.heads.size() == 1) {
                malformed(
                        Place.file(PackageNames.START),
                        "Tenant " + tree.label() + " begins after checkpoint " + begin
                                + ", but the log has no head of it after that.");
            }
        }
    }

    private void lines(PackageReader reader, StoredZip.Entry entry, Consumer<byte[]> sink) throws IOException {
        long[] count = {0};
        reader.lines(entry, piece -> {}, line -> {
            count[0]++;
            if (!isSound) {
                return;
            }
            try {
                sink.accept(line);
            } catch (JsonException malformed) {
                malformed(
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

    private void inconsistent(String fault) {
        add(
                FindingCode.CHECKPOINT_INCONSISTENT,
                Place.file(PackageNames.CHECKPOINT),
                "The checkpoint " + fault + ". Ask the log's owner, and keep both.");
    }

    private void malformed(Place place, String fault) {
        isSound = false;
        add(FindingCode.LOG_MALFORMED, place, fault + " Export again.");
    }

    private void add(FindingCode code, Place place, String message) {
        findings.add(code, place, message);
    }

    /** The event of an excerpt that was last shown to be in the log. */
    private record Shown(PackageNames.StreamName stream, long seq, long index) {}

    /** One stream's part of its tenant's tree. */
    private final class StreamLog {
        /** By first position. */
        private final TreeMap<Long, LogRun> runs = new TreeMap<>();

        private final Map<Long, Long> taken = new HashMap<>();

        /** An event has one leaf: where a run could take the place of another, leaves would be of no event, and unseen. */
        private void name(LogRun run) {
            Map.Entry<Long, LogRun> before = runs.floorEntry(run.to());
            if (before != null && before.getValue().to() >= run.from()) {
                throw new JsonException("Position " + Math.max(run.from(), before.getKey()) + " of stream "
                        + run.stream() + " has two leaves.");
            }
            runs.put(run.from(), run);
        }

        /** The position's leaf in the tenant's tree, or -1 where the checkpoint does not cover it. */
        private long take(TenantLog tree, long seq, Digest leaf) {
            Map.Entry<Long, LogRun> entry = runs.floorEntry(seq);
            if (entry == null || seq > entry.getValue().to()) {
                return -1;
            }
            LogRun run = entry.getValue();
            long index = run.index() + (seq - run.from());
            if (seq == taken.getOrDefault(run.from(), run.from())) {
                tree.leaf(index, leaf);
                taken.put(run.from(), seq + 1);
            }
            return index;
        }

        private void requireComplete(PackageNames.StreamName name) {
            for (LogRun run : runs.values()) {
                long next = taken.getOrDefault(run.from(), run.from());
                if (next <= run.to()) {
                    add(
                            FindingCode.EVENT_LEFT_OUT,
                            new Place(
                                    PackageNames.events(name.tenant(), name.stream()),
                                    0,
                                    name.tenant(),
                                    name.stream(),
                                    next,
                                    null),
                            "Event " + next + " of stream " + name.stream() + " of tenant '" + name.tenant()
                                    + "' is not there in its place, but the checkpoint covers positions up to "
                                    + run.to()
                                    + ". Look for it in a backup.");
                    isSound = false;
                    return;
                }
            }
        }
    }

    /** One tenant's tree. */
    private final class TenantLog {
        private final Digest id;
        /** By size. */
        private final TreeMap<Long, LogHead.Detail> heads = new TreeMap<>();
        /** By size of the tree of all tenants: how many leaves this one had then. */
        private final TreeMap<Long, Long> sizes = new TreeMap<>();
        /** By first leaf; cut where heads are. */
        private final TreeMap<Long, MerkleRange> pieces = new TreeMap<>();

        /** Its leaves before the package begins. */
        private LogStart.@Nullable OfTenant base;

        private @Nullable String name;
        private @Nullable Place lastPlace;
        private @Nullable MerkleRange current;
        private long named;

        private TenantLog(Digest id) {
            this.id = id;
        }

        private void begin(LogStart.OfTenant start, LogHead head) {
            base = start;
            name = start.tenant();
            named = start.size();
            heads.put(start.size(), Objects.requireNonNull(head.shown()));
        }

        private boolean isBegun() {
            return base != null;
        }

        private void head(LogHead.Detail head, String file, long line) {
            if (head.size() <= lastSize()) {
                malformed(
                        new Place(file, line, name, null, 0, null),
                        "Head " + (line - 1) + " of the log has " + head.size() + " events after one of " + lastSize()
                                + ": a tenant's tree only grows.");
                return;
            }
            heads.put(head.size(), head);
            sizes.put(line, head.size());
        }

        private long lastSize() {
            return heads.isEmpty() ? 0 : heads.lastKey();
        }

        private void leaf(long index, Digest leaf) {
            MerkleRange range = current;
            if (range == null || range.end() != index || heads.containsKey(index)) {
                range = MerkleRange.startingAt(index);
                pieces.put(index, range);
                current = range;
            }
            range.append(leaf);
        }

        private void compare() {
            MerkleRange all = base == null ? MerkleRange.startingAt(0) : base.range();
            for (MerkleRange piece : pieces.values()) {
                if (piece.begin() != all.end()) {
                    break;
                }
                all.append(piece);
                LogHead.Detail head = heads.get(all.end());
                if (head != null && !head.root().equals(all.root())) {
                    add(
                            FindingCode.LOG_DIFFERS,
                            lastPlace == null ? Place.PACKAGE : lastPlace,
                            "The first " + all.end() + " events of tenant " + label()
                                    + " are not those that the log's head of that size covers: one of them, or their order,"
                                    + " is another. Ask who exported them.");
                    isSound = false;
                    return;
                }
            }
            // Where an event was seen to be missing, it was said of its stream.
            if (isSound && name != null && all.end() != lastSize()) {
                add(
                        FindingCode.LOG_DIFFERS,
                        lastPlace == null ? Place.PACKAGE : lastPlace,
                        "Leaf " + all.end() + " of tenant " + label() + " is of no event here, though its head covers "
                                + lastSize() + ". Ask who exported them.");
                isSound = false;
            }
        }

        private void compareBalances(AccountBooks accounts, StartCheck start) {
            LogHead.Detail last = heads.isEmpty() ? null : heads.lastEntry().getValue();
            if (last == null || name == null || !isSound || start.isFalse(name)) {
                return;
            }
            Optional<Digest> balances = accounts.coveredRoot(name);
            if (balances.isPresent() && !balances.get().equals(last.balanceRoot())) {
                add(
                        FindingCode.BALANCES_DIFFER,
                        lastPlace == null ? Place.PACKAGE : lastPlace,
                        "The balances that follow from the events of tenant '" + name
                                + "' are not those that checkpoint " + global.end()
                                + " covers. Ask who keeps the log.");
            }
        }

        private String label() {
            return name == null ? id.hex() : "'" + name + "'";
        }
    }
}
