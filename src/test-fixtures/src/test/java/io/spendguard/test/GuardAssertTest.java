package io.spendguard.test;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.atLeast;
import static io.spendguard.test.SpendAssertions.never;
import static io.spendguard.test.SpendAssertions.times;
import static io.spendguard.test.SpendAssertions.within;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardAssertTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: assertions, tenant: acme}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
              budgets:
                - id: daily
                  limit: 1.00 USD
                  window: {type: calendar_day, timezone: UTC}
              rules:
                - id: interns
                  when: get(action.agent, "") == "intern"
                  effect: {decision: degrade, mutate: {modelAlias: cheap}}
                  reasonCode: BUDGET_LOW
                - id: no_shell
                  at: [tool.call.pre]
                  when: get(action.tool, "") == "shell"
                  effect: stop
                  reasonCode: TOOL_FORBIDDEN
            """;

    private final TestClock clock = TestClock.create();
    private final Guard guard = guard(new InMemoryLedger(clock));

    @AfterEach
    void close() {
        guard.close();
    }

    @Test
    void spent_sumsTheCallsNarrowedTo() {
        history();

        assertThat(guard).spent("0.1515 USD");
        assertThat(guard).onModel("gpt-4o").spent("0.05 USD").inRun("r2").spent("0.00 USD");
        assertThat(guard).onModel("gpt-4o-mini").spent("0.0015 USD");
        assertThat(guard).askingForModel("gpt-4o").spent("0.0515 USD");
        assertThat(guard).byAgent("intern").spent("0.0015 USD");
        assertThat(guard).onTool("search").spent("0.10 USD");
        assertThat(guard).ofTenant("acme").spentAtMost("0.1515 USD");
        assertThat(guard).ofTenant("other").spent("0.00 USD");
    }

    @Test
    void spent_withinATolerance_passesUpToItsEdge() {
        history();

        assertThat(guard).onTool("search").spent("0.08 USD", within("25%")).spent("0.11 USD", within("0.01 USD"));
        assertThatThrownBy(() -> assertThat(guard).onTool("search").spent("0.08 USD", within("24.9%")))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> assertThat(guard).onTool("search").spent("0.12 USD", within("0.019999999 USD")))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void spent_anotherAmount_namesTheCalls() {
        history();

        assertThatThrownBy(() -> assertThat(guard).inRun("r1").spent("0.12 USD", within("1%")))
                .isInstanceOf(AssertionError.class)
                .hasMessage("""
                        Calls in run 'r1' spent 0.1515 USD: expected 0.12 USD within 1%. The calls:
                          1. llm_call openai/gpt-4o in run r1: 0.05 USD spent
                          2. llm_call openai/gpt-4o degraded to openai/gpt-4o-mini of agent intern in run r1: \
                        0.0015 USD spent
                          3. tool_call search in run r1: 0.10 USD spent
                          4. tool_call clock in run r1: released
                          5. tool_call shell in run r1: STOP TOOL_FORBIDDEN""");
    }

    @Test
    void spent_nothingThere_saysSo() {
        assertThatThrownBy(() -> assertThat(guard)
                        .as("the planner")
                        .onModel("gpt-4o")
                        .inRun("r9")
                        .spent("0.12 USD"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("[the planner] Calls on model 'gpt-4o' in run 'r9' spent 0.00 USD: expected 0.12 USD."
                        + " The calls:\n  (no call)");
    }

    @Test
    void spent_inAnotherCurrency_failsRatherThanCountNothing() {
        guard.decide(Action.toolCall("search").build()).orThrow().commit(Money.parse("0.10 USD"));

        assertThatThrownBy(() -> assertThat(guard).spent("0.00 EUR"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("Calls cost what cannot be counted in EUR: expected 0.00 EUR. The calls:\n"
                        + "  1. tool_call search: 0.10 USD spent");
    }

    @Test
    void spentAtMost_more_fails() {
        history();

        assertThat(guard).onTool("search").spentAtMost("0.10 USD");
        assertThatThrownBy(() -> assertThat(guard).onTool("search").spentAtMost("0.09 USD"))
                .hasMessage("Calls of tool 'search' spent 0.10 USD: expected at most 0.09 USD. The calls:\n"
                        + "  1. tool_call search in run r1: 0.10 USD spent");
    }

    @Test
    void decided_countsAnswers() {
        history();

        assertThat(guard)
                .decided(Effect.STOP, times(1))
                .decided(Effect.DEGRADE, times(1))
                .decided(Effect.CONTINUE, atLeast(4))
                .decided(Effect.SKIP, never());
        assertThat(guard).askingForModel("gpt-4o").decided(Effect.DEGRADE, times(1));
        assertThatThrownBy(() -> assertThat(guard).onTool("shell").decided(Effect.STOP, times(2)))
                .hasMessage("Calls of tool 'shell' were answered STOP once: expected 2 times. The calls:\n"
                        + "  1. tool_call shell in run r1: STOP TOOL_FORBIDDEN");
        assertThatThrownBy(() -> assertThat(guard).onTool("search").decided(Effect.STOP, atLeast(1)))
                .hasMessageStartingWith("Calls of tool 'search' were answered STOP never: expected at least once.");
    }

    @Test
    void leftNoOpenHolds_anUnsettledCall_isNamed() {
        history();

        assertThat(guard).inRun("r1").leftNoOpenHolds();
        assertThatThrownBy(() -> assertThat(guard).leftNoOpenHolds())
                .isInstanceOf(AssertionError.class)
                .hasMessage("Calls left 1 unsettled: expected each permit to be committed or released. The calls:\n"
                        + "  1. llm_call openai/gpt-4o in run r2: 0.06 USD held, not settled");
    }

    @Test
    void hasVerifiableEvidence_untouchedLedger_passes() {
        history();

        assertThat(guard).hasVerifiableEvidence();
    }

    @Test
    void hasVerifiableEvidence_theContractsActivationIsMissing_fails() {
        InMemoryLedger honest = new InMemoryLedger(clock);
        try (Guard deceived = guard(withoutItsActivation(honest))) {
            deceived.decide(Action.toolCall("search").build()).orThrow().commit(Money.parse("0.10 USD"));

            assertThatThrownBy(() -> assertThat(deceived).hasVerifiableEvidence())
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("Evidence of 4 events does not verify: 2 findings. Something wrote to the"
                            + " ledger beside the guard, or the ledger is broken.\n  EVENT_MISSING ");
        }
    }

    @Test
    void within_neitherPercentNorMoney_isRefused() {
        assertThatThrownBy(() -> within("a bit"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Tolerance 'a bit' is neither a percentage nor money: write '1%' or '0.01 USD'.");
    }

    @Test
    void times_negative_isRefused() {
        assertThatThrownBy(() -> times(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Expected count of -1 is negative: nothing happens less than never. Give 0 or more.");
    }

    @Test
    void assertThat_noGuard_fails() {
        assertThatThrownBy(() -> assertThat((Guard) null).leftNoOpenHolds())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expecting actual not to be null");
    }

    /** One call of each fate: 0.1515 USD spent in run r1, 0.06 USD held in run r2. */
    private void history() {
        guard.decide(model().run("r1").build()).orThrow().commit(Usage.of(8_000, 3_000));
        guard.decide(model().run("r1").agent("intern").build())
                .orThrow(Decision.Accept.ACCEPT_DEGRADE)
                .commit(Usage.of(2_000, 2_000));
        guard.decide(Action.toolCall("search").run("r1").build()).orThrow().commit(Money.parse("0.10 USD"));
        guard.decide(Action.toolCall("clock").run("r1").build()).orThrow().release("not needed");
        guard.decide(Action.toolCall("shell").run("r1").build());
        guard.decide(model().run("r2").build()).orThrow();
    }

    private static Action.Builder model() {
        return Action.llmCall("openai", "gpt-4o").inputTokens(8_000).maxOutputTokens(4_000);
    }

    private Guard guard(Ledger ledger) {
        return Guard.builder()
                .contract(Contract.parse(CONTRACT, "assertions.yaml"))
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .clock(clock)
                .build();
    }

    /** Keeps everything, and hides one event from readers. */
    private static Ledger withoutItsActivation(Ledger honest) {
        return (Ledger) Proxy.newProxyInstance(
                Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("events")) {
                        return method.invoke(honest, arguments);
                    }
                    @SuppressWarnings("unchecked") // as Ledger.events declares it
                    Consumer<SealedEvent> sink = (Consumer<SealedEvent>) arguments[1];
                    honest.events((String) arguments[0], event -> {
                        if (event.seq() != 2) {
                            sink.accept(event);
                        }
                    });
                    return null;
                });
    }
}
