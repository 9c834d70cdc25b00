package io.spendguard.ledger;

/** What became of an operation: it was written now, or it had been written before. */
public sealed interface PostResult {
    /** The stored answer of the operation. */
    byte[] answer();

    /**
     * Written now, durably.
     *
     * @param posting what was written: the assumed posting or the planned one
     * @param event its audit event in place
     */
    record Written(Posting posting, SealedEvent event) implements PostResult {
        @Override
        public byte[] answer() {
            return posting.answer();
        }
    }

    /**
     * Written before, by this caller or another.
     *
     * @param answer what was answered then
     */
    record Replayed(byte[] answer) implements PostResult {}
}
