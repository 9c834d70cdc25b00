package io.spendguard.decision;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Extension;
import io.spendguard.model.Money;
import io.spendguard.model.PartCommit;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import java.time.Duration;
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

    /** What is held for ever is lost to its budget, should nobody settle it. */
    private static final Duration LONGEST_EXTENSION = Duration.ofDays(366);

    private volatile HeldTerms held;
    private final Settlements settlements;
    private final AtomicReference<@Nullable Settlement> settled = new AtomicReference<>();

    LedgerPermit(HeldTerms held, Settlements settlements) {
        this.held = held;
        this.settlements = settlements;
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
        requireCurrency(cost, "committed", "Commit");
        return settle(Settlement.Outcome.COMMITTED, null, cost, charges(cost, null), null);
    }

    private void requireCurrency(Money cost, String done, String remedy) {
        Unit unit = cost.toAmount().unit();
        held.claims().stream()
                .map(claim -> claim.account().unit())
                .filter(claimed -> claimed.isMoney() && !claimed.equals(unit))
                .findFirst()
                .ifPresent(other -> {
                    throw new IllegalArgumentException("Decision " + held.decisionId() + " holds " + other
                            + " and cannot be " + done + " in " + unit + ": currencies never convert. " + remedy
                            + " in " + other + ".");
                });
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
    public PartCommit commitPart(int number, Usage usage) {
        return commitPart(Part.of(number, usage, held));
    }

    @Override
    public PartCommit commitPart(int number, Money cost) {
        requireCurrency(cost, "committed", "Commit");
        return commitPart(Part.of(number, cost, held));
    }

    private PartCommit commitPart(Part part) {
        HeldTerms before = held;
        PartCommit commit = settlements.commitPart(before, part);
        if (!commit.replayed()) {
            held = before.extendedTo(commit.held(), before.expiresAt());
        }
        return commit;
    }

    @Override
    public Settlement release(String reason) {
        List<Terms.Charge> charges = held.claims().stream()
                .map(claim -> new Terms.Charge(claim, 0, false))
                .toList();
        return settle(Settlement.Outcome.RELEASED, null, null, charges, reason);
    }

    @Override
    public Extension extend(Duration atLeast) {
        return extend(atLeast, held.claims());
    }

    @Override
    public Extension extend(Duration atLeast, Usage most) {
        Money cost = held.terms().cost(most);
        if (cost == null
                && held.claims().stream()
                        .anyMatch(claim -> claim.account().unit().isMoney())) {
            throw new IllegalArgumentException(
                    "Decision " + held.decisionId() + " holds money and cannot be extended to " + most
                            + ": it has no known price. Count input and output tokens, or extend to a cost.");
        }
        return extend(atLeast, wanted(charges(cost, most)));
    }

    @Override
    public Extension extend(Duration atLeast, Money most) {
        requireCurrency(most, "extended", "Extend");
        return extend(atLeast, wanted(charges(most, null)));
    }

    private Extension extend(Duration atLeast, List<Claim> wanted) {
        if (atLeast.isZero() || atLeast.isNegative()) {
            throw new IllegalArgumentException("Hold of decision " + held.decisionId() + " cannot be extended by "
                    + atLeast + ": a hold lasts for some time. Give more than zero.");
        }
        if (atLeast.compareTo(LONGEST_EXTENSION) > 0) {
            throw new IllegalArgumentException("Hold of decision " + held.decisionId() + " cannot be extended by "
                    + atLeast + ": a hold lasts for " + LONGEST_EXTENSION.toDays()
                    + " days at most. Give less, and extend again before its end.");
        }
        HeldTerms before = held;
        if (!before.isReserved()) {
            return new Extension(before.decisionId(), true, List.of(), List.of(), before.expiresAt(), null);
        }
        StoredExtension stored = settlements.extend(before, atLeast, wanted);
        held = before.extendedTo(stored.held(), stored.expiresAt());
        return stored.toExtension(before.decisionId(), before.namespace() == Namespace.SHADOW);
    }

    private static List<Claim> wanted(List<Terms.Charge> charges) {
        return charges.stream()
                .map(charge -> new Claim(charge.claim().account(), charge.actual()))
                .toList();
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
        Settlement settlement = settlements.settle(held, kind, usage, cost, charges, note);
        settled.compareAndSet(null, settlement);
        return settlement;
    }
}
