package io.spendguard.jdbc;

import io.spendguard.ledger.Posting;
import java.util.List;

/** What becomes of one operation of a batch, now that its rows are locked. */
sealed interface Planned {
    /** It was carried out before, and answered so. */
    record Known(byte[] answer) implements Planned {}

    /** It cannot be carried out; nothing of it is in the transaction. */
    record Refused(RuntimeException reason) implements Planned {}

    /** It would not say what to post. The transaction holds its key and must be rolled back. */
    record Failed(RuntimeException reason) implements Planned {}

    /**
     * It is to be written.
     *
     * @param before the postings that give accounts their limits and open them, to be written before
     * @param posting the operation's own
     * @param isPlannedAnew whether something stood against the posting that was made without looking
     */
    record Writes(List<Posting> before, Posting posting, boolean isPlannedAnew) implements Planned {
        /** Copies the list. */
        public Writes {
            before = List.copyOf(before);
        }
    }
}
