package io.spendguard;

import static io.spendguard.model.Decision.Accept.ACCEPT_DEGRADE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.ExpiredHolds;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where one thing more or less would change the answer. */
class GuardEdgesTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String HEAD = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: edges, tenant: acme}
            spec:
            """;
    private static final String DAY = "window: {type: calendar_day, timezone: UTC}";

    private final InMemoryLedger ledger = new InMemoryLedger(NOON);

    @Test
    void decide_refusedByARuleInAStoppedRun_saysThatTheRunWasStopped() {
        Guard guard = guard("""
                  budgets:
                    - {id: day, limit: 0.10 USD, %s}
                  rules:
                    - {id: no-clock, when: 'action.tool == "clock"', at: [tool.call.pre], effect: skip, reasonCode: CLOCK}
                """.formatted(DAY));
        Action clock = Action.toolCall("clock").run("r").build();
        assertThat(guard.decide(clock).effect()).isEqualTo(Effect.SKIP);
        guard.decide(priced("0.11 USD").toBuilder().run("r").build());

        Decision after = guard.decide(Action.toolCall("clock").run("r").build());

        assertThat(after.effect()).isEqualTo(Effect.STOP);
        assertThat(after.reasons().get(0).code()).isEqualTo(ReasonCode.RUN_STOPPED);
    }

    @Test
    void decide_degradeToADearerModel_stops() {
        Guard guard = guard("""
                  models:
                    better: {provider: openai, model: gpt-4o}
                  budgets:
                    - {id: day, limit: 1.00 USD, %s}
                  rules:
                    - id: upgrade
                      when: 'true'
                      effect: {decision: degrade, mutate: {modelAlias: better}}
                      reasonCode: UPGRADE
                """.formatted(DAY));

        Decision decision = guard.decide(Action.llmCall("openai", "gpt-4o-mini")
                .inputTokens(1_000)
                .maxOutputTokens(1_000)
                .build());

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(decision.reasons().get(0))
                .isEqualTo(Reason.of(
                        ReasonCode.DEGRADE_FAILED,
                        "The degraded action may cost 0.0125 USD, more than 0.00075 USD before: a degrade must not cost"
                                + " more. Choose a cheaper model."));
    }

    @Test
    void decide_stepsAndRuns_areNoCalls() {
        Guard guard = guard("budgets:\n  - {id: day, limit: 1 calls, " + DAY + "}\n");

        for (ActionKind kind : ActionKind.values()) {
            if (kind != ActionKind.LLM_CALL && kind != ActionKind.TOOL_CALL) {
                assertThat(guard.decide(Action.of(kind).build()).orThrow().held())
                        .isEmpty();
            }
        }
        assertThat(guard.decide(Action.toolCall("t").build()).orThrow().held())
                .containsExactly(Amount.parse("1 calls"));
        assertThat(guard.decide(Action.toolCall("t").build()).effect()).isEqualTo(Effect.STOP);
    }

    @Test
    void decide_severalBudgets_theHoldLastsAsLongAsTheShortestAllows() {
        Guard guard = guard("""
                  budgets:
                    - {id: a, limit: 1.00 USD, %1$s, reservation: {ttl: PT20M}}
                    - {id: b, limit: 1.00 USD, %1$s, reservation: {ttl: PT5M}}
                """.formatted(DAY));

        assertThat(guard.decide(priced("0.10 USD")).orThrow().expiresAt())
                .isEqualTo(Instant.parse("2026-11-23T12:05:00Z"));
    }

    @Test
    void decide_holdThatFitsExactlyOnLockedRows_isAllowed() {
        Guard guard = guard("""
                  budgets:
                    - {id: day, limit: 1.00 USD, %s}
                  rules:
                    - {id: r, when: 'budget("day").held > money("9.00", "USD")', effect: stop, reasonCode: R}
                """.formatted(DAY));

        assertThat(guard.decide(priced("1.00 USD")).effect()).isEqualTo(Effect.CONTINUE);
        assertThat(guard.decide(priced("0.000000001 USD")).effect()).isEqualTo(Effect.STOP);
    }

    @Test
    void commit_usageOfAnActionWithAFixedCost_chargesThatCost() {
        Guard guard = guard("budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n");
        Permit permit = guard.decide(Action.llmCall("openai", "gpt-4o")
                        .cost(Money.parse("0.10 USD"))
                        .inputTokens(8_000)
                        .maxOutputTokens(16_000)
                        .build())
                .orThrow(ACCEPT_DEGRADE);

        Settlement settlement = permit.commit(Usage.of(8_000, 16_000));

        assertThat(settlement.actual()).containsExactly(Amount.parse("0.10 USD"));
        assertThat(settlement.estimated()).isFalse();
        assertThat(guard.balances("acme")).extracting(Balance::spent).containsExactly(Amount.parse("0.10 USD"));
    }

    @Test
    void commit_otherCostWhereNoBudgetTellsThemApart_conflicts() {
        Permit permit = guard("budgets: []\n").decide(priced("0.10 USD")).orThrow();
        permit.commit(Money.parse("0.10 USD"));

        assertThatThrownBy(() -> permit.commit(Money.parse("0.20 USD")))
                .isInstanceOf(SettlementConflictException.class);
    }

    @Test
    void release_reasonCutOutOfAnyText_isRecordedAndReleased() {
        Guard guard = guard("budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n");

        guard.decide(priced("1.00 USD")).orThrow().release("x".repeat(400) + "\uD83D" + "y".repeat(400));

        assertThat(guard.balances("acme")).extracting(Balance::available).containsExactly(Amount.parse("1.00 USD"));
        StringBuilder events = new StringBuilder();
        ledger.events("acme", event -> events.append(new String(event.draft().payload(), UTF_8)));
        assertThat(events).contains("\"reason\":\"" + "x".repeat(400) + "?" + "y".repeat(99) + "\"");
    }

    @Test
    void decide_answerThatComesTooLate_stopsAndGivesTheHoldBack() {
        CompletableFuture<PostResult> late = new CompletableFuture<>();
        CompletableFuture<PostResult> settled = new CompletableFuture<>();
        Guard guard = guard(
                "budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n",
                new AnsweringLate(ledger, late, settled),
                Duration.ofMillis(1));

        Decision decision = guard.decide(priced("0.60 USD"));
        assertThat(decision.reasons()).extracting(Reason::code).containsExactly(ReasonCode.LEDGER_UNAVAILABLE);
        assertThat(guard.balances("acme")).extracting(Balance::held).containsExactly(Amount.parse("0.60 USD"));
        late.complete(null);

        assertThat(settled).succeedsWithin(Duration.ofSeconds(30));
        assertThat(guard.balances("acme")).extracting(Balance::held).containsExactly(Amount.parse("0.00 USD"));
    }

    @Test
    void decideAsync_nothingAgainstIt_completesWithAPermit() {
        Guard guard = guard("budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n");

        Decision decision = guard.decideAsync(priced("0.60 USD")).join();
        decision.orThrow().commit(Money.parse("0.40 USD"));

        assertThat(guard.balances("acme")).extracting(Balance::spent).containsExactly(Amount.parse("0.40 USD"));
    }

    @Test
    void decideAsync_keyOfAnotherAction_completesExceptionally() {
        Guard guard = guard("budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n");
        Action first = priced("0.10 USD");
        guard.decideAsync(first).join();
        Action second = Action.toolCall("t")
                .cost(Money.parse("0.20 USD"))
                .key(first.key())
                .build();

        CompletableFuture<Decision> answer = guard.decideAsync(second);

        assertThat(answer)
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IdempotencyConflictException.class);
    }

    @Test
    void decideAsync_cancelledBeforeTheAnswer_givesTheHoldBackAsNeverDelivered() {
        CompletableFuture<PostResult> late = new CompletableFuture<>();
        CompletableFuture<PostResult> settled = new CompletableFuture<>();
        Guard guard = guard(
                "budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n",
                new AnsweringLate(ledger, late, settled),
                Duration.ofSeconds(30));

        CompletableFuture<Decision> answer = guard.decideAsync(priced("0.60 USD"));
        boolean cancelled = answer.cancel(false);
        late.complete(null);

        assertThat(cancelled).isTrue();
        assertThat(settled).succeedsWithin(Duration.ofSeconds(30));
        assertThat(guard.balances("acme")).extracting(Balance::held).containsExactly(Amount.parse("0.00 USD"));
        List<String> outcomes = new ArrayList<>();
        ledger.events("acme", event -> outcomes.add(new String(event.draft().payload(), UTF_8)));
        assertThat(outcomes).anySatisfy(outcome -> assertThat(outcome).contains("NEVER_DELIVERED"));
    }

    @Test
    void decideAsync_answerThatComesTooLate_stopsAndGivesTheHoldBack() {
        CompletableFuture<PostResult> late = new CompletableFuture<>();
        CompletableFuture<PostResult> settled = new CompletableFuture<>();
        Guard guard = guard(
                "budgets:\n  - {id: day, limit: 1.00 USD, " + DAY + "}\n",
                new AnsweringLate(ledger, late, settled),
                Duration.ofMillis(1));

        Decision decision = guard.decideAsync(priced("0.60 USD")).join();
        late.complete(null);

        assertThat(decision.reasons()).extracting(Reason::code).containsExactly(ReasonCode.LEDGER_UNAVAILABLE);
        assertThat(settled).succeedsWithin(Duration.ofSeconds(30));
        assertThat(guard.balances("acme")).extracting(Balance::held).containsExactly(Amount.parse("0.00 USD"));
    }

    @Test
    void decideAsync_manyUnderWay_holdNoThreads() {
        CompletableFuture<PostResult> late = new CompletableFuture<>();
        Guard guard = guard(
                "budgets:\n  - {id: day, limit: 1000.00 USD, " + DAY + "}\n",
                new AnsweringLate(ledger, late, new CompletableFuture<>()),
                Duration.ofSeconds(60));
        int before = Thread.activeCount();
        List<CompletableFuture<Decision>> answers = new ArrayList<>();

        for (int i = 0; i < 500; i++) {
            answers.add(guard.decideAsync(priced("0.01 USD")));
        }
        int during = Thread.activeCount();
        late.complete(null);

        assertThat(during).isLessThan(before + 100);
        assertThat(answers)
                .allSatisfy(
                        answer -> assertThat(answer.join().effect().allows()).isTrue());
    }

    private Guard guard(String spec) {
        return guard(spec, ledger, Duration.ofSeconds(30));
    }

    private static Guard guard(String spec, Ledger ledger, Duration patience) {
        return Guard.builder()
                .contract(Contract.parse(HEAD + spec.indent(2), "edges.yaml"))
                .ledger(ledger)
                .patience(patience)
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }

    private static Action priced(String cost) {
        return Action.toolCall("t").cost(Money.parse(cost)).build();
    }

    /** Keeps back what it did for a decision until told, and tells when it has settled. */
    private record AnsweringLate(
            Ledger ledger, CompletableFuture<PostResult> late, CompletableFuture<PostResult> settled)
            implements Ledger {
        @Override
        public LedgerSession connect(LedgerHost host) {
            LedgerSession session = ledger.connect(host);
            return new LedgerSession() {
                @Override
                public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
                    // However little is left of the guard's patience, this decision is written, and answered late.
                    CompletableFuture<PostResult> done = session.submit(operation, Duration.ofSeconds(30));
                    if (operation.kind() == OperationKind.SETTLE) {
                        CompletableFuture<Void> unused = done.thenAccept(settled::complete);
                    }
                    return operation.kind() == OperationKind.DECIDE ? late.thenCombine(done, (told, it) -> it) : done;
                }

                @Override
                public void close() {
                    session.close();
                }
            };
        }

        @Override
        public List<AccountState> accounts(String tenant, Namespace namespace) {
            return ledger.accounts(tenant, namespace);
        }

        @Override
        public List<AccountState> find(String tenant, List<AccountId> ids) {
            return ledger.find(tenant, ids);
        }

        @Override
        public RunState run(String tenant, Namespace namespace, String run) {
            return ledger.run(tenant, namespace, run);
        }

        @Override
        public Optional<Reservation> reservation(String tenant, UUID id) {
            return ledger.reservation(tenant, id);
        }

        @Override
        public Optional<byte[]> answer(String tenant, OperationKind kind, String key) {
            return ledger.answer(tenant, kind, key);
        }

        @Override
        public ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
            return ledger.expired(sweeper, lease, atMost, after);
        }

        @Override
        public byte[] keySecret(String tenant) {
            return ledger.keySecret(tenant);
        }

        @Override
        public List<String> tenants() {
            return ledger.tenants();
        }

        @Override
        public void events(@Nullable String tenant, Consumer<SealedEvent> sink) {
            ledger.events(tenant, sink);
        }

        @Override
        public List<EventSealer.Key> keys() {
            return ledger.keys();
        }

        @Override
        public void close() {
            ledger.close();
        }
    }
}
