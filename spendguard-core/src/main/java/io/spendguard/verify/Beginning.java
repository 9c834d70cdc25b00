package io.spendguard.verify;

import java.util.List;

/**
 * Where a package begins that does not begin at the first event.
 *
 * @param checkpoint the size of the checkpoint after which it begins; 0 where the package does not say so legibly
 * @param outcomesBefore how many decisions have outcomes, extensions or parts here, but lie before it
 */
public record Beginning(long checkpoint, long outcomesBefore) {
    /** What such a package cannot show, whatever it holds. */
    List<String> unproved() {
        return List.of(
                "decisions and outcomes before it",
                "streams that ended before it",
                "what was decided of " + outcomesBefore + " decisions that lie before it and have outcomes here",
                "holds open at it",
                "what accounts opened before it are (budget, key, window, unit, namespace, granted)",
                "which key opened streams that go on, whether they were closed before, and who closed others");
    }
}
