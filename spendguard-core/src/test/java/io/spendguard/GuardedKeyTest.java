package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Guarded;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.proof.Ed25519Signer;
import java.math.BigInteger;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A tool call that an argument names is one call, however often it is asked for: it can be approved, and is not made twice. */
class GuardedKeyTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final Approver LEA = new Approver("Lea", ApproverRole.TEAM_LEAD);

    private final Guard guard = Guard.builder()
            .contract(Contract.parse("""
                    apiVersion: spendguard.ai/v1
                    metadata: {name: wires, tenant: acme}
                    spec:
                      budgets:
                        - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
                      rules:
                        - id: money_leaves
                          at: [tool.call.pre]
                          when: action.tool == "wire"
                          effect: {decision: require_approval, approval: {role: team-lead, ttl: PT4H, fallback: stop}}
                          reasonCode: MONEY_LEAVES
                    """, "wires.yaml"))
            .ledger(new InMemoryLedger(NOON))
            .signer(Ed25519Signer.generate())
            .clock(NOON)
            .build();
    private final List<String> wired = new ArrayList<>();
    private final Bank bank = GuardedProxy.of(Bank.class, (invoice, to) -> wired.add(invoice + " to " + to), guard);

    @AfterEach
    void close() {
        guard.close();
    }

    @Test
    void call_thatWaitsForAnApproval_isMadeOnceItIsApproved_andOnlyOnce() {
        assertThat(refusal("17", "Bob")).isEqualTo(new ReasonCode("MONEY_LEAVES"));
        assertThat(refusal("17", "Bob")).as("nobody answered yet").isEqualTo(new ReasonCode("MONEY_LEAVES"));
        assertThat(wired).isEmpty();

        guard.approve("acme", "wire/17", LEA, "agreed with the supplier");
        bank.wire("17", "Bob");

        assertThat(wired).containsExactly("17 to Bob");
        assertThat(refusal("17", "Bob")).isEqualTo(ReasonCode.ALREADY_DECIDED);
        assertThat(refusal("18", "Bob")).as("another call").isEqualTo(new ReasonCode("MONEY_LEAVES"));
        assertThat(wired).hasSize(1);
    }

    @Test
    void call_thatWasApproved_isNotMadeWithOtherArguments() {
        refusal("17", "Bob");
        guard.approve("acme", "wire/17", LEA, "agreed with the supplier");

        assertThatExceptionOfType(IdempotencyConflictException.class).isThrownBy(() -> bank.wire("17", "Eve"));
        assertThat(wired).isEmpty();
    }

    @Test
    void call_insideAnApprovedOneOfTheSameTool_isDecidedByItsOwnName() throws Throwable {
        refusal("17", "Bob");
        guard.approve("acme", "wire/17", LEA, "agreed with the supplier");
        GuardedMethod wire = guarded(Bank.class, "wire");
        Bank greedy = (invoice, to) -> bank.wire("18", "Eve");

        assertThatExceptionOfType(SpendDeniedException.class)
                .isThrownBy(() -> wire.invoke(guard, greedy, new Object[] {"17", "Bob"}));

        assertThat(wired).as("nobody approved invoice 18").isEmpty();
    }

    @Test
    void call_insideTheOneOfItsOwnName_isDecidedOnce() throws Throwable {
        refusal("17", "Bob");
        guard.approve("acme", "wire/17", LEA, "agreed with the supplier");
        GuardedMethod wire = guarded(Bank.class, "wire");

        wire.invoke(guard, bank, new Object[] {"17", "Bob"});

        assertThat(wired).containsExactly("17 to Bob");
    }

    @Test
    void action_keyOfWhateverNamesACall_isItsText() {
        assertThat(key("number", BigInteger.valueOf(-7))).isEqualTo("number/-7");
        assertThat(key("id", UUID.fromString("0192F000-0000-7000-8000-00000000000F")))
                .isEqualTo("id/0192f000-0000-7000-8000-00000000000f");
        assertThat(key("day", DayOfWeek.FRIDAY)).isEqualTo("of.the.week/FRIDAY");
        assertThat(guarded("number")
                        .apply(Action.toolCall("bank.number"), Map.of("of", 17.0))
                        .build()
                        .key())
                .as("as a framework reads it from JSON")
                .isEqualTo("number/17");
        assertThat(guarded("id")
                        .apply(Action.toolCall("id"), Map.of("of", "0192F0AB"))
                        .build()
                        .key())
                .isEqualTo("id/0192f0ab");
        assertThat(guarded("fresh").action(new Object[0]).key())
                .isNotEqualTo(guarded("fresh").action(new Object[0]).key());
    }

    @Test
    void action_argumentThatNamesNoCall_isRefused() {
        String place = "io.spendguard.GuardedKeyTest$Bank.wire(String, String) @Guarded key 'invoice': ";

        assertThatIllegalArgumentException()
                .isThrownBy(() -> bank.wire(" ", "Bob"))
                .withMessage(place + "the argument is blank, so that it names no call. Pass one.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guarded(Bank.class, "wire").apply(Action.toolCall("wire"), Map.of("to", "Bob")))
                .withMessage(place + "the argument is null, so that it names no call. Pass one.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> bank.wire("1".repeat(300), "Bob"))
                .withMessageStartingWith(place + "Action key of 305 characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guarded("number").apply(Action.toolCall("n"), Map.of("of", "seven")))
                .withMessageEndingWith("key 'of': the argument is no whole number. Pass one.");
        assertThat(wired).isEmpty();
    }

    @Test
    void of_keyThatNamesNothing_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guarded("ratio"))
                .withMessage(
                        "io.spendguard.GuardedKeyTest$Keys.ratio(double) @Guarded key 'of': a double names nothing."
                                + " Use a text, a whole number, a UUID or an enum.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guarded("misspelt"))
                .withMessage(
                        "io.spendguard.GuardedKeyTest$Keys.misspelt(String) @Guarded key 'off': names no parameter."
                                + " Use one of [of].");
    }

    private ReasonCode refusal(String invoice, String to) {
        try {
            bank.wire(invoice, to);
        } catch (SpendDeniedException denied) {
            return denied.decision().reasons().get(0).code();
        }
        throw new AssertionError("Invoice " + invoice + " was wired.");
    }

    private static String key(String method, @Nullable Object argument) {
        return guarded(method).action(new @Nullable Object[] {argument}).key();
    }

    private static GuardedMethod guarded(String name) {
        return guarded(Keys.class, name);
    }

    private static GuardedMethod guarded(Class<?> type, String name) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .flatMap(GuardedMethod::of)
                .orElseThrow();
    }

    /** Moves money. */
    @FunctionalInterface
    interface Bank {
        @Guarded(cost = "1.50 USD", key = "invoice")
        void wire(String invoice, String to);
    }

    static class Keys {
        @Guarded(key = "of")
        void number(BigInteger of) {}

        @Guarded(key = "of")
        void id(UUID of) {}

        @Guarded(key = "of", tool = "of.the.week")
        void day(DayOfWeek of) {}

        @Guarded
        void fresh() {}

        @Guarded(key = "of")
        void ratio(double of) {}

        @Guarded(key = "off")
        void misspelt(String of) {}
    }
}
