package io.spendguard.test;

import static io.spendguard.test.GuardLab.priced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.Extension;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Extending a hold through its permit, for a call that takes longer or costs more than was thought. */
class HoldExtensionTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final GuardLab lab = new GuardLab();
    private final TestClock clock = lab.clock();
    private final Contract contract = contract("enforce");
    private final Guard guard = lab.guard(contract);

    @Test
    void extend_time_keepsTheHoldFromExpiring() {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        clock.advance(Duration.ofMinutes(5));

        Extension extension = permit.extend(HOUR);

        assertThat(extension.isGranted()).isTrue();
        assertThat(extension.expiresAt()).isEqualTo(Instant.parse("2026-11-23T13:05:00Z"));
        assertThat(permit.expiresAt()).isEqualTo(extension.expiresAt());
        assertThat(permit.held()).containsExactly(Amount.parse("0.30 USD"));
        clock.advance(Duration.ofMinutes(59));
        assertThat(guard.sweep().expired()).isZero();
        clock.advance(Duration.ofMinutes(1));
        assertThat(guard.sweep().expired()).isOne();
    }

    @Test
    void extend_forEver_isRefused_andTheHoldStaysAsItWas() {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();

        assertThatThrownBy(() -> permit.extend(Duration.ofSeconds(Long.MAX_VALUE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(
                        ": a hold lasts for 366 days at most. Give less, and extend again before its end.");
        assertThat(permit.expiresAt()).isEqualTo(Instant.parse("2026-11-23T12:10:00Z"));
        assertThat(permit.extend(Duration.ofDays(366)).isGranted()).isTrue();
    }

    @Test
    void extend_toLessThanItHas_changesNothing() {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();

        Extension extension = permit.extend(Duration.ofMinutes(1), Money.parse("0.20 USD"));

        assertThat(extension.isGranted()).isTrue();
        assertThat(extension.expiresAt()).isEqualTo(Instant.parse("2026-11-23T12:10:00Z"));
        assertThat(extension.held()).containsExactly(Amount.parse("0.30 USD"));
    }

    @Test
    void extend_toACost_holdsThatMuch_andCommitGivesTheRestBack() {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();

        Extension extension = permit.extend(HOUR, Money.parse("0.80 USD"));
        Extension again = permit.extend(HOUR, Money.parse("0.80 USD"));

        assertThat(extension.held()).containsExactly(Amount.parse("0.80 USD"));
        assertThat(again.held()).as("asking twice").containsExactly(Amount.parse("0.80 USD"));
        assertBalance("0.00 USD", "0.80 USD");
        permit.commit(Money.parse("0.50 USD"));
        assertBalance("0.50 USD", "0.00 USD");
    }

    @Test
    void extend_toAUsage_holdsItsPrice() {
        Permit permit = guard.decide(Action.llmCall("openai", "gpt-4o")
                        .inputTokens(8_000)
                        .maxOutputTokens(1_000)
                        .build())
                .orThrow();
        assertThat(permit.held()).containsExactly(Amount.parse("0.03 USD"));

        Extension extension = permit.extend(HOUR, Usage.of(8_000, 16_000));

        assertThat(extension.held()).containsExactly(Amount.parse("0.18 USD"));
        assertThatThrownBy(() -> permit.extend(HOUR, Usage.unknown()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it has no known price. Count input and output tokens, or extend to a cost.");
    }

    @Test
    void extend_beyondTheLimit_isRefusedAndTheHoldIsAsItWas() {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();

        Extension extension = permit.extend(HOUR, Money.parse("1.01 USD"));

        assertThat(extension.isGranted()).isFalse();
        assertThat(extension.reasons())
                .containsExactly(Reason.of(
                        ReasonCode.BUDGET_EXHAUSTED,
                        "Budget 'day' cannot hold 0.71 USD more: 0.70 USD available. Raise its limit, or finish with what"
                                + " is held."));
        assertThat(extension.auditEvent()).isPresent();
        assertThat(permit.expiresAt()).isEqualTo(Instant.parse("2026-11-23T12:10:00Z"));
        assertBalance("0.00 USD", "0.30 USD");
    }

    @Test
    void extend_inAStoppedRun_isRefused() {
        Permit permit =
                guard.decide(priced("0.30 USD").toBuilder().run("r").build()).orThrow();
        assertThat(guard.decide(priced("5.00 USD").toBuilder().run("r").build()).effect())
                .isEqualTo(Effect.STOP);

        Extension extension = permit.extend(HOUR);

        assertThat(extension.isGranted()).isFalse();
        assertThat(extension.reasons()).extracting(Reason::code).containsExactly(ReasonCode.RUN_STOPPED);
    }

    @Test
    void extend_settledOrExpired_conflicts() {
        Permit settled = guard.decide(priced("0.10 USD")).orThrow();
        settled.commit(Money.parse("0.10 USD"));
        Permit expired = guard.decide(priced("0.10 USD")).orThrow();
        clock.advance(Duration.ofMinutes(11));
        guard.sweep();

        assertThatThrownBy(() -> settled.extend(HOUR))
                .isInstanceOf(SettlementConflictException.class)
                .hasMessage("Hold of decision " + settled.decisionId()
                        + " is COMMITTED and cannot be extended: its call has ended. Decide a new action.");
        assertThatThrownBy(() -> expired.extend(HOUR)).hasMessageContaining("is EXPIRED");
        assertThatThrownBy(() -> expired.extend(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Hold of decision " + expired.decisionId()
                        + " cannot be extended by PT0S: a hold lasts for some time. Give more than zero.");
    }

    @Test
    void commit_byAPermitThatKnowsNothingOfTheExtension_settlesAllThatIsHeld() {
        Action action = priced("0.30 USD");
        Permit permit = guard.decide(action).orThrow();
        guard.recover("acme", action.key()).orElseThrow().extend(HOUR, Money.parse("0.80 USD"));

        permit.commit(Money.parse("0.10 USD"));

        assertBalance("0.10 USD", "0.00 USD");
    }

    @Test
    void extend_inShadowMode_letsTheCallGoOnAndSaysWhatWouldStandAgainstIt() {
        Permit permit = lab.guard(contract("shadow")).decide(priced("0.30 USD")).orThrow();

        Extension extension = permit.extend(HOUR, Money.parse("9.00 USD"));

        assertThat(extension.isGranted()).isTrue();
        assertThat(extension.reasons()).extracting(Reason::code).containsExactly(ReasonCode.BUDGET_EXHAUSTED);
        assertThat(extension.held()).containsExactly(Amount.parse("0.30 USD"));
    }

    @Test
    void extensions_areToldByEvidenceThatVerifies(@TempDir Path folder) {
        Permit permit = guard.decide(priced("0.30 USD")).orThrow();
        permit.extend(HOUR, Money.parse("0.80 USD"));
        permit.extend(HOUR, Money.parse("2.00 USD"));
        permit.commit(Money.parse("0.70 USD"));
        guard.close();

        lab.assertEvidenceVerifies(contract, folder);
    }

    private void assertBalance(String spent, String held) {
        GuardLab.assertBalance(guard, spent, held);
    }

    private static Contract contract(String mode) {
        return Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: day, tenant: acme}
                spec:
                  mode: %s
                  budgets:
                    - {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                """.formatted(mode), "day.yaml");
    }
}
