package io.spendguard;

import static io.spendguard.ApprovalLab.ADMIN;
import static io.spendguard.ApprovalLab.LEAD;
import static io.spendguard.ApprovalLab.NOON;
import static io.spendguard.ApprovalLab.action;
import static io.spendguard.ApprovalLab.codes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.decision.Reconciler;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an action that asked for an approval and is decided again. */
class ApprovalTest {
    private final ApprovalLab lab = new ApprovalLab();

    @TempDir
    private Path directory;

    @AfterEach
    void closeAll() {
        lab.close();
    }

    @Test
    void approve_saysWhatWasApproved() {
        Action wire = action("wire", "k");
        Decision asked = lab.guard.decide(wire);

        Approval approval = lab.guard.approve("acme", "k", ADMIN, "invoice 17 is right");

        assertThat(approval.decisionId()).isEqualTo(asked.decisionId());
        assertThat(approval.state()).isEqualTo(Approval.State.APPROVED);
        assertThat(approval.by()).isEqualTo(ADMIN);
        assertThat(approval.reason()).isEqualTo("invoice 17 is right");
        assertThat(approval.at()).isEqualTo(NOON);
        assertThat(approval.covers())
                .extracting(reason -> reason.code() + " " + reason.ruleId())
                .containsExactly("MONEY_LEAVES by_a_lead", "WIRE by_an_admin");
        assertThat(approval.isReplayed()).isFalse();
    }

    @Test
    void decide_approved_holdsAndSaysWhoApprovedIt() {
        Action wire = lab.asked("wire", "k");
        Approval approval = lab.guard.approve("acme", "k", ADMIN, "invoice 17 is right");

        Decision decision = lab.guard.decide(wire);

        assertThat(decision.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(decision.decisionId()).isNotEqualTo(approval.decisionId());
        assertThat(codes(decision))
                .containsExactly(new ReasonCode("MONEY_LEAVES"), new ReasonCode("WIRE"), ReasonCode.APPROVED);
        assertThat(decision.reasons().get(2).text())
                .isEqualTo("Decision " + approval.decisionId()
                        + " asked for an approval and got it by a tenant-admin at" + " 2026-11-23T12:00:00Z (event "
                        + approval.auditEventId() + "): what had asked asks no more.");
        assertThat(lab.day().held()).isEqualTo(Amount.parse("1.00 USD"));
        decision.orThrow().commit(Money.parse("1.00 USD"));
        assertThat(lab.day().spent()).isEqualTo(Amount.parse("1.00 USD"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"shadow\tk", "approved\tk"})
    void approve_keyThatNoActionHas_isUnknown(String key) {
        Guard shadow = lab.another(ApprovalLab.CONTRACT.replace("spec:\n", "spec:\n  mode: shadow\n"));
        shadow.decide(action("wire", "k"));
        int events = lab.events().size();

        assertThatThrownBy(() -> lab.guard.approve("acme", key, ADMIN, "right"))
                .isInstanceOfSatisfying(
                        ApprovalException.class,
                        refused -> assertThat(refused.fault()).isEqualTo(ApprovalException.Fault.UNKNOWN_DECISION));
        assertThat(lab.events()).hasSize(events);
    }

    /** A request under one key may be made anew by a model, which may mean something else by then. */
    @Test
    void decide_approvedForAnotherContent_isNoAttemptAtThat() {
        Action.Builder wire = action("wire", "k").toBuilder();
        lab.guard.decide(wire.content("{\"to\": \"Ada\"}").build());
        lab.guard.approve("acme", "k", ADMIN, "right");

        assertThatThrownBy(
                        () -> lab.guard.decide(wire.content("{\"to\": \"Eve\"}").build()))
                .isInstanceOf(IdempotencyConflictException.class)
                .hasMessageStartingWith("Action 'k' has another content than when an approval was asked for: ");
        assertThatThrownBy(() -> lab.guard.decide(action("wire", "k")))
                .isInstanceOf(IdempotencyConflictException.class);
        assertThat(lab.day().held()).isEqualTo(Amount.parse("0.00 USD"));

        assertThat(lab.guard.decide(wire.content("{\"to\": \"Ada\"}").build()).effect())
                .isEqualTo(Effect.CONTINUE);
    }

    @Test
    void decide_approvedAndDecidedAlready_startsNoSecondCall() {
        Action wire = lab.asked("wire", "k");
        lab.guard.approve("acme", "k", ADMIN, "right");
        Decision first = lab.guard.decide(wire);

        Decision again = lab.guard.decide(wire);

        assertThat(again.effect()).isEqualTo(Effect.STOP);
        assertThat(again.decisionId()).isEqualTo(first.decisionId());
        assertThat(codes(again)).startsWith(ReasonCode.ALREADY_DECIDED);
        assertThat(lab.day().held()).isEqualTo(Amount.parse("1.00 USD"));
    }

    @Test
    void recover_approved_findsItsHold() {
        Action wire = lab.asked("wire", "k");
        assertThat(lab.guard.recover("acme", "k")).isEmpty();
        lab.guard.approve("acme", "k", ADMIN, "right");
        assertThat(lab.guard.recover("acme", "k")).isEmpty();
        Decision decision = lab.guard.decide(wire);

        Permit permit = lab.guard.recover("acme", "k").orElseThrow();

        assertThat(permit.decisionId()).isEqualTo(decision.decisionId());
        permit.release("not needed");
        assertThat(lab.day().held()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void refund_ofAnApprovedCallByItsKey_findsIt() {
        Action wire = lab.asked("wire", "k");
        lab.guard.approve("acme", "k", ADMIN, "right");
        Decision decision = lab.guard.decide(wire);
        decision.orThrow().commit(Money.parse("1.00 USD"));
        IdSource ids = IdSource.timeOrdered(lab.clock);

        try (Reconciler reconciler = Reconciler.open(lab.ledger, lab.key, lab.clock, ids, Duration.ofSeconds(5))) {
            assertThat(reconciler
                            .refund("acme", "k", Amount.parse("0.10 USD"), "credit note 3")
                            .decisionId())
                    .isEqualTo(decision.decisionId());
        }

        assertThat(lab.day().spent()).isEqualTo(Amount.parse("0.90 USD"));
    }

    @Test
    void decide_nobodyAnsweredYet_asksAgainAndWritesNothing() {
        Action wire = action("wire", "k");
        Decision asked = lab.guard.decide(wire);
        int events = lab.events().size();
        lab.clock.advance(Duration.ofMinutes(29));

        Decision again = lab.guard.decide(wire);

        assertThat(again).isInstanceOf(Decision.RequireApproval.class);
        assertThat(again.decisionId()).isEqualTo(asked.decisionId());
        assertThat(again.reasons().get(2))
                .isEqualTo(Reason.of(
                        ReasonCode.ALREADY_DECIDED,
                        "Action 'k' was decided before as REQUIRE_APPROVAL (decision " + asked.decisionId()
                                + ") and waits for a tenant-admin: nobody has answered yet. Decide the same action again"
                                + " once somebody has."));
        assertThat(lab.events()).hasSize(events);
        lab.guard.approve("acme", "k", ADMIN, "right");
        assertThat(lab.guard.decide(wire).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void decide_denied_stopsAndEndsTheRun() {
        Action refund = lab.asked("refund", "k");
        Approval denial = lab.guard.deny("acme", "k", LEAD, "not ours to pay");

        Decision decision = lab.guard.decide(refund);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(decision.reasons())
                .containsExactly(Reason.of(
                        ReasonCode.APPROVAL_DENIED,
                        "Decision " + denial.decisionId() + " asked for an approval and was denied it by a team-lead at"
                                + " 2026-11-23T12:00:00Z (event " + denial.auditEventId()
                                + "): a denial stands. Do without the action."));
        assertThat(decision.auditEvent()).isPresent();
        assertThat(lab.ledger.run("acme", Namespace.ENFORCE, "r-k").stopCode()).isEqualTo("APPROVAL_DENIED");
        assertThat(codes(lab.guard.decide(refund)))
                .containsExactly(ReasonCode.APPROVAL_DENIED, ReasonCode.ALREADY_DECIDED);
        assertThat(lab.day().held()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void decide_deniedInARunThatHasEnded_saysBoth() {
        Action refund = lab.asked("refund", "k");
        lab.guard.deny("acme", "k", LEAD, "no");
        lab.guard.decide(
                Action.toolCall("wire").tenant("acme").key("x").run("r-k").build());
        lab.guard.deny("acme", "x", ADMIN, "no");
        lab.guard.decide(
                Action.toolCall("wire").tenant("acme").key("x").run("r-k").build());

        assertThat(codes(lab.guard.decide(refund))).containsExactly(ReasonCode.RUN_STOPPED, ReasonCode.APPROVAL_DENIED);
    }

    @Test
    void decide_nobodyAnsweredInTime_stopsWhereSilenceIsANo() {
        Action wire = lab.asked("wire", "k");
        lab.clock.advance(Duration.ofMinutes(31).minusNanos(1));
        assertThat(lab.guard.decide(wire)).isInstanceOf(Decision.RequireApproval.class);
        lab.clock.advance(Duration.ofNanos(1));

        Decision decision = lab.guard.decide(wire);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(decision.reasons().get(0).code()).isEqualTo(ReasonCode.APPROVAL_EXPIRED);
        assertThat(decision.reasons().get(0).text())
                .endsWith("asked for an approval, and no tenant-admin answered until 2026-11-23T12:30:00Z: its contract"
                        + " then says to stop. Have the action decided under another key, and answer in time.");
        assertThat(codes(lab.guard.decide(wire))).endsWith(ReasonCode.ALREADY_DECIDED);
    }

    @Test
    void decide_nobodyAnsweredInTime_goesOnWhereSilenceIsAYes() {
        Action scan = lab.asked("scan", "k");
        lab.clock.advance(Duration.ofMinutes(61));

        Decision decision = lab.guard.decide(scan);

        assertThat(decision.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(codes(decision)).containsExactly(new ReasonCode("SCAN"), ReasonCode.APPROVAL_EXPIRED);
        assertThat(lab.day().held()).isEqualTo(Amount.parse("1.00 USD"));
    }

    @Test
    void decide_approved_isStoppedByAnotherRuleAllTheSame() {
        Action refund = lab.asked("refund", "k");
        lab.guard.approve("acme", "k", LEAD, "right");
        lab.hold("8.50 USD");

        Decision decision = lab.guard.decide(refund);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(codes(decision))
                .containsExactly(new ReasonCode("ALMOST_SPENT"), new ReasonCode("MONEY_LEAVES"), ReasonCode.APPROVED);
    }

    @Test
    void decide_approved_isStoppedByItsBudgetAllTheSame() {
        Action refund =
                lab.asked("refund", "k"); // 1.00 USD, while 7.50 USD are held of 10.00 USD, and 1.80 USD are spent
        lab.guard.approve("acme", "k", LEAD, "right");
        lab.hold("7.50 USD");
        lab.guard
                .decide(Action.toolCall("other")
                        .tenant("acme")
                        .cost(Money.parse("0.10 USD"))
                        .build())
                .orThrow()
                .commit(Money.parse("1.80 USD"));

        Decision decision = lab.guard.decide(refund);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(codes(decision)).startsWith(ReasonCode.BUDGET_EXHAUSTED).endsWith(ReasonCode.APPROVED);
    }

    @Test
    void decide_approvedInARunThatHasEnded_stops() {
        Action wire = Action.toolCall("wire").tenant("acme").key("k").run("r").build();
        lab.guard.decide(wire);
        lab.guard.approve("acme", "k", ADMIN, "right");
        Action refund =
                Action.toolCall("refund").tenant("acme").key("other").run("r").build();
        lab.guard.decide(refund);
        lab.guard.deny("acme", "other", LEAD, "no");
        lab.guard.decide(refund);

        assertThat(codes(lab.guard.decide(wire)))
                .startsWith(ReasonCode.RUN_STOPPED)
                .endsWith(ReasonCode.APPROVED);
    }

    @Test
    void decide_approvedUnderAnotherContract_isOutdated() {
        Action wire = lab.asked("wire", "k");
        lab.guard.approve("acme", "k", ADMIN, "right");
        Guard next = lab.another(ApprovalLab.CONTRACT.replace("10.00 USD", "11.00 USD"));

        Decision decision = next.decide(wire);

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(codes(decision)).containsExactly(ReasonCode.APPROVAL_OUTDATED);
        assertThat(lab.ledger.run("acme", Namespace.ENFORCE, "r-k").isStopped()).isFalse();
        assertThat(lab.day().held()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void decide_anotherActionUnderTheKey_isAConflict() {
        lab.asked("wire", "k");
        lab.guard.approve("acme", "k", ADMIN, "right");

        assertThatThrownBy(() -> lab.guard.decide(action("refund", "k")))
                .isInstanceOf(IdempotencyConflictException.class);

        assertThat(lab.day().held()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void decideAsync_approved_holds_andBeforeThatAsksAgain() throws Exception {
        Action wire = lab.asked("wire", "k");
        assertThat(lab.guard.decideAsync(wire).get(10, TimeUnit.SECONDS)).isInstanceOf(Decision.RequireApproval.class);
        lab.guard.approve("acme", "k", ADMIN, "right");

        Decision decision = lab.guard.decideAsync(wire).get(10, TimeUnit.SECONDS);

        assertThat(decision.effect()).isEqualTo(Effect.CONTINUE);
        assertThat(codes(lab.guard.decideAsync(wire).get(10, TimeUnit.SECONDS))).startsWith(ReasonCode.ALREADY_DECIDED);
        assertThat(lab.day().held()).isEqualTo(Amount.parse("1.00 USD"));
    }

    @Test
    void evidence_ofApprovals_namesNobodyAndVerifies() {
        Action wire = lab.asked("wire", "k");
        lab.guard.approve("acme", "k", ADMIN, "right");
        lab.guard.decide(wire).orThrow().release("not needed");
        Action refund = lab.asked("refund", "l");
        lab.guard.deny("acme", "l", LEAD, "wrong");
        lab.guard.decide(refund);
        Action scan = lab.asked("scan", "m");
        lab.clock.advance(Duration.ofMinutes(61));
        lab.guard.decide(scan).orThrow().release("not needed");

        JsonObject first = lab.events(EventTypes.APPROVAL_RESOLVED).get(0);

        assertThat(first.string("runid")).isEqualTo("r-k");
        JsonObject approval = first.object("data").object("approval");
        assertThat(approval.object("by").string("role")).isEqualTo("tenant-admin");
        assertThat(approval.object("by").object("name").string("commitment")).hasSize(64);
        assertThat(lab.events(EventTypes.DECISION)
                        .get(1)
                        .object("data")
                        .object("approval")
                        .toString())
                .isEqualTo("{\"decision\":\"" + first.string("decisionid") + "\",\"event\":\"" + first.string("id")
                        + "\",\"state\":\"APPROVED\"}");
        lab.events().forEach(event -> {
            assertThat(new String(event.draft().payload(), StandardCharsets.UTF_8))
                    .doesNotContain("Ada", "Lea Lead");
            if (event.draft().type().equals(EventTypes.APPROVAL_RESOLVED)) {
                assertThat(event.draft().personal()).hasSize(1);
            }
        });
        assertThat(lab.verify(directory).findings()).isEqualTo(List.of());
    }
}
