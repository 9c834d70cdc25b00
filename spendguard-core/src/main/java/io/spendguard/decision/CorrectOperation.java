package io.spendguard.decision;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import io.spendguard.model.BilledCall;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import io.spendguard.model.SettlementConflictException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Posts the difference between what is recorded of a settled call and what its provider says.
 *
 * <p>Corrections of a call are numbered, and the number is the key: who wanted to correct the same record at the same time
 * finds the key taken, looks again, and corrects what is recorded then.
 *
 * @param held the call's hold as it stands, settled
 * @param before what is recorded
 * @param call the provider's word
 * @param actual what is to be recorded, for each claim
 * @param eventId identifies the audit event
 * @param transactionId identifies the entries
 */
record CorrectOperation(
        HeldTerms held, StoredCorrection before, BilledCall call, List<Amount> actual, UUID eventId, UUID transactionId)
        implements LedgerOperation {
    @Override
    public OperationKind kind() {
        return OperationKind.CORRECT;
    }

    @Override
    public String tenant() {
        return held.tenant();
    }

    @Override
    public Namespace namespace() {
        return held.namespace();
    }

    @Override
    public String key() {
        return key(held.decisionId(), before.number() + 1);
    }

    static String key(UUID decisionId, int number) {
        return decisionId + "/" + number;
    }

    /** Of this attempt and no other: an answer to somebody else's is none to this one. */
    @Override
    public Digest requestDigest() {
        return Digest.sha256(eventId.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> run() {
        return Optional.empty();
    }

    @Override
    public Optional<UUID> reservation() {
        return Optional.of(held.decisionId());
    }

    @Override
    public List<Account> accounts(Instant now) {
        return List.of();
    }

    /** None: what can be taken is read under its lock. */
    @Override
    public Optional<Posting> assumed() {
        return Optional.empty();
    }

    @Override
    public Posting plan(LedgerView view) {
        Reservation reservation = view.reservation()
                .filter(found -> !found.state().isOpen())
                .orElseThrow(() -> new SettlementConflictException("Hold of decision " + held.decisionId()
                        + " is not settled: only what is recorded can be corrected. Settle it first."));
        List<Movements.Correction> corrections = new ArrayList<>();
        List<Terms.Charge> charges = new ArrayList<>();
        List<Claim> claims = reservation.claims();
        for (int i = 0; i < claims.size(); i++) {
            Claim claim = claims.get(i);
            corrections.add(new Movements.Correction(
                    claim.account(),
                    before.actual().get(i).atomic(),
                    actual.get(i).atomic()));
            charges.add(new Terms.Charge(claim, actual.get(i).atomic(), false));
        }
        List<Entry> entries = Movements.correct(corrections, view);
        StoredCorrection after = new StoredCorrection(before.number() + 1, actual, call.state(), false, eventId);
        return new Posting(
                transactionId,
                entries,
                AuditEvents.correction(held, this, charges, entries, view.now()),
                Period.ALWAYS,
                null,
                null,
                null,
                after.toBytes());
    }
}
