package io.spendguard.decision;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Money;
import io.spendguard.model.Period;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Changes what is recorded of a settled call, and posts the difference.
 *
 * <p>Corrections of a call are numbered, and the number is the key: who wanted to correct the same record at the same time
 * finds the key taken, looks again, and corrects what is recorded then.
 *
 * @param held the call's hold as it stands, settled
 * @param before what is recorded
 * @param after what is to be recorded
 * @param usage what the provider counted; null where nobody did
 * @param cost what the provider says it cost; null where it does not say
 * @param transactionId identifies the entries
 */
record CorrectOperation(
        HeldTerms held,
        StoredCorrection before,
        StoredCorrection after,
        @Nullable Usage usage,
        @Nullable Money cost,
        UUID transactionId)
        implements HeldOperation {
    @Override
    public OperationKind kind() {
        return OperationKind.CORRECT;
    }

    @Override
    public String key() {
        return key(held.decisionId(), after.number());
    }

    static String key(UUID decisionId, int number) {
        return decisionId + "/" + number;
    }

    /** Of this attempt and no other: an answer to somebody else's is none to this one. */
    @Override
    public Digest requestDigest() {
        return Digest.sha256(after.eventId().toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Posting plan(LedgerView view) {
        Reservation reservation = view.reservation()
                .filter(found -> !found.state().isOpen())
                .orElseThrow(() -> new SettlementConflictException("Hold of decision " + held.decisionId()
                        + " is not settled: only what is recorded can be corrected. Settle it first."));
        List<Claim> claims = reservation.claims();
        List<Entry> entries = Corrections.entries(claims, atoms(before), atoms(after), view);
        List<Terms.Charge> charges = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            charges.add(new Terms.Charge(
                    new Claim(claims.get(i).account(), claims.get(i).atomic()),
                    after.actual().get(i).atomic(),
                    false));
        }
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

    private static List<Long> atoms(StoredCorrection record) {
        return record.actual().stream().map(Amount::atomic).toList();
    }
}
