package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.contract.Situation;
import io.spendguard.decision.Rehearsal;
import io.spendguard.decision.Replay;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever an agent did: rehearsals answer as the guard does, and a contract's own decisions come out of evidence again. */
class ReplayPropertyTest {
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            metadata: {name: replayed, tenant: acme}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
              budgets:
                - {id: day, limit: 2.00 USD, window: {type: calendar_day, timezone: UTC}, warnAt: 50%}
                - {id: recent, limit: 1.00 USD, window: {type: rolling, length: PT1H, buckets: 4}}
                - {id: run, limit: 0.60 USD, window: {type: run}}
                - {id: team, limit: 0.90 USD, window: {type: total}, per: label.team, parent: day, whenKeyMissing: skip_budget}
              rules:
                - {id: loops, when: 'has(run.steps) && run.steps >= 6', effect: stop, reasonCode: LOOP}
                - id: low
                  at: [llm.call.pre]
                  when: budget("day").available < money("1.20", "USD")
                  effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 300}}
                  reasonCode: LOW
                - id: dear
                  when: has(estimate.cost) && estimate.cost > money("0.35", "USD")
                  effect: require_approval
                  reasonCode: DEAR
            """, "replayed.yaml");

    private static final Ed25519Signer SIGNER = Ed25519Signer.generate();

    /** One action and what becomes of its hold. */
    record Step(int kind, int run, int team, int cents, int settling, int minutes) {
        Action action() {
            Action.Builder builder = kind == 0
                    ? Action.llmCall("openai", "gpt-4o")
                            .inputTokens(cents * 1_000L)
                            .maxOutputTokens(cents * 100L)
                    : Action.toolCall("report").cost(Money.parse("0." + (cents + 10) + " USD"));
            if (run > 0) {
                builder.run("r" + run);
            }
            if (team > 0) {
                builder.label("team", "t" + team);
            }
            return builder.build();
        }

        void settle(Permit permit) {
            switch (settling) {
                case 0 -> permit.release("not needed");
                case 1 -> permit.commit(Usage.unknown());
                case 2 -> permit.commit(Money.parse("0." + (cents + 20) + " USD"));
                case 3 -> permit.commit(Usage.of(cents * 900L, cents * 50L));
                case 4 -> {
                    permit.commitPart(1, Money.parse("0." + (cents + 10) + " USD"));
                    permit.commitPart(0, Money.parse("0.05 USD"));
                    permit.commit(Money.parse("0.01 USD"));
                }
                default -> {
                    // Nobody says what became of it.
                }
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 1),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(1, 30),
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(0, 1, 20, 700))
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(25);
    }

    @Property(tries = 60)
    void compare_withItself_reproducesEveryDecision(@ForAll @From("steps") List<Step> steps) {
        SteadyClock clock = new SteadyClock();
        List<AuditEvent> events = new ArrayList<>();
        try (Guard guard = guard(clock)) {
            for (Step step : steps) {
                clock.pass(Duration.ofMinutes(step.minutes).plusMillis(1));
                if (guard.decide(step.action()) instanceof Decision.Allowed allowed) {
                    step.settle(allowed.permit());
                }
            }
            guard.ledger()
                    .events(
                            null,
                            stored -> events.add(AuditEvent.stored(
                                    stored.draft().id(),
                                    stored.draft().tenant(),
                                    stored.draft().type(),
                                    stored.draft().payload())));
        }

        Replay.Result result = Replay.of(events).compare(CONTRACT, CONTRACT, PriceBook.bundled());

        assertThat(result.replayed()).isEqualTo(steps.size());
        assertThat(result.notReproduced()).isZero();
        assertThat(result.differences()).isEmpty();
    }

    @Property(tries = 40)
    void rehearse_anyActions_answersAsTheGuardDoes(@ForAll @From("steps") List<Step> steps) {
        SteadyClock clock = new SteadyClock();
        try (Guard guard = guard(clock);
                Rehearsal rehearsal = Rehearsal.of(CONTRACT, PriceBook.bundled(), clock.instant())) {
            for (Step step : steps) {
                clock.pass(Duration.ofMinutes(step.minutes).plusMillis(1));
                Action action = step.action();

                Decision decided = guard.decide(action);
                Rehearsal.Answer answer = rehearsal.decide(Situation.of(action, clock.instant()));

                assertThat(answer.effect()).isEqualTo(decided.effect());
                assertThat(answer.reasons())
                        .extracting(reason -> reason.code())
                        .isEqualTo(decided.reasons().stream()
                                .map(reason -> reason.code())
                                .toList());
                if (decided instanceof Decision.Allowed allowed) {
                    assertThat(answer.permit().orElseThrow().held())
                            .isEqualTo(allowed.permit().held());
                    step.settle(allowed.permit());
                    step.settle(answer.permit().orElseThrow());
                }
            }
        }
    }

    private static Guard guard(Clock clock) {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(new InMemoryLedger(clock))
                .clock(clock)
                .signer(SIGNER)
                .build();
    }

    /** Stands until it is told to go on. */
    private static final class SteadyClock extends Clock {
        private Instant now = Instant.parse("2026-11-23T12:00:00Z");

        private void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
