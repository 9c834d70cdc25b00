package io.spendguard;

import static io.spendguard.ApprovalLab.ADMIN;
import static io.spendguard.ApprovalLab.LEAD;
import static io.spendguard.ApprovalLab.action;
import static io.spendguard.ApprovalLab.codes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.decision.Approvals;
import io.spendguard.evidence.EventTypes;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Approval;
import io.spendguard.model.ApprovalException;
import io.spendguard.model.ApprovalException.Fault;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.ReasonCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may answer what, when, and once. */
class ApprovalAnswerTest {
    private final ApprovalLab lab = new ApprovalLab();

    @AfterEach
    void nothingWasWrittenTwice() {
        assertThat(lab.events(EventTypes.APPROVAL_RESOLVED)).hasSizeLessThanOrEqualTo(1);
        lab.close();
    }

    @Test
    void approve_whatNobodyDecided_isRefused() {
        lab.asked("wire", "k");

        refused(Fault.UNKNOWN_DECISION, "K", ADMIN, "right", """
                No decision of action 'K' is known for tenant 'acme': what was not decided cannot be approved or denied. Look for\
                 the key and the tenant in the decision's audit event.""");
        assertThat(catchThrowableOfType(ApprovalException.class, () -> lab.guard.approve("other", "k", ADMIN, "right"))
                        .fault())
                .isEqualTo(Fault.UNKNOWN_DECISION);
        assertThat(catchThrowableOfType(
                                ApprovalException.class, () -> lab.guard.approve("acme", "approved\tk", ADMIN, "right"))
                        .fault())
                .isEqualTo(Fault.UNKNOWN_DECISION);
    }

    @Test
    void approve_whatAskedForNone_isRefused() {
        Decision decision = lab.guard.decide(action("other", "k"));

        refused(
                Fault.NOT_ASKED,
                "k",
                ADMIN,
                "right",
                "Decision " + decision.decisionId()
                        + " of action 'k' is CONTINUE: only one that asks for an approval can be approved or denied. Have the"
                        + " action decided under another key.");
    }

    @Test
    void approve_inALowerRole_isRefused_alsoToDeny() {
        Decision decision = lab.guard.decide(action("wire", "k"));
        Approver engineer = new Approver("Eve", ApproverRole.PLATFORM_ENG);

        refused(
                Fault.ROLE_TOO_LOW,
                "k",
                engineer,
                "right",
                "Decision " + decision.decisionId()
                        + " of action 'k' cannot be resolved by a platform-eng: it asks for a tenant-admin. Ask somebody with"
                        + " that role.");
        assertThat(catchThrowableOfType(ApprovalException.class, () -> lab.guard.deny("acme", "k", LEAD, "wrong"))
                        .fault())
                .isEqualTo(Fault.ROLE_TOO_LOW);
    }

    @Test
    void approve_inAStricterRole_isAsGood() {
        Action refund = lab.asked("refund", "k");

        lab.guard.approve("acme", "k", ADMIN, "right");

        assertThat(lab.guard.decide(refund).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void approve_whenItsTimeIsOver_isRefused() {
        Decision decision = lab.guard.decide(action("wire", "k"));
        lab.clock.advance(Duration.ofMinutes(30));

        refused(
                Fault.TOO_LATE,
                "k",
                ADMIN,
                "right",
                "Decision " + decision.decisionId()
                        + " of action 'k' cannot be resolved at 2026-11-23T12:30:00Z: it waited until 2026-11-23T12:30:00Z."
                        + " Have the action decided under another key.");
    }

    @Test
    void approve_rightBeforeItsTimeIsOver_isInTime() {
        Action wire = lab.asked("wire", "k");
        lab.clock.advance(Duration.ofMinutes(30).minusNanos(1));
        lab.guard.approve("acme", "k", ADMIN, "right");
        lab.clock.advance(Duration.ofHours(5));

        assertThat(lab.guard.decide(wire).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void approve_inShadowMode_isRefused() {
        Guard shadow = lab.another(ApprovalLab.CONTRACT.replace("spec:\n", "spec:\n  mode: shadow\n"));
        assertThat(shadow.decide(action("wire", "k")).effect()).isEqualTo(Effect.CONTINUE);
        String message =
                "Action 'k' was decided in shadow mode, which lets every call pass: there is nothing to approve or"
                        + " deny. Put the contract in enforce mode.";

        refused(Fault.SHADOW, "k", ADMIN, "right", message);
        assertThatThrownBy(() -> shadow.approve("acme", "k", ADMIN, "right"))
                .isInstanceOf(ApprovalException.class)
                .hasMessage(message);
        assertThat(shadow.decide(action("wire", "k")).effect()).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void approve_byAGuardInShadowMode_isRefused_alsoWhatAnotherEnforces() {
        lab.asked("wire", "k");
        Guard shadow = lab.another(ApprovalLab.CONTRACT.replace("spec:\n", "spec:\n  mode: shadow\n"));

        assertThat(catchThrowableOfType(ApprovalException.class, () -> shadow.approve("acme", "k", ADMIN, "right"))
                        .fault())
                .isEqualTo(Fault.SHADOW);
    }

    @Test
    void approve_withoutAReasonOrAName_isRefused() {
        lab.asked("wire", "k");

        refused(Fault.NOT_STATED, "k", ADMIN, " ", """
                Reason of 0 characters for action 'k': evidence needs 1 to 500 that say why. Write it anew.""");
        refused(Fault.NOT_STATED, "k", ADMIN, "x".repeat(501), """
                Reason of 501 characters for action 'k': evidence needs 1 to 500 that say why. Write it anew.""");
        assertThatThrownBy(() -> new Approver("  ", ApproverRole.TEAM_LEAD))
                .isInstanceOf(ApprovalException.class)
                .hasMessage("Approver's name has 0 characters: who approves is named in 1 to 200. Name the person.");
        assertThat(ADMIN).hasToString("Approver[tenant-admin]");
    }

    @Test
    void approve_theSameAgain_isTheFirstAnswer_alsoWhenItsTimeIsOver() {
        lab.asked("wire", "k");
        Approval first = lab.guard.approve("acme", "k", ADMIN, "right");
        lab.clock.advance(Duration.ofHours(5));

        Approval again = lab.guard.approve("acme", "k", ADMIN, "right");

        assertThat(again.isReplayed()).isTrue();
        assertThat(again)
                .usingRecursiveComparison()
                .ignoringFields("isReplayed")
                .isEqualTo(first);
    }

    @Test
    void approve_otherwiseThanBefore_isAConflict() {
        lab.asked("refund", "k");
        lab.guard.approve("acme", "k", LEAD, "right");

        for (Runnable other : List.<Runnable>of(
                () -> lab.guard.deny("acme", "k", LEAD, "right"),
                () -> lab.guard.approve("acme", "k", new Approver("Bo", ApproverRole.TEAM_LEAD), "right"),
                () -> lab.guard.approve("acme", "k", new Approver(LEAD.name(), ApproverRole.TENANT_ADMIN), "right"),
                () -> lab.guard.approve("acme", "k", LEAD, "right!"))) {
            assertThatThrownBy(other::run)
                    .isInstanceOf(IdempotencyConflictException.class)
                    .hasMessage(
                            "Decision of action 'k' was approved or denied before, in other words or the other way: a"
                                    + " decision is resolved once. Look at its audit event, or have the action decided under"
                                    + " another key.");
        }
    }

    @Test
    void approvals_withoutAContract_answerTheSame() {
        Action wire = lab.asked("wire", "k");
        IdSource ids = IdSource.timeOrdered(lab.clock);
        try (Approvals approvals = Approvals.open(lab.ledger, lab.key, lab.clock, ids, Duration.ofSeconds(5))) {
            Approval approval = approvals.approve("acme", "k", ADMIN, "right");

            assertThat(approval.covers()).hasSize(2);
            assertThatThrownBy(() -> approvals.deny("acme", "k", ADMIN, "wrong"))
                    .isInstanceOf(IdempotencyConflictException.class);
        }
        assertThat(lab.guard.decide(wire).effect()).isEqualTo(Effect.CONTINUE);
        assertThat(lab.guard.approve("acme", "k", ADMIN, "right").isReplayed()).isTrue();
    }

    @Test
    void approve_sixteenAtOnce_oneWins() throws Exception {
        Action refund = lab.asked("refund", "k");

        List<Object> answers = inParallel(i -> () -> {
            try {
                return i % 2 == 0
                        ? lab.guard.approve("acme", "k", LEAD, "right")
                        : lab.guard.deny("acme", "k", LEAD, "wrong");
            } catch (IdempotencyConflictException other) {
                return other;
            }
        });

        List<Approval> resolved = answers.stream()
                .filter(Approval.class::isInstance)
                .map(Approval.class::cast)
                .toList();
        assertThat(resolved).hasSize(8);
        assertThat(resolved)
                .extracting(Approval::auditEventId)
                .containsOnly(resolved.get(0).auditEventId());
        assertThat(resolved).filteredOn(approval -> !approval.isReplayed()).hasSize(1);
        assertThat(lab.guard.decide(refund).effect())
                .isEqualTo(resolved.get(0).state() == Approval.State.APPROVED ? Effect.CONTINUE : Effect.STOP);
    }

    @Test
    void decide_sixteenAtOnceAfterTheApproval_oneHolds() throws Exception {
        Action refund = lab.asked("refund", "k");
        lab.guard.approve("acme", "k", LEAD, "right");

        List<Decision> decisions = inParallel(i -> () -> lab.guard.decide(refund));

        assertThat(decisions).filteredOn(Decision.Allowed.class::isInstance).hasSize(1);
        assertThat(decisions)
                .filteredOn(Decision.Stop.class::isInstance)
                .hasSize(15)
                .allMatch(stop -> codes(stop).get(0).equals(ReasonCode.ALREADY_DECIDED));
        assertThat(lab.day().held()).isEqualTo(Amount.parse("1.00 USD"));
        assertThat(lab.events(EventTypes.DECISION)).hasSize(2);
    }

    private void refused(Fault fault, String key, Approver by, String reason, String message) {
        int events = lab.events().size();

        assertThatThrownBy(() -> lab.guard.approve("acme", key, by, reason))
                .isInstanceOfSatisfying(
                        ApprovalException.class,
                        refusal -> assertThat(refusal.fault()).isEqualTo(fault))
                .hasMessage(message);

        assertThat(lab.events()).hasSize(events);
    }

    private static <T> List<T> inParallel(IntFunction<Callable<T>> task) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future :
                    pool.invokeAll(IntStream.range(0, 16).mapToObj(task).toList())) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        } finally {
            pool.shutdownNow();
        }
    }
}
