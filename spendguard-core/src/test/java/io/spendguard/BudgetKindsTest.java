package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Budgets per key, for some actions only, under parents, in rolling windows, with thresholds and overrun policies. */
class BudgetKindsTest {
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    Path folder;

    private final HandClock clock = new HandClock();
    private final InMemoryLedger ledger = new InMemoryLedger(clock);
    private final Ed25519Signer signer = Ed25519Signer.generate();
    private final Set<Contract> contracts = new LinkedHashSet<>();

    /** Whatever a test did, its evidence verifies: every balance follows from the events. */
    @AfterEach
    void evidenceVerifies() {
        Path file = folder.resolve("evidence.zip");
        EvidenceExport export = EvidenceExport.from(ledger).priceBook(PriceBook.bundled());
        contracts.forEach(export::contract);
        export.write(signer, clock, file);
        assertThat(Verifier.verify(file, Anchors.of(signer.verificationKey())).findings())
                .isEmpty();
    }

    @Test
    void perUser_eachHasALimitOfItsOwn() {
        try (Guard guard =
                guard("- {id: user_day, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}, per: user}")) {
            assertThat(spend(guard, tool().user("ann"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().user("bob"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().user("ann"), "0.20 USD")).isEqualTo(Effect.STOP);
            assertThat(spend(guard, tool().user("cy"), "0.20 USD")).isEqualTo(Effect.CONTINUE);

            assertThat(guard.balances("acme"))
                    .hasSize(3)
                    .extracting(Balance::spent)
                    .containsOnly(usd("0.20 USD"));
        }
    }

    @Test
    void perUser_noAccountAndNoEventNamesAnyone() {
        try (Guard guard = guard(
                "- {id: user_day, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}, per: [user, agent]}")) {
            spend(guard, tool().user("ann@example.org").agent("scout"), "0.20 USD");

            assertThat(guard.balances("acme"))
                    .extracting(Balance::key)
                    .singleElement()
                    .asString()
                    .matches("~[0-9a-f]{32}/scout");
            ledger.events(
                    "acme",
                    event -> assertThat(new String(event.draft().payload(), StandardCharsets.UTF_8))
                            .doesNotContain("ann@"));
        }
    }

    @Test
    void perUser_anotherGuardOnTheSameLedger_findsTheSameAccount() {
        String budget = "- {id: user_day, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}, per: user}";
        try (Guard one = guard(budget);
                Guard two = guard(budget)) {
            spend(one, tool().user("ann"), "0.20 USD");

            assertThat(spend(two, tool().user("ann"), "0.20 USD")).isEqualTo(Effect.STOP);
        }
    }

    @Test
    void perUser_actionWithoutUser_isStoppedUnlessTheBudgetSkipsIt() {
        String budget = "- {id: user_day, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}, per: user%s}\n"
                + "- {id: all, limit: 9.00 USD, window: {type: total}}";
        try (Guard strict = guard(budget.formatted(""))) {
            Decision refused = decide(strict, tool(), "0.20 USD");

            assertThat(refused.reasons())
                    .containsExactly(Reason.of(
                            ReasonCode.BUDGET_KEY_MISSING,
                            "Budget 'user_day' is kept per user, but the action has none. Set it on the action, or give the budget"
                                    + " whenKeyMissing: skip_budget."));
        }
        try (Guard lenient = guard(budget.formatted(", whenKeyMissing: skip_budget"))) {
            assertThat(spend(lenient, tool(), "0.20 USD")).isEqualTo(Effect.CONTINUE);
        }
    }

    @Test
    void perLabel_keysThatLookAlike_haveAccountsOfTheirOwn() {
        try (Guard guard =
                guard("- {id: b, limit: 0.25 USD, window: {type: total}, per: [label.a, label.b], maxKeys: 10}")) {
            spend(guard, tool().label("a", "x/y").label("b", "z"), "0.20 USD");

            assertThat(spend(guard, tool().label("a", "x").label("b", "y/z"), "0.20 USD"))
                    .isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().label("a", "x%2Fy").label("b", "z"), "0.20 USD"))
                    .isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().label("a", "x/y").label("b", "z"), "0.20 USD"))
                    .isEqualTo(Effect.STOP);
        }
    }

    @Test
    void perLabel_freshLabels_mintNoFreshMoneyBeyondMaxKeys() {
        try (Guard guard = guard(
                "- {id: team, limit: 0.25 USD, window: {type: calendar_day, timezone: UTC}, per: label.team, maxKeys: 2}")) {
            spend(guard, tool().label("team", "a"), "0.20 USD");
            spend(guard, tool().label("team", "b"), "0.20 USD");

            Decision refused = decide(guard, tool().label("team", "c"), "0.01 USD");

            assertThat(refused.reasons())
                    .containsExactly(Reason.of(
                            ReasonCode.BUDGET_KEYS_EXHAUSTED,
                            "Budget 'team' has accounts for 2 keys, and the action's is another: maxKeys allows no more in one window."
                                    + " Raise maxKeys, or look for labels that never repeat."));
            clock.advance(Duration.ofDays(1));
            assertThat(spend(guard, tool().label("team", "c"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
        }
    }

    @Test
    void perRunAndAgent_keepsEachAgentOfEachRunApart() {
        try (Guard guard = guard("- {id: b, limit: 0.25 USD, window: {type: run}, per: agent}")) {
            assertThat(spend(guard, tool().run("r1").agent("a"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().run("r1").agent("b"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().run("r2").agent("a"), "0.20 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(spend(guard, tool().run("r1").agent("a"), "0.20 USD")).isEqualTo(Effect.STOP);
        }
    }

    @Test
    void appliesTo_otherActions_areNotCounted() {
        try (Guard guard = guard("""
                - id: research
                  limit: 0.25 USD
                  window: {type: total}
                  appliesTo: {at: tool.call.pre, tools: [search, "fetch_*"], labels: {team: blue}}
                - {id: all, limit: 9.00 USD, window: {type: total}}
                """)) {
            spend(guard, tool("search").label("team", "blue"), "0.10 USD");
            spend(guard, tool("fetch_page").label("team", "blue"), "0.10 USD");
            spend(guard, tool("fetch_page").label("team", "red"), "1.00 USD");
            spend(guard, tool("fetch").label("team", "blue"), "1.00 USD");
            spend(guard, tool("search"), "1.00 USD");

            assertThat(balance(guard, "research").spent()).isEqualTo(usd("0.20 USD"));
            assertThat(balance(guard, "all").spent()).isEqualTo(usd("3.20 USD"));
            assertThat(spend(guard, tool("search").label("team", "blue"), "0.10 USD"))
                    .isEqualTo(Effect.STOP);
        }
    }

    @Test
    void parent_isClaimedWithEveryChild_andRefusesForAllOfThem() {
        try (Guard guard = guard("""
                - {id: org, limit: 0.50 USD, window: {type: total}, appliesTo: {labels: {never: "x"}}}
                - {id: team, limit: 0.40 USD, window: {type: total}, per: label.team, parent: org}
                - {id: person, limit: 0.30 USD, window: {type: total}, per: [label.team, user], parent: team}
                """)) {
            assertThat(spend(guard, member("blue", "ann"), "0.30 USD")).isEqualTo(Effect.CONTINUE);
            assertThat(decide(guard, member("blue", "bob"), "0.20 USD").reasons())
                    .extracting(Reason::text)
                    .singleElement()
                    .asString()
                    .startsWith("Budget 'team' cannot hold 0.20 USD");
            Decision both = decide(guard, member("red", "cy"), "0.30 USD");

            assertThat(both.reasons())
                    .extracting(Reason::text)
                    .singleElement()
                    .asString()
                    .startsWith("Budget 'org' cannot hold 0.30 USD: 0.20 USD available");
            assertThat(guard.balances("acme"))
                    .filteredOn(balance -> balance.key().startsWith("red"))
                    .allSatisfy(balance -> assertThat(balance.held()).isEqualTo(usd("0.00 USD")));
            assertThat(balance(guard, "org").spent()).isEqualTo(usd("0.30 USD"));
        }
    }

    @Test
    void warnAt_theActionThatCrosses_isToldOnceByTheHighestShare() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: total}, warnAt: [50%, 80%]}")) {
            assertThat(decide(guard, tool(), "0.40 USD").reasons()).isEmpty();
            assertThat(decide(guard, tool(), "0.45 USD").reasons())
                    .containsExactly(
                            Reason.of(
                                    ReasonCode.BUDGET_THRESHOLD,
                                    "Budget 'all' passes 80 % of its limit: 0.85 USD of 1.00 USD are spent or held. Nothing to do yet."));
            assertThat(decide(guard, tool(), "0.05 USD").reasons()).isEmpty();
        }
    }

    @Test
    void blockUntilResolved_afterAnOverrun_refusesUntilAnOperatorGrants() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC},"
                + " overrunPolicy: {type: block_until_resolved}}")) {
            overrun(guard, "0.50 USD", "1.30 USD");
            assertThat(decide(guard, tool(), "0.01 USD").reasons())
                    .extracting(Reason::code)
                    .containsExactly(ReasonCode.OVERRUN_UNRESOLVED);
            clock.advance(Duration.ofDays(1));

            assertThat(decide(guard, tool(), "0.01 USD").reasons())
                    .containsExactly(
                            Reason.of(
                                    ReasonCode.OVERRUN_UNRESOLVED,
                                    "Budget 'all' owes 0.30 USD: it blocks until an operator has settled that. Grant the account what it owes."));
        }
    }

    @Test
    void absorbInNextWindow_takesTheDebtFromItUpToTheShare_andTheRestFromTheOneAfter() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC},"
                + " overrunPolicy: {type: absorb_in_next_window, share: 20%}}")) {
            overrun(guard, "0.50 USD", "1.30 USD");

            clock.advance(Duration.ofDays(1));
            assertThat(spend(guard, tool(), "0.81 USD")).isEqualTo(Effect.STOP);
            assertThat(spend(guard, tool(), "0.80 USD")).isEqualTo(Effect.CONTINUE);
            clock.advance(Duration.ofDays(1));
            assertThat(spend(guard, tool(), "0.91 USD")).isEqualTo(Effect.STOP);
            assertThat(spend(guard, tool(), "0.90 USD")).isEqualTo(Effect.CONTINUE);
            clock.advance(Duration.ofDays(1));
            assertThat(spend(guard, tool(), "1.00 USD")).isEqualTo(Effect.CONTINUE);

            assertThat(guard.balances("acme"))
                    .allSatisfy(balance -> assertThat(balance.spent().atomic())
                            .isLessThanOrEqualTo(usd("1.00 USD").atomic()));
        }
    }

    @Test
    void recordViolationAndDebt_nextWindowStartsAnew() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}")) {
            overrun(guard, "0.50 USD", "1.30 USD");
            clock.advance(Duration.ofDays(1));

            assertThat(spend(guard, tool(), "1.00 USD")).isEqualTo(Effect.CONTINUE);
        }
    }

    @Test
    void rolling_whatWasSpent_countsForTheLengthAndOneBucketAtMost() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: rolling, length: PT24H, buckets: 24}}")) {
            spend(guard, tool(), "1.00 USD");
            clock.advance(Duration.ofHours(24));
            assertThat(decide(guard, tool(), "0.50 USD").reasons())
                    .extracting(Reason::text)
                    .singleElement()
                    .asString()
                    .startsWith("Budget 'all' cannot hold 0.50 USD: 0.00 USD available in PT24H.");

            clock.advance(Duration.ofHours(1));
            assertThat(spend(guard, tool(), "0.50 USD")).isEqualTo(Effect.CONTINUE);

            assertThat(balance(guard, "all").spent()).isEqualTo(usd("0.50 USD"));
            assertThat(guard.balances("acme")).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void rolling_noSpanOfItsLength_everHoldsMoreThanTheLimit(long seed) {
        Random random = new Random(seed);
        Duration length = Duration.ofHours(6);
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: rolling, length: PT6H, buckets: 6}}")) {
            Deque<Spend> spends = new ArrayDeque<>();
            int allowed = 0;
            for (int i = 0; i < 300; i++) {
                clock.advance(Duration.ofSeconds(random.nextInt(2_400)));
                long cents = 1L + random.nextInt(30);
                if (spend(guard, tool(), "0.%02d USD".formatted(cents)) == Effect.CONTINUE) {
                    allowed++;
                    spends.add(new Spend(clock.instant(), cents));
                }
                spends.removeIf(spend -> !spend.at().isAfter(clock.instant().minus(length)));
                assertThat(spends.stream().mapToLong(Spend::cents).sum()).isLessThanOrEqualTo(100);
            }
            assertThat(allowed).isGreaterThan(100);
        }
    }

    @Test
    void rolling_settledAboveItsHold_owesUntilItCountsNoLonger() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: rolling, length: PT24H, buckets: 24}}")) {
            overrun(guard, "0.50 USD", "1.30 USD");
            assertThat(spend(guard, tool(), "0.01 USD")).isEqualTo(Effect.STOP);
            clock.advance(Duration.ofHours(25));

            assertThat(spend(guard, tool(), "1.00 USD")).isEqualTo(Effect.CONTINUE);
        }
    }

    @Test
    void rolling_afterCalendarWindowsOfTheSameBudget_givesNothingOfThemBack() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}")) {
            spend(guard, tool(), "0.50 USD");
            clock.advance(Duration.ofHours(20));
            swap(guard, "- {id: all, limit: 1.00 USD, window: {type: rolling, length: PT24H, buckets: 1}}");
            spend(guard, tool(), "1.00 USD");
            clock.advance(Duration.ofHours(20));

            assertThat(spend(guard, tool(), "0.50 USD")).isEqualTo(Effect.STOP);
            assertThat(guard.balances("acme"))
                    .extracting(Balance::spent)
                    .containsExactly(usd("1.00 USD"), usd("0.50 USD"));
        }
    }

    @Test
    void rolling_holdSettledAfterItsExpiryCountsNoLonger_isRecordedAndGivesBackOnce() {
        try (Guard guard = guard("- {id: all, limit: 1.00 USD, window: {type: rolling, length: PT1H, buckets: 6}}")) {
            Permit permit = decide(guard, tool(), "0.50 USD").orThrow();
            clock.advance(Duration.ofMinutes(11));
            guard.sweep();
            clock.advance(Duration.ofHours(2));
            spend(guard, tool(), "0.90 USD");

            permit.commit(Money.parse("0.20 USD"));

            assertThat(permit.settlement()).isPresent();
            assertThat(balance(guard, "all").spent()).isEqualTo(usd("0.90 USD"));
        }
    }

    @Test
    void absorbInNextWindow_holdReleasedAfterItsExpiryWasAbsorbed_isRecorded() {
        String budget = "- {id: all, limit: %s, window: {type: calendar_day, timezone: UTC},"
                + " overrunPolicy: absorb_in_next_window}";
        try (Guard guard = guard(budget.formatted("1.00 USD"))) {
            Permit permit = decide(guard, tool(), "0.80 USD").orThrow();
            clock.advance(Duration.ofMinutes(11));
            guard.sweep();
            swap(guard, budget.formatted("0.20 USD"));
            clock.advance(Duration.ofDays(1));
            spend(guard, tool(), "0.00 USD");

            permit.release("did not run");

            assertThat(guard.balances("acme"))
                    .extracting(Balance::spent)
                    .containsExactly(usd("0.00 USD"), usd("0.20 USD"));
        }
    }

    @Test
    void blockUntilResolved_inARollingWindow_isResolvedByAGrantAndNotByTime() {
        String budget =
                "- {id: all, limit: %s, window: {type: rolling, length: PT24H}, overrunPolicy: block_until_resolved}";
        try (Guard guard = guard(budget.formatted("1.00 USD"))) {
            overrun(guard, "0.50 USD", "1.30 USD");
            clock.advance(Duration.ofHours(30));
            assertThat(spend(guard, tool(), "0.10 USD")).isEqualTo(Effect.STOP);

            swap(guard, budget.formatted("1.40 USD"));

            assertThat(spend(guard, tool(), "1.40 USD")).isEqualTo(Effect.CONTINUE);
        }
    }

    private record Spend(Instant at, long cents) {}

    private Guard guard(String budgets) {
        return Guard.builder()
                .contract(contract(budgets))
                .ledger(ledger)
                .signer(signer)
                .clock(clock)
                .build();
    }

    private void swap(Guard guard, String budgets) {
        guard.swap(contract(budgets));
    }

    private Contract contract(String budgets) {
        Contract contract = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: kinds, tenant: acme}
                spec:
                  budgets:
                """ + budgets.indent(4), "kinds.yaml");
        contracts.add(contract);
        return contract;
    }

    private static Action.Builder tool() {
        return tool("search");
    }

    private static Action.Builder tool(String name) {
        return Action.toolCall(name);
    }

    private static Action.Builder member(String team, String user) {
        return tool().label("team", team).user(user);
    }

    private static Decision decide(Guard guard, Action.Builder action, String cost) {
        return guard.decide(action.cost(Money.parse(cost)).build());
    }

    /** Decides and, where it may, commits just that cost. */
    private static Effect spend(Guard guard, Action.Builder action, String cost) {
        Decision decision = decide(guard, action, cost);
        if (decision instanceof Decision.Allowed allowed) {
            allowed.permit().commit(Money.parse(cost));
        }
        return decision.effect();
    }

    private static void overrun(Guard guard, String held, String cost) {
        decide(guard, tool(), held).orThrow().commit(Money.parse(cost));
    }

    private static Balance balance(Guard guard, String budget) {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals(budget))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private static Amount usd(String text) {
        return Amount.parse(text);
    }

    private static final class HandClock extends Clock {
        private Instant now = NOON;

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
