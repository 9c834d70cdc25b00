package io.spendguard.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Where a package begins that does not begin at the first event.
 *
 * @param checkpoint the size of the checkpoint after which it begins; 0 where the package does not say so legibly
 * @param outcomesBefore how many decisions have outcomes, extensions or parts here, but lie before it
 * @param notContinued the size of the checkpoint that the anchors hold, where it is an earlier one that nothing here shows to be
 *     continued; empty where it is shown, and where they hold none
 * @param unplacedReceipts how many receipts are of streams that are not here, though they are dated between events that are: they lie
 *     before it, or were removed
 */
public record Beginning(long checkpoint, long outcomesBefore, OptionalLong notContinued, long unplacedReceipts) {
    /** Refuses null with {@link NullPointerException}. */
    public Beginning {
        Objects.requireNonNull(notContinued, "notContinued");
    }

    /** A beginning that goes on from what the anchors hold, if they hold anything. */
    public Beginning(long checkpoint, long outcomesBefore) {
        this(checkpoint, outcomesBefore, OptionalLong.empty(), 0);
    }

    /** For the verdict. */
    String label() {
        return "FROM CHECKPOINT " + checkpoint
                + (notContinued.isPresent()
                        ? ", NOT PROVEN to continue checkpoint " + notContinued.getAsLong() + " of the anchors"
                        : "")
                + (unplacedReceipts > 0 ? ", NOT PROVEN for " + unplacedReceipts + " receipts" : "");
    }

    /** What such a package cannot show, whatever it holds. */
    List<String> unproved() {
        List<String> unproved = new ArrayList<>();
        notContinued.ifPresent(size -> unproved.add("that it continues checkpoint " + size + " of the anchors"));
        if (unplacedReceipts > 0) {
            unproved.add("that the events of " + unplacedReceipts
                    + " receipts lie before it and were not removed: verify those"
                    + " with the package that ends with checkpoint " + checkpoint);
        }
        unproved.addAll(List.of(
                "decisions and outcomes before it",
                "streams that ended before it",
                "what was decided of " + outcomesBefore + " decisions that lie before it and have outcomes here",
                "holds open at it",
                "what accounts opened before it are (budget, key, window, unit, namespace, granted)",
                "which key opened streams that go on, whether they were closed before, and who closed others"));
        return List.copyOf(unproved);
    }
}
