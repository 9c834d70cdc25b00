package io.spendguard.decision;

import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostState;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Reconciled;
import io.spendguard.model.Settlement;
import io.spendguard.model.SpendGuardException;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Compares what providers say of calls with what is recorded, and posts the difference: first a report, then a bill, each
 * as often as the provider changes its word. Says what was billed without a reservation, and what was billed although it
 * was released.
 *
 * <p>Needs no contract: each hold keeps its decision's terms. Each correction is one transaction with one signed event.
 * Repeating a word changes nothing. Blocks for a few reads and at most two transactions per call. Safe for any number of threads.
 */
public final class Reconciler implements AutoCloseable {
    /** How often somebody else may be quicker before it is given up. */
    private static final int ATTEMPTS = 10;

    private final Ledger ledger;
    private final LedgerSession session;
    private final Clock clock;
    private final IdSource ids;
    private final Duration patience;

    private Reconciler(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.patience = patience;
        this.session = ledger.connect(
                new WriterHost(() -> new StreamSealer(signer, ids, clock, false), BudgetOperations::noContract));
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit events
     * @param patience how long to wait for the ledger
     */
    public static Reconciler open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        return new Reconciler(
                Objects.requireNonNull(ledger, "ledger"), Objects.requireNonNull(signer, "signer"), clock, ids, patience);
    }

    /**
     * Records a provider's word on one call.
     *
     * @throws LedgerUnavailableException when the ledger did not answer; it may be repeated
     */
    public Reconciled record(BilledCall call) {
        Optional<UUID> decision = decision(call);
        if (decision.isEmpty()) {
            return nothing(call, Reconciled.Result.UNKNOWN_DECISION, null);
        }
        Reservation reservation =
                ledger.reservation(call.tenant(), decision.get()).orElse(null);
        if (reservation == null) {
            return nothing(call, Reconciled.Result.NOT_RESERVED, decision.get());
        }
        List<Terms.Charge> charges = charges(HeldTerms.of(reservation), call);
        if (charges == null) {
            return nothing(call, Reconciled.Result.NOT_PRICED, decision.get());
        }
        boolean isFirst = settle(reservation, call, charges);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            StoredCorrection before = recorded(reservation);
            Reconciled result = correct(reservation, call, before, isFirst);
            if (result != null) {
                return result;
            }
        }
        throw new LedgerUnavailableException("Call '" + call.key() + "' of tenant '" + call.tenant()
                + "' was corrected by others " + ATTEMPTS + " times meanwhile. Record it again.");
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    private Optional<UUID> decision(BilledCall call) {
        Optional<UUID> byKey = ledger.answer(
                        call.tenant(), OperationKind.DECIDE, DecideOperation.key(Namespace.ENFORCE, call.key()))
                .map(StoredDecision::parse)
                .map(StoredDecision::decisionId);
        return byKey.or(() -> uuid(call.key())
                .filter(id -> ledger.reservation(call.tenant(), id).isPresent()));
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException otherText) {
            return Optional.empty();
        }
    }

    /** What each claim costs by the provider's word; null when one cannot be told. */
    private static @Nullable List<Terms.Charge> charges(HeldTerms held, BilledCall call) {
        Usage usage = call.usage();
        Money cost = call.cost() != null ? call.cost() : held.terms().cost(usage);
        List<Terms.Charge> charges = new ArrayList<>();
        for (var claim : held.claims()) {
            Unit unit = claim.account().unit();
            if (unit.isMoney() && (cost == null || !cost.toAmount().unit().equals(unit))) {
                return null;
            }
            charges.add(held.terms().charge(claim, cost, usage));
        }
        return charges;
    }

    /** Settles a call that nobody settled; tells whether it did. Where somebody does at this moment, his settlement stands. */
    private boolean settle(Reservation reservation, BilledCall call, List<Terms.Charge> charges) {
        if (settlement(reservation).isPresent()) {
            return false;
        }
        HeldTerms held = HeldTerms.of(reservation);
        Money cost = call.cost() != null ? call.cost() : held.terms().cost(call.usage());
        Outcome outcome = new Outcome(
                Settlement.Outcome.COMMITTED,
                call.usage(),
                cost,
                charges,
                null,
                ids.next(),
                ids.next(),
                clock.instant());
        try {
            return await(new SettleOperation(held, outcome)) instanceof PostResult.Written;
        } catch (IdempotencyConflictException settledMeanwhile) {
            return false;
        }
    }

    private Optional<StoredSettlement> settlement(Reservation reservation) {
        return ledger.answer(
                        reservation.tenant(), OperationKind.SETTLE, reservation.id().toString())
                .map(StoredSettlement::parse);
    }

    private StoredCorrection recorded(Reservation reservation) {
        StoredSettlement settled = settlement(reservation).orElseThrow();
        StoredCorrection last = new StoredCorrection(
                0,
                settled.actual(),
                settled.estimated() ? CostState.ESTIMATED : CostState.PROVIDER_REPORTED,
                settled.kind() == Settlement.Outcome.RELEASED,
                settled.eventId());
        while (true) {
            int next = last.number() + 1;
            Optional<StoredCorrection> more = ledger.answer(
                            reservation.tenant(),
                            OperationKind.CORRECT,
                            CorrectOperation.key(reservation.id(), next))
                    .map(answer -> StoredCorrection.parse(next, answer));
            if (more.isEmpty()) {
                return last;
            }
            last = more.get();
        }
    }

    /** Null when somebody else was quicker. */
    private @Nullable Reconciled correct(
            Reservation reservation, BilledCall call, StoredCorrection before, boolean isFirst) {
        // Extended or settled since it was read: what is held may be more, and never other accounts.
        HeldTerms held = HeldTerms.of(
                ledger.reservation(reservation.tenant(), reservation.id()).orElseThrow());
        List<Amount> actual = Objects.requireNonNull(charges(held, call)).stream()
                .map(charge ->
                        new Amount(charge.actual(), charge.claim().account().unit()))
                .toList();
        if (before.state().compareTo(call.state()) > 0) {
            return new Reconciled(
                    call,
                    Reconciled.Result.OUTRANKED,
                    reservation.id(),
                    before.actual(),
                    before.actual(),
                    null);
        }
        if (before.actual().equals(actual) && before.state() == call.state()) {
            Reconciled.Result result = isFirst ? Reconciled.Result.SETTLED : Reconciled.Result.UNCHANGED;
            return new Reconciled(
                    call, result, reservation.id(), before.actual(), actual, isFirst ? before.eventId() : null);
        }
        CorrectOperation correction =
                new CorrectOperation(held, before, call, actual, ids.next(), ids.next());
        try {
            await(correction);
        } catch (IdempotencyConflictException quicker) {
            return null;
        }
        boolean isFinding = before.isReleased() && actual.stream().anyMatch(amount -> amount.atomic() > 0);
        Reconciled.Result result = isFinding
                ? Reconciled.Result.RELEASED_BUT_BILLED
                : isFirst ? Reconciled.Result.SETTLED : Reconciled.Result.CORRECTED;
        return new Reconciled(call, result, reservation.id(), before.actual(), actual, correction.eventId());
    }

    private static Reconciled nothing(BilledCall call, Reconciled.Result result, @Nullable UUID decision) {
        return new Reconciled(call, result, decision, List.of(), List.of(), null);
    }

    private PostResult await(LedgerOperation operation) {
        String what = operation.kind() + " '" + operation.key() + "'";
        try {
            return session.submit(operation, patience).get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new SpendGuardException("Operation " + what + " failed.", e);
        } catch (TimeoutException e) {
            throw new LedgerUnavailableException(
                    "Ledger did not answer " + what + " within " + patience + ". Record the call again.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerUnavailableException(
                    "Thread was interrupted while it waited for " + what + ". Record the call again.", e);
        }
    }
}
