package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Walks every path of the call state machine up to four events long, on a real guard, against a plain model of it. */
class CallTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: call, tenant: acme}
            spec:
              budgets:
                - {id: run, limit: 10.00 USD, window: {type: run}}
            """;
    /** What may happen to a call. */
    private enum Event {
        STARTED,
        PART,
        COMPLETED,
        COMPLETED_WITHOUT_USAGE,
        NOT_SENT,
        FAILED,
        CANCELLED,
        CLOSED;

        void happensTo(Call call) {
            switch (this) {
                case STARTED -> call.started();
                case PART -> call.part(100);
                case COMPLETED -> call.completed(Usage.of(8_000, 500));
                case COMPLETED_WITHOUT_USAGE -> call.completed(Usage.unknown());
                case NOT_SENT -> call.notSent(new IllegalStateException("broken"));
                case FAILED -> call.failed(new IllegalStateException("broken"));
                case CANCELLED -> call.cancelled();
                case CLOSED -> call.close();
            }
        }
    }

    /** What the books must say at the end of a path, found by the rules in prose rather than by the code under test. */
    private record Expected(CallPhase phase, String spent, String held, boolean estimated) {
        private static final String HOLD = "0.18 USD";

        static Expected of(List<Event> path) {
            boolean started = false;
            int parts = 0;
            for (Event event : path) {
                switch (event) {
                    case STARTED -> started = true;
                    case PART -> {
                        started = true;
                        parts++;
                    }
                    case COMPLETED -> {
                        return settled("0.025 USD", false);
                    }
                    case COMPLETED_WITHOUT_USAGE -> {
                        return settled(HOLD, true);
                    }
                    case NOT_SENT -> {
                        return settled("0.00 USD", false);
                    }
                    case FAILED, CANCELLED, CLOSED -> {
                        if (!started) {
                            return settled("0.00 USD", false);
                        }
                        return parts == 0
                                ? new Expected(CallPhase.UNKNOWN, "0.00 USD", HOLD, false)
                                : settled(
                                        Amount.parse("0.02 USD")
                                                .plus(part(parts))
                                                .toString(),
                                        true);
                    }
                }
            }
            CallPhase phase = parts > 0 ? CallPhase.STREAMING : started ? CallPhase.STARTED : CallPhase.DECIDED;
            return new Expected(phase, "0.00 USD", HOLD, false);
        }

        private static Amount part(int parts) {
            return new Amount(parts * 1_000_000L, Amount.parse("0.00 USD").unit());
        }

        private static Expected settled(String spent, boolean estimated) {
            return new Expected(CallPhase.SETTLED, spent, "0.00 USD", estimated);
        }
    }

    @Test
    void everyPath_endsWithTheBooksItsEventsCallFor() {
        List<List<Event>> paths = paths(4);
        assertThat(paths).hasSize(8 + 64 + 512 + 4_096);
        for (int from = 0; from < paths.size(); from += 100) {
            // Looking at one run's balance walks over all the guard has.
            try (Guard guard = guard()) {
                for (List<Event> path : paths.subList(from, Math.min(from + 100, paths.size()))) {
                    String run = path.toString();
                    Call call = Call.of(permit(guard, run));

                    path.forEach(event -> event.happensTo(call));

                    assertThat(actual(guard, call, run)).as("%s", path).isEqualTo(Expected.of(path));
                }
            }
        }
    }

    @Test
    void part_beyondTheCap_saysThatTheStreamMustBeCut() {
        try (Guard guard = guard()) {
            Call call = Call.of(permit(guard, "r"));

            assertThat(call.part(16_000)).isTrue();
            assertThat(call.part(1)).isFalse();
        }
    }

    @Test
    void open_makesThePermitCurrent_andRestoresTheOuterOne() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "outer"));
            Call inner = Call.of(permit(guard, "inner"));

            try (var outerOpen = outer.open()) {
                try (var innerOpen = inner.open()) {
                    assertThat(Permit.current()).contains(inner.permit());
                }
                assertThat(Permit.current()).contains(outer.permit());
            }
            assertThat(Permit.current()).isEmpty();
        }
    }

    @Test
    void started_afterACancellationGaveTheHoldBack_saysThatNothingMayLeave() {
        try (Guard guard = guard()) {
            Call call = Call.of(permit(guard, "r"));
            call.cancelled();

            assertThat(call.started()).isFalse();
            assertThat(call.phase()).isEqualTo(CallPhase.SETTLED);
        }
    }

    @Test
    void completed_ledgerClosedMeanwhile_hidesNothingAndLeavesTheOutcomeUnknown() {
        Guard guard = guard();
        Call call = Call.of(permit(guard, "r"));
        guard.close();
        call.started();

        call.completed(Usage.of(1, 1));

        assertThat(call.phase()).isEqualTo(CallPhase.UNKNOWN);
        assertThat(call.settlementFailure()).get().isInstanceOf(IllegalStateException.class);
    }

    @Test
    void call_commitsWhatTheResultReports_beforeItReturns() {
        try (Guard guard = guard()) {
            String reply = guard.call(action("r"), Set.of(), permit -> "hello", result -> Usage.of(8_000, 500));

            assertThat(reply).isEqualTo("hello");
            assertThat(balance(guard, "r").spent()).hasToString("0.025 USD");
            assertThat(balance(guard, "r").held()).hasToString("0.00 USD");
        }
    }

    @Test
    void call_bodyCommitsItsOwnPrice_thatPriceStands() {
        try (Guard guard = guard()) {
            guard.call(action("r"), permit -> {
                Permit.current().orElseThrow().commit(Money.parse("0.01 USD"));
                return "done";
            });

            assertThat(balance(guard, "r").spent()).hasToString("0.01 USD");
        }
    }

    @Test
    void call_bodyThrows_passesTheExceptionAndKeepsTheHold_unlessItWasNotSent() {
        try (Guard guard = guard()) {
            IOException broken = new IOException("broken");

            assertThatThrownBy(() -> guard.call(action("r1"), permit -> {
                        throw broken;
                    }))
                    .isSameAs(broken);
            assertThatThrownBy(() -> guard.call(action("r2"), permit -> {
                        permit.notSent(broken);
                        throw broken;
                    }))
                    .isSameAs(broken);

            assertThat(balance(guard, "r1").held()).hasToString("0.18 USD");
            assertThat(balance(guard, "r2").held()).hasToString("0.00 USD");
            assertThat(Permit.current()).isEmpty();
        }
    }

    @Test
    void call_refused_neverRunsTheBody() {
        try (Guard guard = guard()) {
            Action tooMuch =
                    Action.toolCall("t").run("r").cost(Money.parse("11.00 USD")).build();

            assertThatThrownBy(() -> guard.call(tooMuch, permit -> {
                        throw new AssertionError("ran");
                    }))
                    .isInstanceOf(SpendDeniedException.class)
                    .hasMessageContaining("BUDGET_EXHAUSTED");
        }
    }

    @Test
    void install_secondGuard_isRefused_untilTheFirstIsClosed() {
        Guard first = guard();
        Guard second = guard();
        first.install();

        assertThatThrownBy(second::install)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Another guard is installed in this process already: only one can be found without being"
                        + " named. Close it first, or hand guards over explicitly.");
        assertThat(Guard.current()).contains(first);
        try (Guard.Handle open = second.open()) {
            assertThat(Guard.current()).contains(second);
        }
        first.close();
        assertThat(Guard.current()).isEmpty();
        second.close();
    }

    @Test
    void covers_theSameActionBehindASecondGate_andNothingElse() {
        try (Guard guard = guard()) {
            Permit permit = permit(guard, "r");

            assertThat(permit.covers(action("r"))).isTrue();
            assertThat(permit.covers(
                            action("r").toBuilder().model("gpt-4o-mini").build()))
                    .isFalse();
            assertThat(permit.covers(Action.toolCall("t").build())).isFalse();
            permit.commit(Usage.unknown());
            assertThat(permit.covers(action("r"))).isFalse();
        }
    }

    @Test
    void within_oneCallPasses_andTheNextIsASpendOfItsOwn() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();

            Call inner = Call.within(outer.passage(), action("r")).orElseThrow();
            inner.started();
            inner.completed(Usage.of(8_000, 500));

            assertThat(Call.within(outer.passage(), action("r"))).isEmpty();
            outer.completed(Usage.of(1, 1));
            // What passed is what is charged, whatever came out of the outer call.
            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.025 USD"));
        }
    }

    @Test
    void within_endedWithoutCost_letsTheNextPass() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();

            Call first = Call.within(outer.passage(), action("r")).orElseThrow();
            first.started();
            first.notSent(new IllegalStateException("refused"));

            assertThat(Call.within(outer.passage(), action("r"))).isPresent();
            outer.notSent(new IllegalStateException("refused"));
            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.00 USD"));
            assertThat(balance(guard, "r").held()).isEqualTo(Amount.parse("0.00 USD"));
        }
    }

    @Test
    void notSent_afterSomethingPassedAndWasPaidFor_chargesThat() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();
            Call inner = Call.within(outer.passage(), action("r")).orElseThrow();
            inner.started();
            inner.completed(Usage.of(8_000, 500));

            outer.notSent(new IllegalStateException("the second attempt was refused"));

            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.025 USD"));
            assertThat(balance(guard, "r").held()).isEqualTo(Amount.parse("0.00 USD"));
        }
    }

    @Test
    void completed_afterSomethingPassedAndMayHaveBeenPaidFor_chargesTheEstimate() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();
            Call inner = Call.within(outer.passage(), action("r")).orElseThrow();
            inner.started();
            inner.failed(new IllegalStateException("500"));

            outer.completed(Usage.of(8_000, 500));

            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.18 USD"));
            assertThat(outer.settlement().orElseThrow().estimated()).isTrue();
        }
    }

    @Test
    void notSent_afterSomethingPassedAndMayHaveBeenPaidFor_keepsTheHold() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();
            Call inner = Call.within(outer.passage(), action("r")).orElseThrow();
            inner.started();
            inner.failed(new IllegalStateException("500"));

            outer.notSent(new IllegalStateException("the second attempt was refused"));

            assertThat(outer.phase()).isEqualTo(CallPhase.UNKNOWN);
            assertThat(balance(guard, "r").held()).isEqualTo(Amount.parse("0.18 USD"));
        }
    }

    @Test
    void within_threeGates_isOneCall() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();
            Call middle = Call.within(outer.passage(), action("r")).orElseThrow();
            middle.started();
            Call inner = Call.within(middle.passage(), action("r")).orElseThrow();
            inner.started();

            inner.part(300);
            inner.cancelled();
            middle.cancelled();
            outer.cancelled();

            // The input of the action, 8,000 tokens, and 300 counted ones of output.
            assertThat(outer.settlement().orElseThrow().estimated()).isTrue();
            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.023 USD"));
        }
    }

    @Test
    void partWithin_partsPassUntilTheirInputIsUsedUp() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();

            for (long tokens : List.of(3_000L, 5_000L)) {
                Call part = Call.partWithin(outer.passage(), part(tokens)).orElseThrow();
                part.started();
                part.completed(Usage.of(tokens, 0));
            }

            assertThat(Call.partWithin(outer.passage(), part(1))).isEmpty();
            assertThat(Call.within(outer.passage(), part(1))).isEmpty();
            outer.completed(Usage.of(1, 0));
            assertThat(balance(guard, "r").spent()).isEqualTo(Amount.parse("0.02 USD"));
        }
    }

    @Test
    void partWithin_aPartThatCostNothing_makesRoomForItsRetry() {
        try (Guard guard = guard()) {
            Call outer = Call.of(permit(guard, "r"));
            outer.started();
            Call refused = Call.partWithin(outer.passage(), part(8_000)).orElseThrow();
            refused.started();
            refused.notSent(new IllegalStateException("429"));

            assertThat(Call.partWithin(outer.passage(), part(8_001))).isEmpty();
            assertThat(Call.partWithin(outer.passage(), part(8_000))).isPresent();
            outer.notSent(new IllegalStateException("429"));
        }
    }

    private static Action part(long tokens) {
        return action("r").toBuilder().inputTokens(tokens).build();
    }

    private static Balance balance(Guard guard, String run) {
        return guard.balances("acme").stream()
                .filter(candidate -> candidate.key().equals(run))
                .findFirst()
                .orElseThrow();
    }

    private static Expected actual(Guard guard, Call call, String run) {
        Balance balance = balance(guard, run);
        boolean estimated = call.settlement().map(Settlement::estimated).orElse(false);
        return new Expected(
                call.phase(), balance.spent().toString(), balance.held().toString(), estimated);
    }

    private static List<List<Event>> paths(int longest) {
        List<List<Event>> all = new ArrayList<>();
        List<List<Event>> last = List.of(List.of());
        for (int length = 1; length <= longest; length++) {
            List<List<Event>> next = new ArrayList<>();
            for (List<Event> path : last) {
                for (Event event : Event.values()) {
                    List<Event> longer = new ArrayList<>(path);
                    longer.add(event);
                    next.add(longer);
                }
            }
            all.addAll(next);
            last = next;
        }
        return all;
    }

    private static Permit permit(Guard guard, String run) {
        return guard.decide(action(run)).orThrow();
    }

    private static Action action(String run) {
        return Action.llmCall("openai", "gpt-4o")
                .run(run)
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }

    private static Guard guard() {
        return Guard.builder()
                .contract(Contract.parse(CONTRACT, "call.yaml"))
                .ledger(new InMemoryLedger(NOON))
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }
}
