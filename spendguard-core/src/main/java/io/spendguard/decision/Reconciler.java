package io.spendguard.decision;

import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostChange;
import io.spendguard.model.CostChangeException;
import io.spendguard.model.CostChangeException.Fault;
import io.spendguard.model.CostState;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Reconciled;
import io.spendguard.model.Settlement;
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
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares what providers say of calls with what is recorded, and posts the difference: first a report, then a bill, each
 * as often as the provider changes its word. Says what was billed without a reservation, and what was billed although it
 * was released.
 *
 * <p>Beside that an operator records here what a provider gives back, what is disputed with it, and what was recorded wrongly.
 *
 * <p>Needs no contract: each hold keeps its decision's terms. Each correction is one transaction with one signed event.
 * Repeating a word changes nothing, also after a later one or an operator's change: a provider's word is known again by its
 * amounts, its state and its reference, and the last one also under another reference. Blocks for a few reads and at most two transactions per call. Safe for any number of threads.
 */
public final class Reconciler implements AutoCloseable {
    /** How often somebody else may be quicker before it is given up. */
    private static final int ATTEMPTS = 10;

    private final Ledger ledger;
    private final OperatorSession session;
    private final Clock clock;
    private final IdSource ids;

    private Reconciler(Ledger ledger, OperatorSession session, Clock clock, IdSource ids) {
        this.ledger = ledger;
        this.session = session;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit events
     * @param patience how long to wait for the ledger
     */
    public static Reconciler open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        return new Reconciler(
                ledger,
                new OperatorSession(ledger, signer, clock, ids, patience, "Record the call again."),
                clock,
                ids);
    }

    /**
     * Records a provider's word on one call.
     *
     * @throws LedgerUnavailableException when the ledger did not answer; it may be repeated
     */
    public Reconciled record(BilledCall call) {
        Optional<UUID> decision = decision(call.tenant(), call.key());
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
            Reconciled result = correct(reservation, call, records(reservation), isFirst);
            if (result != null) {
                return result;
            }
        }
        throw busy(call.tenant(), call.key());
    }

    /**
     * Records that the provider gave money back: so much less counts as spent, on every budget of that unit the call claimed.
     *
     * @param key the action's key, or its decision's id
     * @param reference where the refund stands; the same one again is recorded once
     * @throws CostChangeException when it cannot be recorded; nothing was written
     * @throws LedgerUnavailableException when the ledger did not answer; it may be repeated
     */
    public CostChange refund(String tenant, String key, Amount amount, String reference) {
        requirePositive(key, amount);
        return change(
                tenant,
                key,
                CostChange.Kind.REFUNDED,
                reference,
                (held, before) -> before.next(
                        CostChange.Kind.REFUNDED,
                        reference,
                        less(key, held, before, amount),
                        before.state(),
                        before.disputed(),
                        ids.next()));
    }

    /** Records that an amount is contested with the provider. It counts as spent meanwhile. Throws as {@link #refund}. */
    public CostChange openDispute(String tenant, String key, Amount amount, String reference) {
        requirePositive(key, amount);
        return change(tenant, key, CostChange.Kind.DISPUTE_OPENED, reference, (held, before) -> {
            if (before.disputed() != null) {
                throw new CostChangeException(
                        Fault.DISPUTE_OPEN,
                        "Call '" + key + "' is disputed over " + before.disputed()
                                + " already: one dispute is open at a time. Resolve it first.");
            }
            less(key, held, before, amount);
            return before.next(
                    CostChange.Kind.DISPUTE_OPENED, reference, before.actual(), before.state(), amount, ids.next());
        });
    }

    /**
     * Records how a dispute ended: won, what was disputed is given back as by {@link #refund}; lost, it stays spent. Throws as
     * {@link #refund}.
     */
    public CostChange resolveDispute(String tenant, String key, boolean isWon, String reference) {
        CostChange.Kind kind = isWon ? CostChange.Kind.DISPUTE_WON : CostChange.Kind.DISPUTE_LOST;
        return change(tenant, key, kind, reference, (held, before) -> {
            Amount disputed = before.disputed();
            if (disputed == null) {
                throw new CostChangeException(
                        Fault.NO_DISPUTE,
                        "Call '" + key + "' is not disputed: nothing can be resolved. Open a dispute first.");
            }
            List<Amount> actual = isWon ? less(key, held, before, disputed) : before.actual();
            return before.next(kind, reference, actual, before.state(), null, ids.next());
        });
    }

    /**
     * Sets right what was recorded wrongly: from now on so much counts as spent, on every budget of that unit the call claimed,
     * whoever said what before. Throws as {@link #refund}; nothing may be recorded, too.
     */
    public CostChange compensate(String tenant, String key, Amount actual, String reference) {
        return change(
                tenant,
                key,
                CostChange.Kind.COMPENSATED,
                reference,
                (held, before) -> before.next(
                        CostChange.Kind.COMPENSATED,
                        reference,
                        mapped(key, before, actual, recorded -> actual),
                        before.state(),
                        before.disputed(),
                        ids.next()));
    }

    private CostChange change(
            String tenant,
            String key,
            CostChange.Kind kind,
            String reference,
            BiFunction<HeldTerms, StoredCorrection, StoredCorrection> next) {
        UUID decision = decision(tenant, key)
                .orElseThrow(
                        () -> new CostChangeException(
                                Fault.UNKNOWN_CALL,
                                "Call '" + key + "' of tenant '" + tenant
                                        + "' is not known: only a call that was allowed can be changed. Name its key or decision."));
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Reservation reservation = ledger.reservation(tenant, decision)
                    .filter(found -> settlement(found).isPresent())
                    .orElseThrow(() -> new CostChangeException(
                            Fault.NOT_SETTLED,
                            "Call '" + key + "' of tenant '" + tenant
                                    + "' is not settled: only what is recorded can be changed. Settle it first."));
            List<StoredCorrection> records = records(reservation);
            for (int i = 1; i < records.size(); i++) {
                if (records.get(i).kind() == kind && records.get(i).reference().equals(reference)) {
                    return toChange(decision, records.get(i - 1), records.get(i), true);
                }
            }
            StoredCorrection before = records.get(records.size() - 1);
            HeldTerms held = HeldTerms.of(reservation);
            StoredCorrection after = next.apply(held, before);
            try {
                session.await(new CorrectOperation(held, before, after, null, null, ids.next()));
                return toChange(decision, before, after, false);
            } catch (IdempotencyConflictException quicker) {
                // Somebody else changed the record meanwhile: look again.
            }
        }
        throw busy(tenant, key);
    }

    private static CostChange toChange(
            UUID decision, StoredCorrection before, StoredCorrection after, boolean isReplayed) {
        return new CostChange(
                decision,
                Objects.requireNonNull(after.kind()),
                before.actual(),
                after.actual(),
                after.disputed(),
                after.eventId(),
                isReplayed);
    }

    private static List<Amount> less(String key, HeldTerms held, StoredCorrection before, Amount amount) {
        return mapped(key, before, amount, recorded -> {
            if (recorded.atomic() < amount.atomic()) {
                throw new CostChangeException(
                        Fault.MORE_THAN_RECORDED,
                        "Call '" + key + "' of decision " + held.decisionId() + " has " + recorded + " recorded: "
                                + amount + " cannot be given back of it. Name less.");
            }
            return new Amount(recorded.atomic() - amount.atomic(), amount.unit());
        });
    }

    private static List<Amount> mapped(
            String key, StoredCorrection before, Amount amount, UnaryOperator<Amount> change) {
        if (before.actual().stream().noneMatch(recorded -> recorded.unit().equals(amount.unit()))) {
            throw new CostChangeException(
                    Fault.UNIT_MISMATCH,
                    "Call '" + key + "' claimed no budget kept in " + amount.unit()
                            + ": units never convert. Name an amount of "
                            + before.actual().stream()
                                    .map(recorded -> recorded.unit().code())
                                    .distinct()
                                    .collect(Collectors.joining(" or "))
                            + ".");
        }
        return before.actual().stream()
                .map(recorded -> recorded.unit().equals(amount.unit()) ? change.apply(recorded) : recorded)
                .toList();
    }

    private static void requirePositive(String key, Amount amount) {
        if (amount.atomic() <= 0) {
            throw new CostChangeException(
                    Fault.NOT_POSITIVE,
                    "Call '" + key + "' cannot be given back " + amount
                            + ": an amount is more than nothing. Name one.");
        }
    }

    private static LedgerUnavailableException busy(String tenant, String key) {
        return new LedgerUnavailableException("Call '" + key + "' of tenant '" + tenant + "' was changed by others "
                + ATTEMPTS + " times meanwhile. Record it again.");
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    private Optional<UUID> decision(String tenant, String key) {
        return StoredDecision.latest(ledger, tenant, Namespace.ENFORCE, key)
                .map(StoredDecision::decisionId)
                .or(() -> uuid(key).filter(id -> ledger.reservation(tenant, id).isPresent()));
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException otherText) {
            return Optional.empty();
        }
    }

    /** What each claim costs by the provider's word; null when one cannot be told, or is beyond any amount. */
    private static @Nullable List<Terms.Charge> charges(HeldTerms held, BilledCall call) {
        try {
            return countable(held, call);
        } catch (ArithmeticException overflow) {
            return null;
        }
    }

    private static @Nullable List<Terms.Charge> countable(HeldTerms held, BilledCall call) {
        Usage usage = call.usage();
        Money cost = call.cost() != null ? call.cost() : held.terms().cost(usage);
        List<Terms.Charge> charges = new ArrayList<>();
        for (var claim : held.claims()) {
            Unit unit = claim.account().unit();
            if (unit.isMoney() && (cost == null || !cost.toAmount().unit().equals(unit))) {
                return null;
            }
            charges.add(held.terms().whole(claim, cost, usage));
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
                charges.stream().map(Terms.Charge::beyondParts).toList(),
                null,
                ids.next(),
                ids.next(),
                clock.instant(),
                true);
        try {
            return session.await(new SettleOperation(held, outcome)) instanceof PostResult.Written;
        } catch (IdempotencyConflictException settledMeanwhile) {
            return false;
        }
    }

    private Optional<StoredSettlement> settlement(Reservation reservation) {
        return ledger.answer(
                        reservation.tenant(),
                        OperationKind.SETTLE,
                        reservation.id().toString())
                .map(StoredSettlement::parse);
    }

    /** The settlement and every change of it, in order. */
    private List<StoredCorrection> records(Reservation reservation) {
        StoredSettlement settled = settlement(reservation).orElseThrow();
        List<StoredCorrection> records = new ArrayList<>();
        records.add(new StoredCorrection(
                0,
                null,
                "",
                settled.actual(),
                settled.estimated() ? CostState.ESTIMATED : CostState.PROVIDER_REPORTED,
                null,
                settled.kind() == Settlement.Outcome.RELEASED
                        && settled.actual().stream().allMatch(amount -> amount.atomic() == 0),
                settled.eventId()));
        while (true) {
            int next = records.size();
            Optional<StoredCorrection> more = ledger.answer(
                            reservation.tenant(), OperationKind.CORRECT, CorrectOperation.key(reservation.id(), next))
                    .map(answer -> StoredCorrection.parse(next, answer));
            if (more.isEmpty()) {
                return records;
            }
            records.add(more.get());
        }
    }

    /** Null when somebody else was quicker. */
    private @Nullable Reconciled correct(
            Reservation reservation, BilledCall call, List<StoredCorrection> records, boolean isFirst) {
        StoredCorrection before = records.get(records.size() - 1);
        // Extended or settled since it was read: what is held may be more, and never other accounts.
        HeldTerms held = HeldTerms.of(
                ledger.reservation(reservation.tenant(), reservation.id()).orElseThrow());
        List<Amount> actual = Objects.requireNonNull(charges(held, call)).stream()
                .map(charge ->
                        new Amount(charge.actual(), charge.claim().account().unit()))
                .toList();
        if (before.state().compareTo(call.state()) > 0) {
            return new Reconciled(
                    call, Reconciled.Result.OUTRANKED, reservation.id(), before.actual(), before.actual(), null);
        }
        if (isSaid(records, call, actual)) {
            Reconciled.Result result = isFirst
                    ? Reconciled.Result.SETTLED
                    : isReleased(records) && !isNothing(before.actual())
                            ? Reconciled.Result.RELEASED_BUT_BILLED
                            : Reconciled.Result.UNCHANGED;
            return new Reconciled(
                    call,
                    result,
                    reservation.id(),
                    before.actual(),
                    before.actual(),
                    isFirst ? before.eventId() : null);
        }
        StoredCorrection after = before.next(
                CostChange.Kind.CORRECTED, call.reference(), actual, call.state(), before.disputed(), ids.next());
        CorrectOperation correction = new CorrectOperation(held, before, after, call.usage(), call.cost(), ids.next());
        try {
            session.await(correction);
        } catch (IdempotencyConflictException quicker) {
            return null;
        }
        Reconciled.Result result = isReleased(records) && !isNothing(actual)
                ? Reconciled.Result.RELEASED_BUT_BILLED
                : isFirst ? Reconciled.Result.SETTLED : Reconciled.Result.CORRECTED;
        return new Reconciled(call, result, reservation.id(), before.actual(), actual, after.eventId());
    }

    /** Whether the provider said this before: last, or at the same place. What an operator changed since then stands. */
    private static boolean isSaid(List<StoredCorrection> records, BilledCall call, List<Amount> actual) {
        boolean isLast = true;
        for (int i = records.size() - 1; i >= 0; i--) {
            StoredCorrection record = records.get(i);
            if (record.kind() != null && record.kind() != CostChange.Kind.CORRECTED) {
                continue;
            }
            if (record.state() == call.state()
                    && record.actual().equals(actual)
                    && (isLast || record.reference().equals(call.reference()))) {
                return true;
            }
            isLast = false;
        }
        return false;
    }

    /** Whether the call was released, as if it had had no effect, and no operator said otherwise. */
    private static boolean isReleased(List<StoredCorrection> records) {
        return records.get(0).isReleased()
                && records.stream().noneMatch(record -> record.kind() == CostChange.Kind.COMPENSATED);
    }

    private static boolean isNothing(List<Amount> actual) {
        return actual.stream().allMatch(amount -> amount.atomic() == 0);
    }

    private static Reconciled nothing(BilledCall call, Reconciled.Result result, @Nullable UUID decision) {
        return new Reconciled(call, result, decision, List.of(), List.of(), null);
    }
}
