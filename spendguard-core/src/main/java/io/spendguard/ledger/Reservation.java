package io.spendguard.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A decision's hold on one or several accounts, settled as one.
 *
 * @param id the decision's id
 * @param tenant whose
 * @param namespace real or shadow
 * @param run the run, or null
 * @param state where it stands
 * @param expiresAt when it ends by itself
 * @param terms what settling needs to know of the decision, opaque to the ledger
 * @param claims the holds, in order of account id
 */
public record Reservation(
        UUID id,
        String tenant,
        Namespace namespace,
        @Nullable String run,
        State state,
        Instant expiresAt,
        byte[] terms,
        List<Claim> claims) {
    private static final Comparator<Reservation> BY_EXPIRY = Comparator.comparing(Reservation::expiresAt)
            .thenComparing(Reservation::tenant)
            .thenComparing(reservation -> reservation.id().toString());

    /** Copies the list. */
    public Reservation {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(state, "state");
        claims = List.copyOf(claims);
    }

    /** The reservation an operation's hold becomes: held. */
    public static Reservation of(LedgerOperation operation, Posting.Hold hold) {
        return new Reservation(
                hold.reservationId(),
                operation.tenant(),
                operation.namespace(),
                operation.run().orElse(null),
                State.HELD,
                hold.expiresAt(),
                hold.terms(),
                hold.claims());
    }

    /** This reservation with more held or committed on some of its accounts, and until then. */
    public Reservation extended(Posting.Extended by) {
        List<Claim> changed = new ArrayList<>(claims);
        for (Claim change : by.more()) {
            changed.replaceAll(claim -> claim.account().equals(change.account()) ? claim.changedBy(change) : claim);
        }
        return new Reservation(id, tenant, namespace, run, State.EXTENDED, by.expiresAt(), terms, changed);
    }

    /** In order of expiry, tenant and id: what is overdue longest comes first. */
    public static Comparator<Reservation> byExpiry() {
        return BY_EXPIRY;
    }

    /** This reservation in another state. */
    public Reservation in(State other) {
        return new Reservation(id, tenant, namespace, run, other, expiresAt, terms, claims);
    }

    /** Where a reservation stands. Final states never change. */
    public enum State {
        /** The action may be running. */
        HELD,
        /** The action may be running, and its hold is no longer the one that was decided: larger, longer, or committed in part. */
        EXTENDED,
        /** Its cost is recorded. */
        COMMITTED,
        /** It was given back. */
        RELEASED,
        /** Nobody settled it in time; what its decision's contract says was recorded. */
        EXPIRED;

        /** Whether it may still be settled, extended or ended. */
        public boolean isOpen() {
            return this == HELD || this == EXTENDED;
        }
    }
}
