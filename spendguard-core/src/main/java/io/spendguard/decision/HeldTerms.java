package io.spendguard.decision;

import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.Amount;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A hold and its terms, from the decision just made or from the ledger.
 *
 * @param decisionId the decision, which is also the reservation's id
 * @param tenant whose
 * @param namespace real or shadow
 * @param isReserved false when shadow mode let a call pass that enforcement would have refused: nothing is held for it
 * @param claims the holds, in order of account id
 * @param expiresAt when they end by themselves
 * @param terms the frozen terms
 */
record HeldTerms(
        UUID decisionId,
        String tenant,
        Namespace namespace,
        boolean isReserved,
        List<Claim> claims,
        Instant expiresAt,
        Terms terms) {

    /** These terms with what is held by now, in the order of the claims. */
    HeldTerms extendedTo(List<Amount> held, Instant until) {
        List<Claim> raised = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            raised.add(new Claim(
                    claims.get(i).account(), held.get(i).atomic(), claims.get(i).committed()));
        }
        return new HeldTerms(decisionId, tenant, namespace, isReserved, raised, until, terms);
    }

    static HeldTerms of(Reservation reservation) {
        return new HeldTerms(
                reservation.id(),
                reservation.tenant(),
                reservation.namespace(),
                true,
                reservation.claims(),
                reservation.expiresAt(),
                Terms.parse(reservation.terms()));
    }
}
