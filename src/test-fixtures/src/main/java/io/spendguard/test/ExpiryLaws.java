package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.ExpiredHolds;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Holds nobody settles: who is shown them, how they end, and what comes after. */
interface ExpiryLaws extends LedgerLaws {
    /** Never asked for twice within a test's time. */
    Duration LEASE = Duration.ofMinutes(10);

    private Account team() {
        return lab().operations().account("team");
    }

    /** A hold on budget team, overdue for so many minutes; not yet over when it is negative. */
    private HoldOperation held(String key, long calls, long overdueMinutes) {
        Instant end = lab().clock()
                .instant()
                .minus(Duration.ofMinutes(overdueMinutes))
                .truncatedTo(ChronoUnit.MILLIS);
        HoldOperation hold = lab().operations().hold(key).claim(team(), calls).expiringAt(end);
        lab().post(hold);
        return hold;
    }

    private ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
        return lab().ledger().expired(sweeper, lease, atMost, after);
    }

    private List<UUID> ids(ExpiredHolds holds) {
        return holds.holds().stream().map(Reservation::id).toList();
    }

    private Reservation.State stateOf(HoldOperation hold) {
        return lab().ledger()
                .reservation(hold.tenant(), hold.reservationId())
                .orElseThrow()
                .state();
    }

    @Test
    default void expired_overdueHolds_areShownLongestFirstWithTheirClaims() {
        lab().activate("team", 1000);
        HoldOperation second = held("second", 20, 5);
        HoldOperation first = held("first", 10, 30);
        held("later", 30, -60);
        lab().post(lab().operations().release("r", held("settled", 40, 50)));

        ExpiredHolds shown = expired(lab().ids().next(), LEASE, 10, null);

        assertThat(shown.leads()).isTrue();
        assertThat(ids(shown)).containsExactly(first.reservationId(), second.reservationId());
        assertThat(shown.holds().get(0).claims()).isEqualTo(first.claims());
        assertThat(shown.holds().get(0).expiresAt()).isEqualTo(first.expiresAt());
    }

    @Test
    default void expired_inPages_showsEachOnce() {
        lab().activate("team", 1000);
        List<UUID> all = List.of(
                held("a", 1, 40).reservationId(),
                held("b", 1, 30).reservationId(),
                held("c", 1, 20).reservationId());
        UUID sweeper = lab().ids().next();

        ExpiredHolds first = expired(sweeper, LEASE, 2, null);
        ExpiredHolds second = expired(sweeper, LEASE, 2, first.holds().get(1));

        assertThat(ids(first)).isEqualTo(all.subList(0, 2));
        assertThat(ids(second)).isEqualTo(all.subList(2, 3));
    }

    @Test
    default void expired_whileAnotherLeads_showsNothing_andAfterItsLeaseEverything() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 10, 5);
        UUID leader = lab().ids().next();
        UUID other = lab().ids().next();
        assertThat(expired(leader, LEASE, 10, null).leads()).isTrue();

        ExpiredHolds meanwhile = expired(other, LEASE, 10, null);
        expired(leader, Duration.ZERO, 10, null);
        ExpiredHolds after = expired(other, LEASE, 10, null);

        assertThat(meanwhile).isEqualTo(new ExpiredHolds(false, List.of()));
        assertThat(after.leads()).isTrue();
        assertThat(ids(after)).containsExactly(hold.reservationId());
        assertThat(expired(leader, LEASE, 10, null).leads())
                .as("the one before")
                .isFalse();
    }

    @Test
    default void expire_overdueHold_endsItAndIsNotShownAgain() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 300, 5);

        String answer = lab().answer(lab().operations().expire(hold));

        assertThat(answer).isEqualTo("expired");
        assertThat(stateOf(hold)).isEqualTo(Reservation.State.EXPIRED);
        assertBalances(team(), 1000, 300, 0, 0);
        assertThat(expired(lab().ids().next(), LEASE, 10, null).holds()).isEmpty();
    }

    @Test
    default void expire_twice_replaysTheFirstAnswer() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 300, 5);
        lab().post(lab().operations().expire(hold));
        int events = lab().events(null).size();

        PostResult again = lab().post(lab().operations().expire(hold));

        assertThat(again).isInstanceOf(PostResult.Replayed.class);
        assertThat(lab().events(null)).hasSize(events);
        assertBalances(team(), 1000, 300, 0, 0);
    }

    @Test
    default void expire_afterCommit_isLeftToThePlannerWhoRefuses() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 300, 5);
        lab().post(lab().operations().commit("c", hold, 250));
        int events = lab().events(null).size();

        assertThatThrownBy(() -> lab().post(lab().operations().expire(hold)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is COMMITTED");

        assertThat(lab().events(null)).hasSize(events);
        assertBalances(team(), 1000, 250, 0, 0);
    }

    @Test
    default void commit_afterExpiry_isLeftToThePlannerAndMovesTheDifference() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 300, 5);
        lab().post(lab().operations().expire(hold));

        String answer = lab().answer(lab().operations().commit("c", hold, 250));

        assertThat(answer).isEqualTo("corrected [250]");
        assertThat(stateOf(hold)).isEqualTo(Reservation.State.EXPIRED);
        assertBalances(team(), 1000, 250, 0, 0);
    }

    @Test
    default void commit_afterExpiryAboveTheHold_owesWhatIsNotAvailable() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 900, 5);
        lab().post(lab().operations().expire(hold));

        lab().post(lab().operations().commit("c", hold, 1150));

        assertBalances(team(), 1000, 1150, 0, 150);
    }

    @Test
    default void release_afterExpiry_paysDebtFirst() {
        lab().activate("team", 1000);
        HoldOperation hold = held("hold", 300, 5);
        HoldOperation dear = held("dear", 700, -60);
        lab().post(lab().operations().expire(hold));
        lab().post(lab().operations().commit("d", dear, 800));
        assertBalances(team(), 1000, 1100, 0, 100);

        lab().post(lab().operations().release("r", hold));

        assertBalances(team(), 1000, 800, 0, 0);
    }
}
