package io.spendguard.ledger;

import io.spendguard.model.Period;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything one operation writes, in one transaction: entries, event, hold, run change and the answer for replays.
 *
 * @param transactionId identifies the entries; UUIDv7
 * @param entries the lines, balanced for each account; may be empty
 * @param event the audit event that tells of it
 * @param validIn when the ledger's clock must stand for this to be right
 * @param hold the reservation it takes, or null
 * @param settles the reservation it settles, or null
 * @param run the run it changes, or null
 * @param answer what a replay of the operation is told, opaque to the ledger
 * @param extend the open reservation it extends, or null
 */
public record Posting(
        UUID transactionId,
        List<Entry> entries,
        EventDraft event,
        Period validIn,
        @Nullable Hold hold,
        @Nullable Settled settles,
        @Nullable RunChange run,
        byte[] answer,
        @Nullable Extended extend) {
    /** A posting that extends no reservation. */
    public Posting(
            UUID transactionId,
            List<Entry> entries,
            EventDraft event,
            Period validIn,
            @Nullable Hold hold,
            @Nullable Settled settles,
            @Nullable RunChange run,
            byte[] answer) {
        this(transactionId, entries, event, validIn, hold, settles, run, answer, null);
    }

    /** Copies the entries; throws {@link IllegalArgumentException} when they do not balance for each account. */
    public Posting {
        Objects.requireNonNull(transactionId, "transactionId");
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(validIn, "validIn");
        Objects.requireNonNull(answer, "answer");
        entries = List.copyOf(entries);
        byAccount(entries).forEach(Posting::requireBalanced);
    }

    /** Tells whether it moves or holds something on an account: a hold of nothing counts. */
    public boolean touches(AccountId account) {
        return entries.stream().anyMatch(entry -> entry.account().equals(account))
                || (hold != null
                        && hold.claims().stream()
                                .anyMatch(claim -> claim.account().id().equals(account)));
    }

    /** This posting, right in another span of the ledger's time. */
    public Posting in(Period span) {
        return new Posting(transactionId, entries, event, span, hold, settles, run, answer, extend);
    }

    /** The entries of each account it moves, in their order. */
    public Map<AccountId, List<Entry>> byAccount() {
        return byAccount(entries);
    }

    private static Map<AccountId, List<Entry>> byAccount(List<Entry> entries) {
        return entries.stream()
                .collect(Collectors.groupingBy(Entry::account, LinkedHashMap::new, Collectors.toUnmodifiableList()));
    }

    private static void requireBalanced(AccountId account, List<Entry> entries) {
        long sum = 0;
        for (Entry entry : entries) {
            sum = Math.addExact(sum, entry.atomic());
        }
        if (sum != 0) {
            throw new IllegalArgumentException("Posting does not balance: entries of account " + account + " sum to "
                    + sum + ", not 0. Every movement has two sides.");
        }
    }

    /**
     * A reservation to be taken.
     *
     * @param reservationId the decision's id
     * @param expiresAt when it ends by itself
     * @param claims the holds, in order of account id
     * @param terms what settling will need to know, opaque to the ledger
     */
    public record Hold(UUID reservationId, Instant expiresAt, List<Claim> claims, byte[] terms) {
        /** Copies the list. */
        public Hold {
            claims = List.copyOf(claims);
        }
    }

    /**
     * A reservation to be extended; it must be open and its operation must have seen it: an assumed posting extends nothing.
     *
     * @param reservationId the decision's id
     * @param expiresAt when it ends by itself from now on, not before it did
     * @param more what is held in addition, and how much of all that is committed, on accounts it has claims on already
     */
    public record Extended(UUID reservationId, Instant expiresAt, List<Claim> more) {
        /** Copies the list. */
        public Extended {
            more = List.copyOf(more);
        }
    }

    /**
     * A reservation to be settled; it must be open, and for an assumed posting as it was decided.
     *
     * @param reservationId the decision's id
     * @param state committed, released or expired
     */
    public record Settled(UUID reservationId, Reservation.State state) {}

    /**
     * What happens to a run, which must not be stopped yet.
     *
     * @param run the run's id
     * @param steps how many more actions were allowed
     * @param stoppedBy the decision that stops it, or null
     * @param stopCode the stop's reason code, or null
     * @param allowed the actions to remember as allowed; none when nothing looks for repeats
     */
    public record RunChange(
            String run,
            int steps,
            @Nullable UUID stoppedBy,
            @Nullable String stopCode,
            RecentActions allowed) {
        /** Actions that were allowed and are not remembered one by one. */
        public static RunChange steps(String run, int steps) {
            return new RunChange(run, steps, null, null, RecentActions.NONE);
        }

        /** A recorded STOP. */
        public static RunChange stop(String run, UUID decisionId, String code) {
            return new RunChange(run, 0, decisionId, code, RecentActions.NONE);
        }

        /** This change and a later one of the same run as one; throws {@link IllegalStateException} when this one stops it. */
        public RunChange then(RunChange later) {
            if (stoppedBy != null) {
                throw new IllegalStateException("Run '" + run + "' was stopped by decision " + stoppedBy
                        + ": nothing more is recorded as allowed in it. Refuse the action.");
            }
            return new RunChange(
                    run,
                    Math.addExact(steps, later.steps),
                    later.stoppedBy,
                    later.stopCode,
                    allowed.then(later.allowed));
        }
    }
}
