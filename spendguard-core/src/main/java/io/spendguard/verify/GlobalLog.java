package io.spendguard.verify;

import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleRange;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.VerificationKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tree of all tenants and the checkpoint over it: who signed it, that the enclosed heads are those it covers, and that it
 * continues the checkpoints that the auditor holds.
 */
final class GlobalLog {
    private static final Place NOTE = Place.file(PackageNames.CHECKPOINT);

    private final Anchors anchors;
    /** A checkpoint that the auditor kept beside the anchors. */
    private final @Nullable SignedNote earlier;

    private final LogFindings findings;
    /** Which sizes of the tree the auditor knows a root of. */
    private final Set<Long> known = new HashSet<>();
    /** What the enclosed heads make of them. */
    private final Map<Long, Digest> roots = new HashMap<>();

    private MerkleRange tree = MerkleRange.startingAt(0);
    private long begin;
    private @Nullable Checkpoint checkpoint;
    private int witnesses;
    private boolean isContinuation;
    /** Whether a checkpoint that the auditor holds was found not to be continued. */
    private boolean isContradicted;

    GlobalLog(Anchors anchors, @Nullable SignedNote earlier, LogFindings findings) {
        this.anchors = anchors;
        this.earlier = earlier;
        this.findings = findings;
    }

    /** Reads the enclosed checkpoint. */
    void read(byte[] content) {
        try {
            SignedNote note = SignedNote.parse(content);
            Checkpoint read = Checkpoint.parse(note.text());
            requireSigned(note, read);
            requireWitnesses(note, read);
            requireNoRollback(read);
            checkpoint = read;
        } catch (IllegalArgumentException malformed) {
            findings.malformed(NOTE, String.valueOf(malformed.getMessage()));
        }
    }

    /** The tree goes on from where it stood at the earlier checkpoint; null where it begins with its first leaf. */
    void begin(LogStart.@Nullable OfLog start) {
        anchors.log().ifPresent(seen -> known.add(seen.size()));
        Checkpoint given = given();
        if (given != null) {
            known.add(given.size());
        }
        if (start != null) {
            begin = start.size();
            tree = start.range();
            passFrontier(start);
        }
        passRoot();
    }

    /** The first perfect subtrees of the frontier are a smaller tree each, whose roots follow; others cannot be told from it. */
    private void passFrontier(LogStart.OfLog start) {
        long size = 0;
        for (int count = 1; count < start.frontier().size(); count++) {
            size += Long.highestOneBit(start.size() - size);
            if (known.contains(size)) {
                roots.put(
                        size,
                        MerkleRange.ofTree(size, start.frontier().subList(0, count))
                                .root());
            }
        }
    }

    /** Takes the next leaf; returns how many there are with it. */
    long append(LogHead head) {
        tree.append(head.leaf());
        passRoot();
        return tree.end();
    }

    /** Reports heads that are not those the checkpoint was signed over; tells whether they are. */
    boolean requireHeadsOf(Checkpoint signed) {
        if (tree.end() == signed.size() && tree.root().equals(signed.root())) {
            return true;
        }
        findings.refute(
                FindingCode.LOG_DIFFERS,
                Place.file(PackageNames.HEADS),
                "The " + tree.end() + " heads of the log are not those that checkpoint " + signed.size()
                        + " was signed over. Export again.");
        return false;
    }

    /** Reports a checkpoint that does not continue those the auditor holds, and a beginning that none of them tells of. */
    void requireContinues(Checkpoint signed) {
        Checkpoint seen = anchors.log().orElse(null);
        isContinuation =
                seen != null && continues(signed, seen, "the checkpoint " + seen.size() + " that the anchors hold");
        Checkpoint given = requireContinuesGiven(signed);
        // Where nobody tells what was before, everything before may be invented; who verified up to an earlier one
        // knows less.
        boolean isBeginningKnown =
                (seen != null && isContinuation && seen.size() >= begin) || (given != null && given.size() >= begin);
        if (begin > 0 && !isBeginningKnown && !isContradicted) {
            findings.add(
                    FindingCode.CHECKPOINT_MISSING,
                    Place.file(PackageNames.START),
                    "The package begins after checkpoint " + begin + ", but neither the anchors nor --checkpoint hold"
                            + " that one or a later one to compare it with: what it begins from is not proved. Give the"
                            + " one you verified before.");
        }
    }

    /** The enclosed checkpoint; null where none was legible. */
    @Nullable
    Checkpoint checkpoint() {
        return checkpoint;
    }

    /** How many heads there were when the package begins; 0 for all of them. */
    long begin() {
        return begin;
    }

    /** How many heads were read, with those before the package begins. */
    long size() {
        return tree.end();
    }

    /** Whether the checkpoint was shown to continue the one that the anchors hold. */
    boolean isContinuation() {
        return isContinuation;
    }

    /** The size of the anchors' checkpoint, where it lies before the package and is not shown to be continued. */
    OptionalLong notContinued() {
        Checkpoint seen = anchors.log().orElse(null);
        return seen == null || isContinuation || seen.size() >= begin
                ? OptionalLong.empty()
                : OptionalLong.of(seen.size());
    }

    /** How many of the anchors' witnesses cosigned the checkpoint. */
    int witnesses() {
        return witnesses;
    }

    private void requireSigned(SignedNote note, Checkpoint read) {
        if (!isSigned(note, read)) {
            findings.add(
                    FindingCode.CHECKPOINT_NOT_SIGNED,
                    NOTE,
                    "Checkpoint " + read.size() + " of log '" + read.origin()
                            + "' is not signed by an anchored key that was not revoked before: it proves nothing. Add the log's key only if its"
                            + " owner confirms it.");
        }
    }

    private void requireWitnesses(SignedNote note, Checkpoint read) {
        for (NoteKey witness : anchors.witnesses()) {
            if (note.cosignedAt(witness).isPresent()) {
                witnesses++;
            } else {
                findings.add(
                        FindingCode.CHECKPOINT_NOT_SIGNED,
                        NOTE,
                        "Checkpoint " + read.size() + " of log '" + read.origin() + "' lacks the cosignature of '"
                                + witness.name() + "', which the anchors ask for. Have it witnessed first.");
            }
        }
    }

    private void requireNoRollback(Checkpoint read) {
        Checkpoint seen = anchors.log().orElse(null);
        if (seen == null) {
            return;
        }
        isContradicted = !seen.origin().equals(read.origin()) || read.size() < seen.size();
        if (!seen.origin().equals(read.origin())) {
            findings.inconsistent("is of log '" + read.origin() + "', but the anchors tell of '" + seen.origin() + "'");
        } else if (read.size() < seen.size()) {
            findings.inconsistent("covers " + read.size() + " heads, but the anchors saw " + seen.size()
                    + " already: the log was rolled back");
        }
    }

    private boolean isSigned(SignedNote note, Checkpoint read) {
        return anchors.keys().stream().anyMatch(key -> isSignedBy(note, read, key));
    }

    /** A key that was revoked signs no later checkpoint. */
    private boolean isSignedBy(SignedNote note, Checkpoint read, VerificationKey key) {
        OptionalLong revoked = anchors.revokedAt(key.id());
        return (revoked.isEmpty() || read.size() <= revoked.getAsLong())
                && note.isSignedBy(NoteKey.of(read.origin(), key));
    }

    private void passRoot() {
        if (known.contains(tree.end())) {
            roots.put(tree.end(), tree.root());
        }
    }

    /** The checkpoint that the auditor kept beside the anchors; null without one, and where no anchored key signed it. */
    private @Nullable Checkpoint given() {
        SignedNote note = earlier;
        if (note == null) {
            return null;
        }
        Checkpoint read = Checkpoint.parse(note.text());
        return isSigned(note, read) ? read : null;
    }

    /** Tells whether the log is shown to continue a checkpoint; where it is shown not to, that is a finding. */
    private boolean continues(Checkpoint signed, Checkpoint seen, String what) {
        if (!seen.origin().equals(signed.origin()) || seen.size() > signed.size()) {
            return false;
        }
        Digest then = seen.size() == 0 ? MerkleTree.emptyRoot() : roots.get(seen.size());
        if (then == null && seen.size() < begin) {
            return false; // nothing here leads there
        }
        if (then != null && seen.root().equals(then)) {
            return true;
        }
        contradicted("covers another past than " + what + ": two histories were signed");
        return false;
    }

    /** The checkpoint kept beside the anchors, where the log is shown to continue it; otherwise null. */
    private @Nullable Checkpoint requireContinuesGiven(Checkpoint signed) {
        SignedNote note = earlier;
        if (note == null) {
            return null;
        }
        Checkpoint given = given();
        if (given == null) {
            isContradicted = true;
            findings.add(
                    FindingCode.CHECKPOINT_NOT_SIGNED,
                    Place.PACKAGE,
                    "The checkpoint " + Checkpoint.parse(note.text()).size()
                            + " that was given to compare with is not signed by an anchored key"
                            + " that was not revoked before: it proves nothing. Take the one you kept.");
            return null;
        }
        if (!given.origin().equals(signed.origin())) {
            contradicted("is of log '" + signed.origin() + "', but the one given to compare with is of '"
                    + given.origin() + "'");
            return null;
        }
        if (given.size() > signed.size()) {
            contradicted("covers " + signed.size() + " heads, but the one given to compare with " + given.size()
                    + " already: the log was rolled back");
            return null;
        }
        return continues(signed, given, "the checkpoint " + given.size() + " given to compare with") ? given : null;
    }

    private void contradicted(String fault) {
        isContradicted = true;
        findings.inconsistent(fault);
    }
}
