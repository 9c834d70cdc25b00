package io.spendguard.verify;

import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleRange;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One tenant's tree, rebuilt from the leaves that pass by, and its heads in the tree of all tenants. */
final class TenantLog {
    private final Digest id;
    private final LogFindings findings;
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
    /** How many leaves runs have named so far, those before the package begins among them. */
    private long named;

    /**
     * A tree without leaves.
     *
     * @param id what stands for the tenant in the log, see {@link LogHead#tenantDigest}
     */
    TenantLog(Digest id, LogFindings findings) {
        this.id = id;
        this.findings = findings;
    }

    /** It goes on from where it stood at the earlier checkpoint. */
    void begin(LogStart.OfTenant start) {
        base = start;
        name = start.tenant();
        named = start.size();
        heads.put(start.size(), Objects.requireNonNull(start.head().shown()));
    }

    /** Takes its next head, from a line of the file of heads. */
    void head(LogHead.Detail head, String file, long line) {
        if (head.size() <= lastSize()) {
            findings.malformed(
                    new Place(file, line, name, null, 0, null),
                    "Head " + (line - 1) + " of the log has " + head.size() + " events after one of " + lastSize()
                            + ": a tenant's tree only grows.");
            return;
        }
        heads.put(head.size(), head);
        sizes.put(line, head.size());
    }

    /** Its head of that size, or null. */
    LogHead.@Nullable Detail head(long size) {
        return heads.get(size);
    }

    /** Takes the next run of leaves, whoever's stream they are of. */
    void run(LogRun run) {
        name = run.tenant();
        if (run.index() != named) {
            throw new JsonException("Leaf " + named + " of tenant '" + run.tenant() + "' is of no event.");
        }
        named = run.end();
    }

    /** Where the last of its events stands, for what is wrong with all of them. */
    void reached(Place place) {
        lastPlace = place;
    }

    /** Tells whether a leaf lies under the first heads of the log, so many. */
    boolean isUnder(long index, long size) {
        Map.Entry<Long, Long> then = sizes.floorEntry(size);
        return index >= 0 && then != null && index < then.getValue();
    }

    /** Puts a leaf in its place. */
    void leaf(long index, Digest leaf) {
        MerkleRange range = current;
        if (range == null || range.end() != index || heads.containsKey(index)) {
            range = MerkleRange.startingAt(index);
            pieces.put(index, range);
            current = range;
        }
        range.append(leaf);
    }

    /** Reports heads that were read and cannot be: more than runs name, or none after the package begins. */
    void requireNamed() {
        if (named != lastSize()) {
            findings.malformed(
                    Place.file(PackageNames.RUNS),
                    "The runs of tenant " + label() + " name " + named + " leaves where its last head has " + lastSize()
                            + ".");
        }
    }

    /** Reports a tenant that is said to go on, and does not. */
    void requireGoesOn(long begin) {
        if (base != null && heads.size() == 1) {
            findings.malformed(
                    Place.file(PackageNames.START),
                    "Tenant " + label() + " begins after checkpoint " + begin
                            + ", but the log has no head of it after that.");
        }
    }

    /** Reports leaves that are not those the heads cover. */
    void compare() {
        MerkleRange all = base == null ? MerkleRange.startingAt(0) : base.range();
        for (MerkleRange piece : pieces.values()) {
            if (piece.begin() != all.end()) {
                break;
            }
            all.append(piece);
            LogHead.Detail head = heads.get(all.end());
            if (head != null && !head.root().equals(all.root())) {
                differs("The first " + all.end() + " events of tenant " + label()
                        + " are not those that the log's head of that size covers: one of them, or their order,"
                        + " is another. Ask who exported them.");
                return;
            }
        }
        // Where an event was seen to be missing, it was said of its stream.
        if (findings.isSound() && name != null && all.end() != lastSize()) {
            differs("Leaf " + all.end() + " of tenant " + label() + " is of no event here, though its head covers "
                    + lastSize() + ". Ask who exported them.");
        }
    }

    /**
     * Reports balances that are not those the last head covers.
     *
     * @param checkpoint the size of the tree of all tenants
     */
    void compareBalances(AccountBooks accounts, StartCheck start, long checkpoint) {
        LogHead.Detail last = heads.isEmpty() ? null : heads.lastEntry().getValue();
        if (last == null || name == null || !findings.isSound() || start.isFalse(name)) {
            return;
        }
        Optional<Digest> balances = accounts.coveredRoot(name);
        if (balances.isPresent() && !balances.get().equals(last.balanceRoot())) {
            findings.add(
                    FindingCode.BALANCES_DIFFER,
                    place(),
                    "The balances that follow from the events of tenant '" + name + "' are not those that checkpoint "
                            + checkpoint + " covers. Ask who keeps the log.");
        }
    }

    private long lastSize() {
        return heads.isEmpty() ? 0 : heads.lastKey();
    }

    private void differs(String message) {
        findings.refute(FindingCode.LOG_DIFFERS, place(), message);
    }

    private Place place() {
        return lastPlace == null ? Place.PACKAGE : lastPlace;
    }

    private String label() {
        return name == null ? id.hex() : "'" + name + "'";
    }
}
