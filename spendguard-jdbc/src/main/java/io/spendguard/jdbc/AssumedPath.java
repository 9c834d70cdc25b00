package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Period;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The postings that were made without looking, for as long as nothing is known to stand against them. */
final class AssumedPath {
    private AssumedPath() {}

    /** Tells whether the postings may be tried as one: each is there and none contradicts another. */
    static boolean isOpenTo(List<Waiting> batch) {
        Period shared = Period.ALWAYS;
        Set<RunKey> stopped = new HashSet<>();
        for (Waiting waiting : batch) {
            LedgerOperation operation = waiting.operation();
            Posting posting = operation.assumed().orElse(null);
            if (posting == null
                    || !operation.limits().isEmpty()
                    || !operation.answersNeeded().isEmpty()) {
                return false;
            }
            if (!shared.from().isBefore(posting.validIn().until())
                    || !posting.validIn().from().isBefore(shared.until())) {
                return false;
            }
            shared = shared.intersect(posting.validIn());
            Posting.RunChange run = posting.run();
            if (run != null) {
                RunKey key = RunKey.of(operation, run.run());
                if (stopped.contains(key)) {
                    return false;
                }
                if (run.stoppedBy() != null) {
                    stopped.add(key);
                }
            }
        }
        return true;
    }

    /** What gives comes before what takes, so that the batch is right in the order it is written in. */
    static List<SealedBatch.Write> writes(List<Waiting> batch) {
        List<SealedBatch.Write> writes = new ArrayList<>(batch.size());
        for (Waiting waiting : batch) {
            Posting posting = waiting.operation().assumed().orElseThrow();
            writes.add(new SealedBatch.Write(waiting, new Planned.Writes(List.of(), posting, false)));
        }
        writes.sort(Comparator.comparing(write -> takes(write.plan().posting())));
        return writes;
    }

    private static boolean takes(Posting posting) {
        return posting.settles() == null;
    }
}
