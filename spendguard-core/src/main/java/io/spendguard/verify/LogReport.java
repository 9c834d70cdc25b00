package io.spendguard.verify;

import io.spendguard.proof.Checkpoint;
import java.util.Map;
import java.util.Objects;

/**
 * What a checkpoint covers of a package.
 *
 * @param checkpoint the checkpoint, whose signature was checked
 * @param covered how many of the package's events it covers
 * @param later how many came after it
 * @param isContinuation whether it was checked against a checkpoint that the auditor had seen before
 * @param witnesses how many of the anchors' witnesses cosigned it
 * @param after the size of the earlier checkpoint after which the package begins; 0 from the first event on
 * @param dropped by tenant, how many events were closed and dropped before the export, of which only the digests are here
 */
public record LogReport(
        Checkpoint checkpoint,
        long covered,
        long later,
        boolean isContinuation,
        int witnesses,
        long after,
        Map<String, Long> dropped) {
    /** Copies the map. */
    public LogReport {
        Objects.requireNonNull(checkpoint, "checkpoint");
        dropped = Map.copyOf(dropped);
    }

    /** How many events were dropped in all. */
    public long droppedEvents() {
        return dropped.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Of an excerpt, whose events each bring their proof. */
    String excerptNote() {
        return "checkpoint " + checkpoint.size() + " of " + checkpoint.origin() + continuation() + ": " + covered
                + " of the events here are shown to be under it, " + later + " are not";
    }

    String note() {
        if (after > 0) {
            return "completeness: every event after checkpoint " + after + " up to checkpoint " + checkpoint.size()
                    + " of "
                    + checkpoint.origin() + " is here (" + covered + "), in one history with the checkpoint "
                    + (isContinuation ? "the anchors hold" : "given to compare with")
                    + (witnesses > 0 ? ", cosigned by " + witnesses + " witnesses" : "");
        }
        return "completeness: every event up to checkpoint " + checkpoint.size() + " of " + checkpoint.origin()
                + " is here (" + covered + ", and " + later + " after it"
                + (dropped.isEmpty() ? "" : "; of " + droppedEvents() + " more only the digests, closed and archived")
                + ")" + continuation();
    }

    private String continuation() {
        return ", "
                + (isContinuation
                        ? "which continues the checkpoint the anchors hold"
                        : "but the anchors hold no earlier checkpoint to compare it with")
                + (witnesses > 0 ? ", cosigned by " + witnesses + " witnesses" : "");
    }
}
