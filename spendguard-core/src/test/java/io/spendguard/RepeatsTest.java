package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.RecentActions;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Actions that come again in one run. */
class RepeatsTest {
    private static final String LOOK =
            "- {id: loop, at: [tool.call.pre], when: run.repeats >= 2, effect: skip, reasonCode: LOOP}";

    private final InMemoryLedger ledger = new InMemoryLedger(Clock.systemUTC());

    @Test
    void repeats_sameToolAndContent_isCounted() {
        try (Guard guard = guard(LOOK)) {
            assertThat(effect(guard, tool("r", "search", "tea"))).isEqualTo(Effect.CONTINUE);
            assertThat(effect(guard, tool("r", "search", "tea").label("try", "2")))
                    .isEqualTo(Effect.CONTINUE);
            assertThat(effect(guard, tool("r", "search", "tea"))).isEqualTo(Effect.SKIP);
            // What was not allowed did not happen.
            assertThat(effect(guard, tool("r", "search", "milk"))).isEqualTo(Effect.CONTINUE);
            assertThat(effect(guard, tool("r", "search", "milk"))).isEqualTo(Effect.CONTINUE);
            assertThat(effect(guard, tool("r", "search", "milk"))).isEqualTo(Effect.SKIP);
        }
    }

    @Test
    void repeats_otherRunToolOrKindOrWithoutContent_isAnotherAction() {
        try (Guard guard = guard(LOOK)) {
            for (int i = 0; i < 4; i++) {
                assertThat(effect(guard, tool("run-" + i, "search", "tea"))).isEqualTo(Effect.CONTINUE);
                assertThat(effect(guard, tool("r", "tool-" + i, "tea"))).isEqualTo(Effect.CONTINUE);
                assertThat(effect(
                                guard, Action.toolCall("search").tenant("acme").run("r")))
                        .isEqualTo(Effect.CONTINUE);
                assertThat(effect(
                                guard,
                                Action.llmCall("openai", "gpt-4o")
                                        .content("tea")
                                        .tenant("acme")
                                        .run("r")))
                        .isEqualTo(Effect.CONTINUE);
            }
        }
    }

    @Test
    void repeats_moreThan32ActionsAgo_isForgotten() {
        try (Guard guard = guard(LOOK)) {
            effect(guard, tool("r", "search", "tea"));
            effect(guard, tool("r", "search", "tea"));
            for (int i = 0; i < RecentActions.MOST - 1; i++) {
                effect(guard, tool("r", "other", "tea " + i));
            }

            assertThat(effect(guard, tool("r", "search", "tea"))).isEqualTo(Effect.CONTINUE);
        }
    }

    @Test
    void repeats_outsideOfARun_isLookedAtByAPerson() {
        try (Guard guard = guard(LOOK)) {
            assertThat(effect(guard, Action.toolCall("search").content("tea").tenant("acme")))
                    .isEqualTo(Effect.REQUIRE_APPROVAL);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "- {id: loop, when: run.steps >= 9, effect: skip, reasonCode: LOOP}"})
    void run_ofAContractThatLooksForNoRepeats_remembersNothing(String rules) {
        try (Guard guard = guard(rules)) {
            effect(guard, tool("r", "search", "tea"));

            assertThat(ledger.run("acme", Namespace.ENFORCE, "r").recent()).isEqualTo(RecentActions.NONE);
            assertThat(ledger.run("acme", Namespace.ENFORCE, "r").steps()).isEqualTo(1);
        }
    }

    @Test
    void content_isMadeOnce_andOnlyForAContractThatLooks() {
        AtomicInteger made = new AtomicInteger();
        Supplier<String> prompt = () -> "tea " + made.incrementAndGet();
        Action.Builder call =
                Action.toolCall("search").content(prompt).tenant("acme").run("r");

        try (Guard guard = guard("")) {
            effect(guard, call);
            assertThat(made).hasValue(0);
        }
        try (Guard guard = guard(LOOK)) {
            effect(guard, call);
            effect(guard, call);
            assertThat(effect(guard, call)).isEqualTo(Effect.SKIP);
            assertThat(made).hasValue(1);
        }
    }

    @Test
    void content_thatCannotBeMade_allowsNothing() {
        Supplier<String> broken = () -> {
            throw new IllegalStateException("no text");
        };
        Action.Builder call =
                Action.toolCall("search").content(broken).tenant("acme").run("r");

        try (Guard guard = guard(LOOK)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> guard.decide(call.build()))
                    .withMessage("no text");
            assertThat(ledger.accounts("acme", Namespace.ENFORCE)).isEmpty();
        }
    }

    private static Action.Builder tool(String run, String tool, String content) {
        return Action.toolCall(tool).content(content).tenant("acme").run(run);
    }

    private static Effect effect(Guard guard, Action.Builder action) {
        Decision decision = guard.decide(action.build());
        if (decision instanceof Decision.Allowed allowed) {
            allowed.permit().release("not made");
        }
        return decision.effect();
    }

    private Guard guard(String rules) {
        Contract contract =
                Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: repeats}
                spec:
                  budgets: [{id: calls, limit: 100 calls, window: {type: total}}]
                  rules: [%s]
                """.formatted(rules.startsWith("- ") ? rules.substring(2) : rules), "repeats.yaml");
        return Guard.builder()
                .contract(contract)
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .build();
    }
}
