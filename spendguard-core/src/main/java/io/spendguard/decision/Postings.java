package io.spendguard.decision;

import io.spendguard.contract.Budget;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.Commitments;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.RecentActions;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import io.spendguard.model.ReasonCode;
import io.spendguard.price.PriceBook;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns what was decided into what is written: entries, audit event, hold, run change and the answer for replays. */
final class Postings {
    /** Of a run that has ended, and of an approval after which the action may be asked for anew. */
    private static final Set<ReasonCode> ENDING_NO_RUN = Set.of(ReasonCode.RUN_STOPPED, ReasonCode.APPROVAL_OUTDATED);

    private final Contract contract;
    private final PriceBook prices;
    private final AuditEvents events;
    private final IdSource ids;
    private final Map<String, Duration> holdTtls;

    Postings(Contract contract, PriceBook prices, Commitments commitments, IdSource ids) {
        this.contract = contract;
        this.prices = prices;
        this.events = new AuditEvents(contract, prices, commitments);
        this.ids = ids;
        this.holdTtls = contract.budgets().stream().collect(Collectors.toMap(Budget::id, Budget::holdTtl));
    }

    Digest contract() {
        return contract.digest();
    }

    Digest priceBook() {
        return prices.digest();
    }

    /**
     * A decision made before the ledger was asked. Its hold, or the time for its approval, ends by the host's clock, so that it stands
     * only while the ledger's is near: within a tenth of that time.
     */
    Posting assumed(Snapshot snapshot, Verdict verdict) {
        Posting posting = decision(snapshot, verdict, snapshot.at(), List.of(), null);
        ApprovalTerms approval = verdict.followUp().approval();
        if (posting.hold() == null && approval == null) {
            return posting;
        }
        Duration lasts = approval == null ? holdTtl(verdict.claims()) : approval.ttl();
        Duration leeway = lasts.dividedBy(10).plusNanos(1);
        Period near = new Period(snapshot.at().minus(leeway), snapshot.at().plus(leeway));
        return posting.in(posting.validIn().intersect(near));
    }

    /**
     * A decision: a hold and its event, with what was carried over before it, or a refusal's event alone.
     *
     * @param resolved what became of the approval that an earlier decision of the action asked for; null where none did
     */
    Posting decision(
            Snapshot snapshot, Verdict verdict, Instant now, List<Entry> carried, @Nullable Resolved resolved) {
        boolean allows = verdict.effect().allows();
        Instant expiresAt = now.plus(holdTtl(verdict.claims())).truncatedTo(ChronoUnit.MICROS);
        List<Entry> entries = new ArrayList<>();
        if (allows) {
            entries.addAll(carried);
            entries.addAll(Movements.hold(verdict.claims()));
        }
        Terms terms = terms(verdict);
        FollowUp followUp = verdict.followUp().from(now);
        boolean asks = followUp.approval() != null;
        return new Posting(
                snapshot.transactionId(),
                entries,
                events.decision(snapshot, verdict, followUp, resolved, entries, now, allows ? expiresAt : null),
                validIn(verdict.claims()),
                allows ? new Posting.Hold(snapshot.decisionId(), expiresAt, verdict.claims(), terms.toBytes()) : null,
                null,
                runChange(snapshot, verdict),
                new StoredDecision(
                                snapshot.decisionId(),
                                verdict.effect(),
                                verdict.reasons(),
                                contract.digest(),
                                snapshot.eventId(),
                                followUp,
                                asks ? prices.digest() : null,
                                asks ? snapshot.action().run().orElse(null) : null,
                                asks ? snapshot.content() : null)
                        .toBytes());
    }

    /** What settling needs to know of a verdict. */
    Terms terms(Verdict verdict) {
        return Terms.of(verdict, contract.digest().hex(), prices.digest().hex(), contract.onExpiry());
    }

    /** An account's first entries: its limit. */
    Posting opening(Account account, long limit, Instant now) {
        UUID transactionId = ids.next();
        List<Entry> entries = Movements.grant(account.id(), limit);
        EventDraft event = events.opened(account, limit, transactionId, entries, ids.next(), now);
        return new Posting(transactionId, entries, event, Period.ALWAYS, null, null, null, new byte[0]);
    }

    /** A contract put in force, with the entries that carry its limits to accounts already open. */
    Posting activation(
            String tenant,
            Namespace namespace,
            UUID activationId,
            List<BudgetLimit> limits,
            @Nullable Digest replaces,
            LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        Map<String, Long> outranked = view.outranked();
        List<BudgetLimit> set = limits.stream()
                .filter(limit -> !outranked.containsKey(limit.budgetId()))
                .toList();
        for (AccountState state : view.accounts()) {
            set.stream()
                    .filter(limit -> limit.budgetId().equals(state.account().budgetId()))
                    .forEach(limit ->
                            entries.addAll(Movements.limit(state, limit.limit().atomic())));
        }
        UUID transactionId = ids.next();
        EventDraft event = events.activated(
                tenant, namespace, activationId, set, outranked, replaces, transactionId, entries, view.now());
        return new Posting(transactionId, entries, event, Period.ALWAYS, null, null, null, new byte[0]);
    }

    /** A contract that did not come into force. */
    Posting rejection(String tenant, UUID eventId, String name, String fault, boolean anotherStays, Instant now) {
        UUID transactionId = ids.next();
        EventDraft event = events.rejected(tenant, eventId, name, fault, anotherStays, transactionId, now);
        return new Posting(transactionId, List.of(), event, Period.ALWAYS, null, null, null, new byte[0]);
    }

    private Duration holdTtl(List<Claim> claims) {
        return claims.stream()
                .map(claim -> holdTtls.getOrDefault(claim.account().budgetId(), Budget.DEFAULT_HOLD_TTL))
                .min(Duration::compareTo)
                .orElse(Budget.DEFAULT_HOLD_TTL);
    }

    private static Period validIn(List<Claim> claims) {
        Period valid = Period.ALWAYS;
        for (Claim claim : claims) {
            valid = valid.intersect(claim.account().window());
        }
        return valid;
    }

    /**
     * An allowed action is one more step; a recorded STOP ends the run, unless it only repeats that it has ended or says that an approval
     * is of no use any more. Other refusals change nothing, but name the run, so that they stand only while it goes on.
     */
    private static Posting.@Nullable RunChange runChange(Snapshot snapshot, Verdict verdict) {
        String run = snapshot.action().run().orElse(null);
        if (run == null || endsNoRun(verdict)) {
            return null;
        }
        if (verdict.effect() == Effect.STOP) {
            return Posting.RunChange.stop(
                    run, snapshot.decisionId(), verdict.reasons().get(0).code().value());
        }
        if (!verdict.effect().allows()) {
            return Posting.RunChange.steps(run, 0);
        }
        Long fingerprint = snapshot.fingerprint();
        return new Posting.RunChange(
                run, 1, null, null, fingerprint == null ? RecentActions.NONE : RecentActions.of(fingerprint));
    }

    private static boolean endsNoRun(Verdict verdict) {
        return !verdict.reasons().isEmpty()
                && ENDING_NO_RUN.contains(verdict.reasons().get(0).code());
    }
}
