package io.spendguard;

import static io.spendguard.ApprovalLab.LEAD;
import static io.spendguard.ApprovalLab.action;
import static io.spendguard.ApprovalLab.codes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Approval;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an approval covers: what asked, by rule and code, and nothing that asks by then. */
class ApprovalCoverageTest {
    private final ApprovalLab lab = new ApprovalLab();

    @AfterEach
    void closeAll() {
        lab.close();
    }

    @Test
    void decide_approvedAndMoreAsksByNow_isOutdatedAndEndsNoRun() {
        Action late = lab.asked("late", "k");
        lab.guard.approve("acme", "k", LEAD, "right");
        lab.hold("2.00 USD");

        Decision decision = lab.guard.decide(late);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(codes(decision))
                .containsExactly(
                        ReasonCode.APPROVAL_OUTDATED,
                        new ReasonCode("LATE"),
                        new ReasonCode("MONEY_LEAVES"),
                        ReasonCode.APPROVED);
        assertThat(decision.reasons().get(0).text())
                .endsWith("is no longer what would be done: rule 'late_in_the_day' (LATE) asks by now too, which nobody"
                        + " was asked about. Have the action decided under another key.");
        assertThat(lab.ledger.run("acme", Namespace.ENFORCE, "r-k").isStopped()).isFalse();
    }

    @Test
    void decide_ruleThatCouldNotBeEvaluated_isCoveredByItsError() {
        Action broken = lab.asked("broken", "k");
        Approval approval = lab.guard.approve("acme", "k", LEAD, "stage is known to be test");

        assertThat(approval.covers())
                .extracting(Reason::code, Reason::ruleId)
                .containsExactly(tuple(ReasonCode.EVALUATION_ERROR, "unreadable"));
        assertThat(lab.guard.decide(broken).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void decide_contractThatAsksByDefault_isCoveredByThat() {
        Guard guard = lab.another("""
                apiVersion: spendguard.ai/v1
                metadata: {name: by-default, tenant: acme}
                spec:
                  budgets: [{id: day, limit: 10.00 USD, window: {type: calendar_day, timezone: UTC}}]
                  defaults: {decision: require_approval}
                """);
        Action action = action("anything", "k");
        guard.decide(action);
        guard.approve("acme", "k", LEAD, "right");

        Decision decision = guard.decide(action);

        assertThat(decision.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(codes(decision)).containsExactly(new ReasonCode("DEFAULT_DECISION"), ReasonCode.APPROVED);
    }

    @Test
    void decide_approvedAndAnotherRuleAsksInstead_isOutdated() {
        Action shift = lab.asked("shift", "k");
        lab.guard.approve("acme", "k", LEAD, "right");
        lab.hold("2.00 USD");

        assertThat(codes(lab.guard.decide(shift)))
                .containsExactly(ReasonCode.APPROVAL_OUTDATED, new ReasonCode("EVENING"), ReasonCode.APPROVED);
    }

    @Test
    void decide_approvedRuleThatFailsByNow_isOutdated() {
        Action half = lab.asked("half", "k");
        lab.guard.approve("acme", "k", LEAD, "right");
        lab.hold("2.00 USD");

        assertThat(codes(lab.guard.decide(half)))
                .containsExactly(ReasonCode.APPROVAL_OUTDATED, ReasonCode.EVALUATION_ERROR, ReasonCode.APPROVED);
    }

    @Test
    void decide_projectionOfTheRun_isCoveredByItsCode() {
        Guard guard = lab.another("""
                apiVersion: spendguard.ai/v1
                metadata: {name: projecting, tenant: acme}
                spec:
                  prediction_policy: EMPIRICAL_RUN_CEILING
                  budgets: [{id: run, limit: 3.00 USD, window: {type: run}}]
                  rules:
                    - id: will_not_fit
                      when: run.projected > budget("run").limit
                      run_projection_action: REQUIRE_APPROVAL
                      reasonCode: RUN_BUDGET_PROJECTION_EXCEEDED
                """);
        Action action = Action.toolCall("t")
                .tenant("acme")
                .key("k")
                .run("r")
                .plannedSteps(9)
                .cost(Money.parse("1.00 USD"))
                .build();
        guard.decide(action);

        Approval approval = guard.approve("acme", "k", LEAD, "right");

        assertThat(approval.covers())
                .extracting(Reason::code, Reason::ruleId)
                .containsExactly(tuple(new ReasonCode("RUN_BUDGET_PROJECTION_EXCEEDED"), "will_not_fit"));
        assertThat(guard.decide(action).effect()).isEqualTo(Effect.CONTINUE);
    }
}
