package io.spendguard;

import static io.spendguard.model.Decision.Accept.ACCEPT_DEGRADE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
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
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.trace.Scope;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String ONE_DOLLAR = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one-dollar, tenant: acme}
            spec:
              budgets:
                - id: daily
                  limit: 1.00 USD
                  window: {type: calendar_day, timezone: UTC}
            """;

    private final InMemoryLedger ledger = new InMemoryLedger(NOON);

    @Test
    void ledger_isTheOneGiven() {
        assertThat(guard(ONE_DOLLAR).ledger()).isSameAs(ledger);
    }

    @Test
    void decide_runawayLoop_stopsBeforeTheBill() {
        Guard guard = guard(ONE_DOLLAR);
        int calls = 0;
        Decision last = null;

        for (int i = 0; i < 100; i++) {
            last = guard.decide(call("r1"));
            if (last instanceof Decision.Allowed allowed) {
                calls++;
                allowed.permit().commit(Usage.of(8_000, 16_000));
            } else {
                break;
            }
        }

        assertThat(calls).isEqualTo(5);
        assertThat(last.effect()).isEqualTo(Effect.STOP);
        assertThat(last.reasons().get(0))
                .isEqualTo(Reason.of(
                        ReasonCode.BUDGET_EXHAUSTED,
                        "Budget 'daily' cannot hold 0.18 USD: 0.10 USD available until 2026-11-24T00:00:00Z."
                                + " Raise its limit or handle Stop."));
        assertThat(last.auditEvent()).isPresent();
        assertThat(balance(guard, "daily"))
                .returns(Amount.parse("0.90 USD"), Balance::spent)
                .returns(Amount.parse("0.00 USD"), Balance::held)
                .returns(Amount.parse("0.10 USD"), Balance::available);
    }

    @Test
    void decide_afterARecordedStop_stopsTheRunAndNoOther() {
        Guard guard = guard(ONE_DOLLAR);
        IntStream.range(0, 6).forEach(i -> guard.decide(call("r1")));

        Decision cheap = guard.decide(Action.toolCall("clock").run("r1").build());
        Decision other = guard.decide(Action.toolCall("clock").run("r2").build());

        assertThat(cheap.effect()).isEqualTo(Effect.STOP);
        assertThat(cheap.reasons()).extracting(Reason::code).containsExactly(ReasonCode.RUN_STOPPED);
        assertThat(other.effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void commit_belowTheHold_givesTheRestBack() {
        Guard guard = guard(ONE_DOLLAR);
        Permit permit = guard.decide(call("r1")).orThrow();

        assertThat(permit.held()).containsExactly(Amount.parse("0.18 USD"));
        assertThat(permit.expiresAt()).isEqualTo(Instant.parse("2026-11-23T12:10:00Z"));
        Settlement settlement = permit.commit(Usage.of(8_000, 1_000));

        assertThat(settlement.actual()).containsExactly(Amount.parse("0.03 USD"));
        assertThat(settlement.replayed()).isFalse();
        assertThat(balance(guard, "daily").available()).isEqualTo(Amount.parse("0.97 USD"));
    }

    @Test
    void commit_aboveTheHold_isRecordedInFullAndBecomesDebtBeyondTheLimit() {
        Guard guard = guard(ONE_DOLLAR);
        Permit permit = guard.decide(call("r1")).orThrow();

        permit.commit(Money.parse("1.25 USD"));

        assertThat(balance(guard, "daily"))
                .returns(Amount.parse("1.25 USD"), Balance::spent)
                .returns(Amount.parse("0.00 USD"), Balance::available)
                .returns(Amount.parse("0.25 USD"), Balance::debt);
        assertThat(guard.decide(call("r2")).effect()).isEqualTo(Effect.STOP);
    }

    @Test
    void commit_withoutUsage_settlesAtTheEstimateMarkedSo() {
        Guard guard = guard(ONE_DOLLAR);

        Settlement settlement = guard.decide(call("r1")).orThrow().commit(Usage.unknown());

        assertThat(settlement.estimated()).isTrue();
        assertThat(settlement.actual()).containsExactly(Amount.parse("0.18 USD"));
    }

    @Test
    void settle_twiceTheSameWay_answersAgain_anotherWay_conflicts() {
        Guard guard = guard(ONE_DOLLAR);
        Permit permit = guard.decide(call("r1")).orThrow();
        Settlement first = permit.commit(Usage.of(8_000, 1_000));

        Settlement again = permit.commit(Usage.of(8_000, 1_000));

        assertThat(again.replayed()).isTrue();
        assertThat(again.auditEvent()).isEqualTo(first.auditEvent());
        assertThatThrownBy(() -> permit.release("changed my mind"))
                .isInstanceOf(SettlementConflictException.class)
                .hasMessage("Hold of decision " + permit.decisionId()
                        + " was settled another way before: the first settlement stands, and RELEASED was not recorded."
                        + " Settle a permit once.");
        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.03 USD"));
    }

    @Test
    void close_unsettled_keepsTheHold() {
        Guard guard = guard(ONE_DOLLAR);

        guard.decide(call("r1")).orThrow().close();

        assertThat(balance(guard, "daily").held()).isEqualTo(Amount.parse("0.18 USD"));
    }

    @Test
    void commit_toolThatLearnsItsPrice_isChargedThoughNothingWasHeld() {
        Guard guard = guard(ONE_DOLLAR);

        guard.decide(Action.toolCall("search").run("r1").build()).orThrow().commit(Money.parse("0.25 USD"));

        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.25 USD"));
    }

    @Test
    void commit_otherCurrency_isRefusedAndNothingWritten() {
        Guard guard = guard(ONE_DOLLAR);
        Permit permit = guard.decide(call("r1")).orThrow();

        assertThatThrownBy(() -> permit.commit(Money.parse("0.10 EUR")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Decision " + permit.decisionId()
                        + " holds USD and cannot be committed in EUR: currencies never convert. Commit in USD.");
        assertThat(balance(guard, "daily").held()).isEqualTo(Amount.parse("0.18 USD"));
    }

    @Test
    void decide_sameActionAgain_neverStartsASecondCall_butItsHoldCanBeSettledByKey() {
        Guard guard = guard(ONE_DOLLAR);
        Action action = call("r1");
        Decision first = guard.decide(action);

        Decision again = guard.decide(action);

        assertThat(again.effect()).isEqualTo(Effect.STOP);
        assertThat(again.reasons().get(0).code()).isEqualTo(ReasonCode.ALREADY_DECIDED);
        assertThat(again.decisionId()).isEqualTo(first.decisionId());
        assertThat(balance(guard, "daily").held()).isEqualTo(Amount.parse("0.18 USD"));
        Permit recovered = guard.recover("acme", action.key()).orElseThrow();
        assertThat(recovered.effective().model()).contains("gpt-4o");
        recovered.commit(Usage.of(8_000, 16_000));
        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.18 USD"));
        assertThat(guard.decide(call("r1")).effect()).as("the run goes on").isEqualTo(Effect.CONTINUE);
    }

    @Test
    void decide_sameKeyForAnotherAction_conflicts() {
        Guard guard = guard(ONE_DOLLAR);
        guard.decide(Action.toolCall("a").key("k").build());

        assertThatThrownBy(() -> guard.decide(Action.toolCall("b").key("k").build()))
                .isInstanceOf(IdempotencyConflictException.class)
                .hasMessage("Key 'k' of DECIDE was used before for another request: one key names one request."
                        + " Use a fresh key for a new request.");
    }

    @Test
    void decide_ruleThatReadsBalances_degradesAndHoldsTheDegradedCost() {
        Guard guard = guard("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: careful, tenant: acme}
                spec:
                  models:
                    cheap: {provider: openai, model: gpt-4o-mini}
                  budgets:
                    - {id: daily, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                  rules:
                    - id: low
                      when: budget("daily").available < money("0.90", "USD")
                      effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 1000}}
                      reasonCode: BUDGET_LOW
                """);
        guard.decide(call("r1")).orThrow().commit(Usage.of(8_000, 16_000));

        Decision decision = guard.decide(call("r1"));

        assertThat(decision.effect()).isEqualTo(Effect.DEGRADE);
        Permit permit = decision.orThrow(ACCEPT_DEGRADE);
        assertThat(permit.effective().model()).contains("gpt-4o-mini");
        assertThat(permit.effective().maxOutputTokens()).hasValue(1_000);
        assertThat(permit.held()).containsExactly(Amount.parse("0.0018 USD"));
        permit.commit(Usage.of(8_000, 500));
        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.1815 USD"));
    }

    @Test
    void orThrow_degradeNotAccepted_releasesAndThrows() {
        Guard guard = guard(ONE_DOLLAR + """
                  rules:
                    - {id: cap, when: "true", effect: {decision: degrade, mutate: {maxOutputTokens: 10}}, reasonCode: CAP}
                """);

        SpendDeniedException denied = catchThrowableOfType(
                SpendDeniedException.class, () -> guard.decide(call("r1")).orThrow());

        assertThat(denied.decision().effect()).isEqualTo(Effect.DEGRADE);
        assertThat(denied).hasMessageEndingWith(" Call orThrow(ACCEPT_DEGRADE) and run effective().");
        assertThat(balance(guard, "daily").held()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void decide_perRunBudget_keepsRunsApart_andNeedsARun() {
        Guard guard = guard("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: per-run}
                spec:
                  budgets:
                    - {id: run, limit: 0.20 USD, window: {type: run}}
                """);

        assertThat(guard.decide(call("r1").toBuilder().tenant("t").build()).effect())
                .isEqualTo(Effect.CONTINUE);
        assertThat(guard.decide(call("r2").toBuilder().tenant("t").build()).effect())
                .isEqualTo(Effect.CONTINUE);
        assertThat(guard.decide(call("r1").toBuilder().tenant("t").build())
                        .reasons()
                        .get(0)
                        .text())
                .isEqualTo("Budget 'run' cannot hold 0.18 USD: 0.02 USD available for run 'r1'."
                        + " Raise its limit or handle Stop.");
        Decision without = guard.decide(Action.llmCall("openai", "gpt-4o")
                .tenant("t")
                .inputTokens(1)
                .maxOutputTokens(1)
                .build());
        assertThat(without.reasons()).extracting(Reason::code).containsExactly(ReasonCode.BUDGET_KEY_MISSING);
    }

    @Test
    void decide_unknownPriceOrTokens_stopsInsteadOfCostingNothing() {
        Guard guard = guard(ONE_DOLLAR);

        assertThat(guard.decide(Action.llmCall("openai", "x-large")
                                .inputTokens(1)
                                .run("r1")
                                .build())
                        .reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.UNPRICED);
        assertThat(guard.decide(Action.llmCall("openai", "gpt-4o").run("r2").build())
                        .reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.ESTIMATE_UNKNOWN);
        assertThat(guard.decide(Action.toolCall("t")
                                .cost(Money.parse("1.00 EUR"))
                                .run("r3")
                                .build())
                        .effect())
                .isEqualTo(Effect.STOP);
    }

    @Test
    void decide_tenant_comesFromActionScopeOrContract() {
        Guard guard = guard(ONE_DOLLAR.replace(", tenant: acme", ""));

        assertThatThrownBy(() -> guard.decide(Action.toolCall("t").key("k").build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Action[tool.call.pre t, run=null, key=k] names no tenant, and neither scope nor contract does."
                                + " Set the action's tenant.");
        try (Scope.Handle open = Scope.ofRun("scoped", "r9").open()) {
            guard.decide(Action.toolCall("t").build());
        }
        assertThat(ledger.run("scoped", Namespace.ENFORCE, "r9").steps()).isEqualTo(1);
        assertThatThrownBy(() -> guard(ONE_DOLLAR)
                        .decide(Action.toolCall("t").key("k").tenant("evil").build()))
                .hasMessage(
                        "Action[tool.call.pre t, run=null, key=k] belongs to tenant 'evil', but contract 'one-dollar' is"
                                + " for tenant 'acme'. Use that tenant's guard.");
    }

    @Test
    void shadow_neverStops_neverCountsAgainstEnforcement_andTellsWhatWouldHaveBeen() {
        Guard guard = guard(ONE_DOLLAR.replace("spec:\n", "spec:\n  mode: shadow\n"));
        List<Decision> decisions = new ArrayList<>();

        for (int i = 0; i < 7; i++) {
            Decision decision = guard.decide(call("r1"));
            decisions.add(decision);
            decision.orThrow().commit(Usage.of(8_000, 16_000));
        }

        assertThat(decisions).allMatch(decision -> decision.effect() == Effect.CONTINUE);
        assertThat(decisions.get(5).reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.BUDGET_EXHAUSTED, ReasonCode.SHADOW);
        assertThat(decisions.get(6).reasons())
                .extracting(Reason::code)
                .containsExactly(ReasonCode.RUN_STOPPED, ReasonCode.SHADOW);
        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.90 USD"));
        assertThat(ledger.accounts("acme", Namespace.ENFORCE)).isEmpty();
    }

    @Test
    void events_oneForEachDecisionAndOutcome_withPersonalValuesOnlyAsCommitments() {
        Guard guard = guard(ONE_DOLLAR);

        guard.decide(call("r1").toBuilder()
                        .user("jane@example.com")
                        .personalLabel("ward", "7B")
                        .label("team", "x")
                        .build())
                .orThrow()
                .commit(Usage.of(1, 1));
        guard.close();

        assertThat(types())
                .containsExactly(
                        "io.spendguard.stream.opened.v1",
                        "io.spendguard.contract.activated.v1",
                        "io.spendguard.account.opened.v1",
                        "io.spendguard.decision.v1",
                        "io.spendguard.outcome.v1",
                        "io.spendguard.stream.closed.v1");
        ledger.events(
                null,
                event -> assertThat(new String(event.draft().payload(), StandardCharsets.UTF_8))
                        .doesNotContain("jane@example.com", "7B"));
        JsonObject decision = payload("io.spendguard.decision.v1").object("data");
        assertThat(decision.object("action").object("labels").string("team")).isEqualTo("x");
        assertThat(decision.object("action").object("user").string("commitment"))
                .hasSize(64);
        assertThat(decision.string("contract"))
                .isEqualTo(Contract.parse(ONE_DOLLAR, "c").digest().hex());
    }

    @Test
    void evidence_ofEverythingAGuardDoes_verifiesOffline(@TempDir Path folder) {
        Ed25519Signer key = Ed25519Signer.generate();
        Contract contract = Contract.parse(ONE_DOLLAR, "test.yaml");
        try (Guard guard = Guard.builder()
                .contract(contract)
                .ledger(ledger)
                .signer(key)
                .clock(NOON)
                .build()) {
            guard.decide(call("r1")).orThrow().commit(Usage.of(8_000, 1_000));
            guard.decide(call("r1")).orThrow().commit(Money.parse("1.50 USD"));
            guard.decide(call("r1"));
            guard.decide(call("r2").toBuilder().user("jane").build());
            guard.decide(Action.toolCall("clock").run("r3").build()).orThrow().release("not needed");
        }

        Path file = folder.resolve("evidence.zip");
        EvidenceExport.from(ledger)
                .contract(contract)
                .priceBook(PriceBook.bundled())
                .write(key, NOON, file);
        VerificationReport report = Verifier.verify(file, Anchors.of(key.verificationKey()));

        assertThat(report.findings()).isEmpty();
        assertThat(report.summary()).isEqualTo("evidence: verified, 12 events, 0 findings");
    }

    @Test
    void activate_changedLimit_reachesTheOpenAccount() {
        guard(ONE_DOLLAR).decide(call("r1")).orThrow().commit(Usage.of(8_000, 16_000));

        Guard raised = guard(ONE_DOLLAR.replace("1.00 USD", "2.00 USD"));
        raised.decide(Action.toolCall("t").build());
        assertThat(balance(raised, "daily").available()).isEqualTo(Amount.parse("1.82 USD"));

        Guard lowered = guard(ONE_DOLLAR.replace("1.00 USD", "0.10 USD"));
        assertThat(lowered.decide(call("r2")).effect()).isEqualTo(Effect.STOP);
        assertThat(balance(lowered, "daily"))
                .returns(Amount.parse("0.10 USD"), Balance::limit)
                .returns(Amount.parse("0.00 USD"), Balance::available)
                .returns(Amount.parse("0.08 USD"), Balance::debt);
    }

    @Test
    void release_onAnAccountInDebt_paysTheDebtBeforeAnythingIsAvailable() {
        Guard guard = guard(ONE_DOLLAR);
        Permit costly = guard.decide(call("r1")).orThrow();
        Permit unused = guard.decide(call("r2")).orThrow();
        costly.commit(Money.parse("1.25 USD"));

        unused.release("not needed");

        assertThat(balance(guard, "daily"))
                .returns(Amount.parse("1.25 USD"), Balance::spent)
                .returns(Amount.parse("0.00 USD"), Balance::available)
                .returns(Amount.parse("0.25 USD"), Balance::debt);
        assertThat(guard.decide(call("r3")).effect()).isEqualTo(Effect.STOP);
    }

    @Test
    void commit_belowTheHoldAfterTheLimitWasLowered_freesOnlyWhatTheNewLimitLeaves() {
        Guard guard = guard(ONE_DOLLAR);
        Permit first = guard.decide(call("r1")).orThrow();
        Permit second = guard.decide(call("r2")).orThrow();
        Guard lowered = guard(ONE_DOLLAR.replace("1.00 USD", "0.30 USD"));
        lowered.decide(Action.toolCall("t").build());
        assertThat(balance(lowered, "daily").debt()).isEqualTo(Amount.parse("0.06 USD"));

        first.commit(Usage.of(8_000, 1_000));

        assertThat(balance(lowered, "daily"))
                .returns(Amount.parse("0.00 USD"), Balance::debt)
                .returns(Amount.parse("0.09 USD"), Balance::available);
        assertThat(lowered.decide(call("r3")).effect()).isEqualTo(Effect.STOP);
        second.release("not needed");
        assertThat(balance(lowered, "daily").available()).isEqualTo(Amount.parse("0.27 USD"));
    }

    @Test
    void decide_budgetThatAnotherGuardKeepsInAnotherUnit_takesNoLimitFromIt() {
        Guard dollars = guard(ONE_DOLLAR);
        dollars.decide(call("r1")).orThrow();
        Guard calls = guard(ONE_DOLLAR.replace("1.00 USD", "5 calls"));
        calls.decide(call("r2")).orThrow();

        assertThat(dollars.balances("acme"))
                .extracting(Balance::limit)
                .containsExactlyInAnyOrder(Amount.parse("1.00 USD"), Amount.parse("5 calls"));
    }

    @Test
    void decide_budgetOpenedAfterAnotherGuardChangedItsUnit_isRefusedByName() {
        String perRun = ONE_DOLLAR.replace("{type: calendar_day, timezone: UTC}", "{type: run}");
        Guard dollars = guard(perRun);
        dollars.decide(call("r1")).orThrow();
        guard(perRun.replace("1.00 USD", "5 calls")).decide(call("r2")).orThrow();

        assertThatThrownBy(() -> dollars.decide(call("r3")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Budget 'daily' of tenant 'acme' is kept in calls by the contract activated last, not in USD:"
                                + " units never convert. Give the budget another id, or close the guard of the other contract.");
    }

    @Test
    void shadow_besideEnforcement_decidesTheSameActionOnItsOwn() {
        Guard shadow = guard(ONE_DOLLAR.replace("spec:\n", "spec:\n  mode: shadow\n"));
        Guard enforcing = guard(ONE_DOLLAR);
        Action action = call("r1");

        Decision imagined = shadow.decide(action);
        Decision real = enforcing.decide(action);

        assertThat(imagined.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(real.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(real.reasons()).isEmpty();
        assertThat(shadow.recover("acme", action.key()).orElseThrow().decisionId())
                .isEqualTo(imagined.decisionId());
        assertThat(enforcing.recover("acme", action.key()).orElseThrow().decisionId())
                .isEqualTo(real.decisionId());
    }

    @Test
    void call_usageThatCannotBeRead_returnsTheResultAndSettlesAtTheEstimate() {
        Guard guard = guard(ONE_DOLLAR);

        String answer = guard.call(call("r1"), Set.of(), permit -> "answer", result -> Usage.of(-1, 2));

        assertThat(answer).isEqualTo("answer");
        assertThat(balance(guard, "daily").spent()).isEqualTo(Amount.parse("0.18 USD"));
    }

    @Test
    void decide_manyThreads_neverHoldMoreThanTheLimit() throws Exception {
        Guard guard = guard(ONE_DOLLAR);
        List<Callable<Effect>> callers = IntStream.range(0, 64)
                .mapToObj(i ->
                        (Callable<Effect>) () -> guard.decide(call("r" + i)).effect())
                .toList();
        var threads = Executors.newFixedThreadPool(16);
        try {
            long allowed = threads.invokeAll(callers).stream()
                    .filter(future -> get(future) == Effect.CONTINUE)
                    .count();

            assertThat(allowed).isEqualTo(5);
        } finally {
            threads.shutdownNow();
        }
        assertThat(balance(guard, "daily").held()).isEqualTo(Amount.parse("0.90 USD"));
    }

    @Test
    void decide_afterClose_saysWhatToDo() {
        Guard guard = guard(ONE_DOLLAR);
        guard.close();

        assertThatThrownBy(() -> guard.decide(call("r1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Guard is closed: its evidence streams have ended. Build a new one.");
    }

    @Test
    void decide_firstOfManyThreads_activatesTheContractOnce() throws Exception {
        Guard guard = guard(ONE_DOLLAR);
        var threads = Executors.newFixedThreadPool(8);
        try {
            threads.invokeAll(IntStream.range(0, 32)
                    .mapToObj(i -> (Callable<Effect>)
                            () -> guard.decide(Action.toolCall("t").build()).effect())
                    .toList());
        } finally {
            threads.shutdownNow();
        }

        assertThat(types()).containsOnlyOnce("io.spendguard.contract.activated.v1");
    }

    @Test
    void decide_aliasInContractAndCatalogue_isTheContracts() {
        Contract contract = Contract.parse(
                ONE_DOLLAR.replace("spec:\n", "spec:\n  models:\n    cheap: {provider: openai, model: gpt-4o-mini}\n")
                        + """
                          rules:
                            - {id: d, when: "true", effect: {decision: degrade, mutate: {modelAlias: cheap}}, reasonCode: D}
                        """,
                "test.yaml");
        Guard guard = Guard.builder()
                .contract(contract)
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .catalogue(ModelCatalogue.builder()
                        .model("cheap", "openai", "gpt-4o-2024-11-20")
                        .build())
                .build();

        assertThat(guard.decide(call("r1")).orThrow(ACCEPT_DEGRADE).effective().model())
                .contains("gpt-4o-mini");
    }

    @Test
    void build_withoutContractOrLedger_saysWhatIsMissing() {
        assertThatThrownBy(() -> Guard.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Guard has no contract: nothing would decide. Call contract(Contract.load(path)).");
        assertThatThrownBy(() -> Guard.builder()
                        .contract(Contract.parse(ONE_DOLLAR, "c"))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Guard has no ledger: nothing could be recorded. Call ledger(PostgresLedger.open(...)).");
    }

    private Guard guard(String contract) {
        return Guard.builder()
                .contract(Contract.parse(contract, "test.yaml"))
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }

    private static Action call(String run) {
        return Action.llmCall("openai", "gpt-4o")
                .run(run)
                .inputTokens(8_000)
                .maxOutputTokens(16_000)
                .build();
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private static Balance balance(Guard guard, String budget) {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals(budget))
                .findFirst()
                .orElseThrow();
    }

    private List<String> types() {
        List<String> types = new ArrayList<>();
        ((Ledger) ledger).events("acme", event -> types.add(event.draft().type()));
        return types;
    }

    private JsonObject payload(String type) {
        List<JsonObject> payloads = new ArrayList<>();
        ledger.events("acme", event -> {
            if (event.draft().type().equals(type)) {
                payloads.add(JsonObject.parse(event.draft().payload()));
            }
        });
        return payloads.get(0);
    }
}
