package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a refusal asks of the caller: who may approve, and which steps to leave out. */
class FollowUpTest {
    private static final ApprovalTerms BY_AN_ADMIN =
            new ApprovalTerms(ApproverRole.TENANT_ADMIN, Duration.ofMinutes(30), Effect.STOP);

    private final InMemoryLedger ledger = new InMemoryLedger(Clock.systemUTC());

    @Test
    void requiredApproval_saysWhoMayGiveIt_alsoWhenReplayed_andInTheEvidence() {
        Action action = action("wire");
        try (Guard guard = guard()) {
            assertThat(guard.decide(action))
                    .isInstanceOfSatisfying(
                            Decision.RequireApproval.class,
                            required -> assertThat(required.approval()).isEqualTo(BY_AN_ADMIN));
            assertThat(guard.decide(action))
                    .isInstanceOfSatisfying(
                            Decision.RequireApproval.class,
                            required -> assertThat(required.approval()).isEqualTo(BY_AN_ADMIN));
        }
        assertThat(decision().object("approval"))
                .returns("tenant-admin", approval -> approval.string("role"))
                .returns("PT30M", approval -> approval.string("ttl"))
                .returns("stop", approval -> approval.string("fallback"));
    }

    @Test
    void skip_namesTheStepsToLeaveOut_alsoWhenReplayed_andInTheEvidence() {
        Action action = action("enrich");
        try (Guard guard = guard()) {
            assertThat(guard.decide(action))
                    .isInstanceOfSatisfying(
                            Decision.Skip.class,
                            skip -> assertThat(skip.targets()).containsExactly("rerank", "summarise"));
            assertThat(guard.decide(action))
                    .isInstanceOfSatisfying(
                            Decision.Skip.class,
                            skip -> assertThat(skip.targets()).containsExactly("rerank", "summarise"));
        }
        assertThat(decision().strings("targets")).containsExactly("rerank", "summarise");
    }

    @Test
    void otherAnswers_askNothing() {
        try (Guard guard = guard()) {
            assertThat(guard.decide(action("search")).effect()).isEqualTo(Effect.CONTINUE);
        }
        assertThat(decision().has("approval")).isFalse();
        assertThat(decision().has("targets")).isFalse();
    }

    private JsonObject decision() {
        List<JsonObject> decisions = new ArrayList<>();
        ledger.events("acme", event -> {
            if (event.draft().type().equals(EventTypes.DECISION)) {
                decisions.add(
                        JsonObject.parse(event.draft().payload()).object("data").object("decision"));
            }
        });
        assertThat(decisions).hasSize(1);
        return decisions.get(0);
    }

    private static Action action(String tool) {
        return Action.toolCall(tool).tenant("acme").build();
    }

    private Guard guard() {
        Contract contract = Contract.parse("""
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: follow-up}
                spec:
                  budgets: [{id: calls, limit: 100 calls, window: {type: total}}]
                  rules:
                    - id: by_a_lead
                      when: 'action.tool == "wire"'
                      effect: {decision: require_approval, approval: {role: team-lead, ttl: PT30M}}
                      reasonCode: WIRE
                    - id: by_an_admin
                      when: 'action.tool in ["wire", "refund"]'
                      effect: {decision: require_approval, approval: {role: tenant-admin, ttl: PT2H}}
                      reasonCode: MONEY_LEAVES
                    - id: optional
                      when: 'action.tool == "enrich"'
                      effect: {decision: skip, targets: [summarise, rerank]}
                      reasonCode: OPTIONAL
                """, "follow-up.yaml");
        return Guard.builder()
                .contract(contract)
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .build();
    }
}
