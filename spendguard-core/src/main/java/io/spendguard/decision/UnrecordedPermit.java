package io.spendguard.decision;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Extension;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The permit of a call that shadow mode let pass while the ledger was away: nothing is held, nothing can be settled. */
record UnrecordedPermit(Snapshot snapshot) implements Permit {
    @Override
    public UUID decisionId() {
        return snapshot.decisionId();
    }

    @Override
    public Action effective() {
        return snapshot.action();
    }

    @Override
    public List<Amount> held() {
        return List.of();
    }

    @Override
    public Instant expiresAt() {
        return snapshot.at();
    }

    @Override
    public Settlement commit(Usage usage) {
        return nothing(Settlement.Outcome.COMMITTED);
    }

    @Override
    public Settlement commit(Money cost) {
        return nothing(Settlement.Outcome.COMMITTED);
    }

    @Override
    public Settlement commitCounted(Usage counted) {
        return nothing(Settlement.Outcome.COMMITTED);
    }

    @Override
    public PartCommit commitPart(int number, Usage usage) {
        return PartCommit.unrecorded(decisionId(), number);
    }

    @Override
    public PartCommit commitPart(int number, Money cost) {
        return PartCommit.unrecorded(decisionId(), number);
    }

    @Override
    public Settlement release(String reason) {
        return nothing(Settlement.Outcome.RELEASED);
    }

    @Override
    public Extension extend(Duration atLeast) {
        return new Extension(decisionId(), true, List.of(), List.of(), expiresAt(), null);
    }

    @Override
    public Extension extend(Duration atLeast, Usage most) {
        return extend(atLeast);
    }

    @Override
    public Extension extend(Duration atLeast, Money most) {
        return extend(atLeast);
    }

    @Override
    public Optional<Settlement> settlement() {
        return Optional.empty();
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private Settlement nothing(Settlement.Outcome outcome) {
        return new Settlement(snapshot.decisionId(), outcome, List.of(), false, null, false);
    }
}
