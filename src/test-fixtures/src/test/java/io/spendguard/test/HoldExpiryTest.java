package io.spendguard.test;

import static io.spendguard.test.GuardLab.assertBalance;
import static io.spendguard.test.GuardLab.priced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Sweep;
import io.spendguard.model.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds that nobody settles in time: how a guard ends them, what a late settlement does, and that evidence tells it. */
class HoldExpiryTest {
    private static final Duration AFTER_THE_END = Duration.ofMinutes(11);
    private static final Sweep NOTHING = new Sweep(true, 0, 0, 0);

    private final GuardLab lab = new GuardLab();
    private final TestClock clock = lab.clock();

    @Test
    void sweep_beforeTheEnd_doesNothing_atTheEnd_commitsTheEstimate() {
        Guard guard = guard("");
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.set(permit.expiresAt().minusNanos(1));
        assertThat(guard.sweep()).isEqualTo(NOTHING);

        clock.set(permit.expiresAt());
        Sweep sweep = guard.sweep();

        assertThat(sweep).isEqualTo(new Sweep(true, 1, 0, 0));
        assertBalance(guard, "0.30 USD", "0.00 USD");
        assertThat(guard.sweep()).isEqualTo(NOTHING);
    }

    /** A clock that is slow would end the hold under a running call, a fast one would keep it for too long. */
    @ParameterizedTest
    @ValueSource(longs = {-60, -2, 2, 60})
    void decide_whereTheHostsClockIsWrong_holdsByTheLedgersTime(long minutes) {
        TestClock wrong = TestClock.at(TestClock.START.plus(Duration.ofMinutes(minutes)));

        Permit permit =
                lab.guard(contract(""), wrong).decide(priced("0.30 USD")).orThrow();

        assertThat(permit.expiresAt()).isEqualTo(TestClock.START.plus(Duration.ofMinutes(10)));
    }

    @Test
    void sweep_whereTheContractReleases_givesTheHoldBack() {
        Guard guard = guard("  onExpiry: release\n");
        guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);

        guard.sweep();

        assertBalance(guard, "0.00 USD", "0.00 USD");
    }

    @Test
    void sweep_byAGuardOfAnotherContract_endsTheHoldAsItsOwnContractSaid() {
        guard("  onExpiry: release\n").decide(priced("0.30 USD")).orThrow();
        Guard other = guard("");
        clock.advance(AFTER_THE_END);

        other.sweep();

        assertBalance(other, "0.00 USD", "0.00 USD");
    }

    @Test
    void commit_afterExpiry_postsTheDifferenceOnce() {
        Guard guard = guard("");
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);
        guard.sweep();

        Settlement late = permit.commit(Money.parse("0.10 USD"));
        Settlement again = permit.commit(Money.parse("0.10 USD"));

        assertThat(late.outcome()).isEqualTo(Settlement.Outcome.COMMITTED);
        assertThat(late.actual()).containsExactly(Amount.parse("0.10 USD"));
        assertThat(again.replayed()).isTrue();
        assertBalance(guard, "0.10 USD", "0.00 USD");
        assertThatThrownBy(() -> permit.release("changed my mind")).isInstanceOf(SettlementConflictException.class);
    }

    @Test
    void commit_afterAnExpiryThatReleased_spendsAllOfIt() {
        Guard guard = guard("  onExpiry: release\n");
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);
        guard.sweep();

        permit.commit(Money.parse("0.25 USD"));

        assertBalance(guard, "0.25 USD", "0.00 USD");
    }

    @Test
    void release_afterExpiry_refundsInFull() {
        Guard guard = guard("");
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);
        guard.sweep();

        permit.release("never sent");

        assertBalance(guard, "0.00 USD", "0.00 USD");
    }

    @Test
    void commit_overdueButNotYetEnded_settlesAsEver() {
        Guard guard = guard("");
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);

        permit.commit(Money.parse("0.10 USD"));

        assertThat(guard.sweep()).isEqualTo(NOTHING);
        assertBalance(guard, "0.10 USD", "0.00 USD");
    }

    @Test
    void sweep_ofMoreThanOnePage_endsAllOfThem() {
        Guard guard = guard("");
        IntStream.range(0, 300).forEach(i -> guard.decide(priced("0.001 USD")).orThrow());
        clock.advance(AFTER_THE_END);

        Sweep sweep = guard.sweep();

        assertThat(sweep).isEqualTo(new Sweep(true, 300, 0, 0));
        assertBalance(guard, "0.30 USD", "0.00 USD");
    }

    @Test
    void sweep_whileAnotherGuardLeads_doesNothing_andTakesOverWhenItsLeaseEnds() {
        Guard leader = guard("");
        Guard other = guard("");
        leader.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END.minusSeconds(90));
        leader.sweep();
        clock.advance(Duration.ofSeconds(29));
        assertThat(other.sweep()).isEqualTo(new Sweep(false, 0, 0, 0));

        clock.advance(Duration.ofSeconds(61));

        assertThat(other.sweep()).isEqualTo(new Sweep(true, 1, 0, 0));
    }

    @Test
    void expiryAndLateCommit_areToldByEvidenceThatVerifies(@TempDir Path folder) {
        Contract contract = contract("");
        Guard guard = lab.guard(contract);
        Permit permit = guard.decide(Action.llmCall("openai", "gpt-4o")
                        .inputTokens(8_000)
                        .maxOutputTokens(16_000)
                        .build())
                .orThrow();
        clock.advance(AFTER_THE_END);
        guard.sweep();
        permit.commit(Usage.of(8_000, 1_000));
        guard.close();

        List<JsonObject> outcomes = outcomes();
        assertThat(outcomes).hasSize(2);
        assertThat(outcomes.get(0).string("kind")).isEqualTo("EXPIRED");
        assertThat(outcomes.get(0).bool("final")).isTrue();
        assertThat(outcomes.get(0).bool("estimated")).isTrue();
        assertThat(outcomes.get(0).string("reason"))
                .isEqualTo("outcome unknown: nobody settled it until 2026-11-23T12:10:00Z");
        assertThat(outcomes.get(1).string("kind")).isEqualTo("COMMITTED");
        assertThat(outcomes.get(1).bool("final")).isFalse();
        assertThat(outcomes.get(1).string("corrects")).isEqualTo("EXPIRED");

        lab.assertEvidenceVerifies(contract, folder);
    }

    @Test
    void commit_afterItsSpendLeftARollingWindow_givesNothingBackThatIsGoneAlready() {
        Contract rolling = Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: hour, tenant: acme}
                spec:
                  budgets:
                    - {id: hour, limit: 1.00 USD, window: {type: rolling, length: PT1H}}
                """, "hour.yaml");
        Guard guard = lab.guard(rolling);
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(AFTER_THE_END);
        guard.sweep();
        clock.advance(Duration.ofHours(3));
        guard.decide(priced("0.50 USD")).orThrow().commit(Money.parse("0.50 USD"));
        assertBalance(guard, "0.50 USD", "0.00 USD");

        permit.commit(Money.parse("0.10 USD"));

        assertBalance(guard, "0.50 USD", "0.00 USD");
    }

    @Test
    void layer_thatReleasesBelowAContractThatCommits_isAFault() {
        assertThatThrownBy(() -> contract("").withLayer("""
                                apiVersion: spendguard.ai/v1
                                metadata: {name: team}
                                spec:
                                  onExpiry: release
                                  budgets: [{id: team, limit: 1.00 USD, window: {type: run}}]
                                """, "team.yaml"))
                .isInstanceOf(ContractException.class)
                .hasMessageContaining(
                        "onExpiry: 'onExpiry' is release, but contract 'day' above records what nobody settles as"
                                + " spent: a layer only tightens. Remove it.");
    }

    private List<JsonObject> outcomes() {
        List<JsonObject> outcomes = new ArrayList<>();
        List<SealedEvent> events = new ArrayList<>();
        lab.ledger().events("acme", events::add);
        events.stream()
                .filter(event -> event.draft().type().equals(EventTypes.OUTCOME))
                .forEach(event -> outcomes.add(
                        JsonObject.parse(event.draft().payload()).object("data").object("outcome")));
        return outcomes;
    }

    private Guard guard(String expiry) {
        return lab.guard(contract(expiry));
    }

    private static Contract contract(String expiry) {
        return Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: day, tenant: acme}
                spec:
                %s  budgets:
                    - {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                """.formatted(expiry), "day.yaml");
    }
}
