package io.spendguard.decision;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Usage;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of holds, on behalf of their permits: the stages commit or release, and audit outcome. */
final class Settlements {
    private final LedgerCalls calls;
    private final IdSource ids;
    private final Clock clock;

    Settlements(LedgerCalls calls, IdSource ids, Clock clock) {
        this.calls = calls;
        this.ids = ids;
        this.clock = clock;
    }

    /** 7 commit or release and 8 audit outcome: one transaction. */
    Settlement settle(
            HeldTerms held,
            Settlement.Outcome kind,
            @Nullable Usage usage,
            @Nullable Money cost,
            List<Terms.Charge> charges,
            @Nullable String note) {
        Outcome outcome = new Outcome(kind, usage, cost, charges, note, ids.next(), ids.next(), clock.instant(), false);
        try {
            SettleOperation operation = new SettleOperation(held, outcome);
            PostResult result = calls.await(operation);
            return operation.settlement(result).toSettlement(held.decisionId(), result instanceof PostResult.Replayed);
        } catch (IdempotencyConflictException settledOtherwise) {
            throw new SettlementConflictException("Hold of decision " + held.decisionId()
                    + " was settled another way before: the first settlement stands, and " + kind
                    + " was not recorded. Settle a permit once.");
        }
    }

    /** Raises a hold to so much of each claim and makes it last, or says why not: one transaction. */
    StoredExtension extend(HeldTerms held, Duration atLeast, List<Claim> wanted) {
        PostResult result = calls.await(new ExtendOperation(held, atLeast, wanted, ids));
        return StoredExtension.parse(result.answer());
    }

    /** Commits part of a hold, or says why not: one transaction. */
    PartCommit commitPart(HeldTerms held, Part part) {
        PostResult result = calls.await(new CommitPartOperation(held, part, ids));
        return StoredPart.parse(result.answer())
                .toPartCommit(held, part.number(), result instanceof PostResult.Replayed);
    }
}
