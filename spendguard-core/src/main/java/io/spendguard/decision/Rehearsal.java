package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.RuleExplanation;
import io.spendguard.contract.Situation;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.Patch;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tries a contract out: decides actions as a guard does, by the same engine, in a ledger in memory that is thrown away.
 * Later actions find what earlier ones left: steps, holds, spend, stopped runs. Not safe for several threads.
 */
public final class Rehearsal implements AutoCloseable {
    private static final String SOME_TENANT = "tenant";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Contract contract;
    private final SettableClock clock;
    private final DecisionEngine engine;

    private Rehearsal(Contract contract, SettableClock clock, DecisionEngine engine) {
        this.contract = contract;
        this.clock = clock;
        this.engine = engine;
    }

    /**
     * A rehearsal on an empty ledger.
     *
     * @param now the time until a situation says another
     * @throws ContractException when no guard could enforce the contract with these prices, with all findings
     */
    public static Rehearsal of(Contract contract, PriceBook prices, Instant now) {
        List<Finding> findings = contract.check(
                ModelCatalogue.EMPTY,
                model -> prices.find(model.provider(), model.model(), now).isPresent());
        if (!findings.isEmpty()) {
            throw new ContractException(contract.name(), findings);
        }
        SettableClock clock = new SettableClock(now);
        DecisionEngine engine = new DecisionEngine(
                contract,
                contract.catalogue(),
                prices,
                new InMemoryLedger(clock),
                Ed25519Signer.generate(),
                clock,
                IdSource.timeOrdered(clock, new Random(1)),
                PATIENCE,
                false);
        return new Rehearsal(contract, clock, engine);
    }

    /** The time of the last action. */
    public Instant now() {
        return clock.instant();
    }

    /**
     * Brings the ledger to the situation and decides its action there. An allowed action's hold stands afterwards, until
     * the answer's permit is settled.
     *
     * @throws IllegalArgumentException when the situation speaks of an account the action cannot have, or belongs to
     *     another tenant than the contract
     */
    public Answer decide(Situation situation) {
        return decide(situation, false);
    }

    /** As {@link #decide}, and tells what each rule made of the action. Slower by far. */
    public Answer explain(Situation situation) {
        return decide(situation, true);
    }

    /**
     * Answers an action that was decided and waits for an approval, as whoever may answer anything. Deciding it again tells what
     * becomes of it.
     *
     * @param state approved or denied
     * @param at when
     * @throws io.spendguard.model.ApprovalException when it waits for none, or its time is over
     */
    public void resolve(Action action, Approval.State state, Instant at) {
        clock.set(at);
        Action whose = withTenant(action);
        engine.resolve(
                whose.tenant().or(contract::tenant).orElseThrow(),
                whose.key(),
                state,
                new Approver("anybody", ApproverRole.TENANT_ADMIN),
                "rehearsed");
    }

    private Answer decide(Situation situation, boolean explains) {
        if (situation.now() != null) {
            clock.set(situation.now());
        }
        return engine.rehearse(withTenant(situation.action()), situation, explains);
    }

    private Action withTenant(Action action) {
        return action.tenant().isPresent() || contract.tenant().isPresent()
                ? action
                : action.toBuilder().tenant(SOME_TENANT).build();
    }

    @Override
    public void close() {
        engine.close();
    }

    /**
     * What was answered, and why.
     *
     * @param decision the decision as a guard returns it; in shadow mode that always lets the action pass
     * @param effect what was decided; in shadow mode what enforcement would have answered
     * @param reasons why, the deciding one first
     * @param matchedRules the rules whose condition held
     * @param patch what a degrade changes
     * @param approval what a required approval needs; null for every other answer
     * @param targets the optional steps a skip leaves out; empty when the action itself is meant
     * @param effective the action as it may run
     * @param claims what is held for it; empty for a refusal
     * @param rules what each rule made of it; empty unless that was asked for
     */
    public record Answer(
            Decision decision,
            Effect effect,
            List<Reason> reasons,
            List<String> matchedRules,
            Patch patch,
            @Nullable ApprovalTerms approval,
            SortedSet<String> targets,
            Action effective,
            List<Claim> claims,
            List<RuleExplanation> rules) {
        /** Copies the lists. */
        public Answer {
            Objects.requireNonNull(decision, "decision");
            reasons = List.copyOf(reasons);
            matchedRules = List.copyOf(matchedRules);
            targets = Collections.unmodifiableSortedSet(new TreeSet<>(targets));
            claims = List.copyOf(claims);
            rules = List.copyOf(rules);
        }

        /** The hold, to be settled; empty when nothing is held. */
        public Optional<Permit> permit() {
            return effect.allows() && decision instanceof Decision.Allowed allowed
                    ? Optional.of(allowed.permit())
                    : Optional.empty();
        }
    }

    /** A clock that stands where it is set. */
    private static final class SettableClock extends Clock {
        private volatile Instant now;

        private SettableClock(Instant now) {
            this.now = now;
        }

        private void set(Instant time) {
            now = time;
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
