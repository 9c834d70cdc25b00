package io.spendguard.decision;

import io.spendguard.ledger.Claim;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A permit whose hold lies in the ledger. Which settlement comes first is the ledger's to say, not this object's. */
final class LedgerPermit implements Permit {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerPermit.class);

    private final HeldTerms held;
    private final DecisionEngine engine;
    private final AtomicReference<@Nullable Settlement> settled = new AtomicReference<>();

    LedgerPermit(HeldTerms held, DecisionEngine engine) {
        this.held = held;
        this.engine = engine;
    }

    @Override
    public UUID decisionId() {
        return held.decisionId();
    }

    @Override
    public Action effective() {
        return held.terms().effective();
    }

    @Override
    public List<Amount> held() {
        return held.claims().stream().map(Claim::amount).toList();
    }

    @Override
    public Instant expiresAt() {
        return held.expiresAt();
    }

    @Override
    public Settlement commit(Usage usage) {
        Money cost = held.terms().cost(usage);
        return settle(Settlement.Outcome.COMMITTED, usage, cost, charges(cost, usage), null);
    }

    @Override
    public Settlement commit(Money cost) {
        Unit unit = cost.toAmount().unit();
        held.claims().stream()
                .map(claim -> claim.account().unit())
                .filter(held -> held.isMoney() && !held.equals(unit))
                .findFirst()
                .ifPresent(other -> {
                    throw new IllegalArgumentException("Decision " + held.decisionId() + " holds " + other
                            + " and cannot be committed in " + unit + ": currencies never convert. Commit in " + other
                            + ".");
                });
        return settle(Settlement.Outcome.COMMITTED, null, cost, charges(cost, null), null);
    }

    @Override
    public Settlement commitCounted(Usage counted) {
        Money cost = held.terms().cost(counted);
        List<Terms.Charge> charges = charges(cost, counted).stream()
                .map(charge -> new Terms.Charge(charge.claim(), charge.actual(), true))
                .toList();
        return settle(Settlement.Outcome.COMMITTED, counted, cost, charges, null);
    }

    @Override
    public Settlement release(String reason) {
        List<Terms.Charge> charges = held.claims().stream()
                .map(claim -> new Terms.Charge(claim, 0, false))
                .toList();
        return settle(Settlement.Outcome.RELEASED, null, null, charges, reason);
    }

    @Override
    public Optional<Settlement> settlement() {
        return Optional.ofNullable(settled.get());
    }

    @Override
    public void close() {
        if (settled.get() == null) {
            LOG.warn(
                    "Permit of decision {} was closed unsettled: the outcome of its action is unknown and its hold stays"
                            + " until {}. Commit or release before closing.",
                    held.decisionId(),
                    held.expiresAt());
        }
    }

    private List<Terms.Charge> charges(@Nullable Money cost, @Nullable Usage usage) {
        return held.claims().stream()
                .map(claim -> held.terms().charge(claim, cost, usage))
                .toList();
    }

    private Settlement settle(
            Settlement.Outcome kind,
            @Nullable Usage usage,
            @Nullable Money cost,
            List<Terms.Charge> charges,
            @Nullable String note) {
        Settlement settlement = engine.settle(held, kind, usage, cost, charges, note);
        settled.compareAndSet(null, settlement);
        return settlement;
    }
}
