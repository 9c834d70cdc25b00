package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Action;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.ReasonCode;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** A guard whose contract asks for approvals, on a ledger in memory and a clock that is moved by hand. */
final class ApprovalLab implements AutoCloseable {
    static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    static final Approver LEAD = new Approver("Lea Lead", ApproverRole.TEAM_LEAD);
    static final Approver ADMIN = new Approver("Ada Admin", ApproverRole.TENANT_ADMIN);

    static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: approvals, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 10.00 USD, window: {type: calendar_day, timezone: UTC}}
              rules:
                - id: by_a_lead
                  at: [tool.call.pre]
                  when: 'action.tool in ["wire", "refund", "late"]'
                  effect: {decision: require_approval, approval: {role: team-lead, ttl: PT2H}}
                  reasonCode: MONEY_LEAVES
                - id: by_an_admin
                  at: [tool.call.pre]
                  when: 'action.tool == "wire"'
                  effect: {decision: require_approval, approval: {role: tenant-admin, ttl: PT30M}}
                  reasonCode: WIRE
                - id: silence_is_a_yes
                  at: [tool.call.pre]
                  when: 'action.tool == "scan"'
                  effect: {decision: require_approval, approval: {role: team-lead, ttl: PT1H, fallback: continue}}
                  reasonCode: SCAN
                - id: late_in_the_day
                  at: [tool.call.pre]
                  when: 'action.tool == "late" && budget("day").held > money("1.00", "USD")'
                  effect: require_approval
                  reasonCode: LATE
                - id: in_the_morning
                  at: [tool.call.pre]
                  when: 'action.tool == "shift" && budget("day").held < money("1.00", "USD")'
                  effect: require_approval
                  reasonCode: MORNING
                - id: in_the_evening
                  at: [tool.call.pre]
                  when: 'action.tool == "shift" && budget("day").held >= money("1.00", "USD")'
                  effect: require_approval
                  reasonCode: EVENING
                - id: half_readable
                  at: [tool.call.pre]
                  when: 'action.tool == "half" && (budget("day").held < money("1.00", "USD") || labels.stage == "test")'
                  effect: require_approval
                  reasonCode: HALF
                - id: almost_spent
                  at: [tool.call.pre]
                  when: 'budget("day").held > money("8.00", "USD")'
                  effect: stop
                  reasonCode: ALMOST_SPENT
                - id: unreadable
                  at: [tool.call.pre]
                  when: 'action.tool == "broken" && labels.stage == "production"'
                  effect: stop
                  reasonCode: FREEZE
            """;

    final HandClock clock = new HandClock();
    final InMemoryLedger ledger = new InMemoryLedger(clock);
    final Ed25519Signer key = Ed25519Signer.generate();
    final Guard guard = guard(CONTRACT);
    private final List<Guard> others = new ArrayList<>();

    static Action action(String tool, String key) {
        return Action.toolCall(tool)
                .tenant("acme")
                .key(key)
                .run("r-" + key)
                .user("jane@example.com")
                .cost(Money.parse("1.00 USD"))
                .build();
    }

    Guard guard(String contract) {
        return Guard.builder()
                .contract(Contract.parse(contract, "approvals.yaml"))
                .ledger(ledger)
                .signer(key)
                .clock(clock)
                .build();
    }

    Guard another(String contract) {
        Guard other = guard(contract);
        others.add(other);
        return other;
    }

    /** Has an action wait for an approval. */
    Action asked(String tool, String key) {
        Action action = action(tool, key);
        assertThat(guard.decide(action)).isInstanceOf(Decision.RequireApproval.class);
        return action;
    }

    /** Takes so much of the day. */
    void hold(String amount) {
        guard.decide(Action.toolCall("other")
                        .tenant("acme")
                        .cost(Money.parse(amount))
                        .build())
                .orThrow();
    }

    static List<ReasonCode> codes(Decision decision) {
        return decision.reasons().stream().map(reason -> reason.code()).toList();
    }

    Balance day() {
        return guard.balances("acme").get(0);
    }

    List<JsonObject> events(String type) {
        List<JsonObject> found = new ArrayList<>();
        ledger.events("acme", event -> {
            if (event.draft().type().equals(type)) {
                found.add(JsonObject.parse(event.draft().payload()));
            }
        });
        return found;
    }

    List<SealedEvent> events() {
        List<SealedEvent> all = new ArrayList<>();
        ledger.events("acme", all::add);
        return all;
    }

    /** What an auditor finds, after all writers were closed. */
    VerificationReport verify(Path directory) {
        close();
        Path file = directory.resolve("evidence.zip");
        EvidenceExport.from(ledger)
                .contract(Contract.parse(CONTRACT, "approvals.yaml"))
                .priceBook(PriceBook.bundled())
                .write(key, clock, file);
        return Verifier.verify(file, Anchors.of(key.verificationKey()));
    }

    @Override
    public void close() {
        guard.close();
        others.forEach(Guard::close);
    }

    static final class HandClock extends Clock {
        private volatile Instant now = NOON;

        void advance(Duration step) {
            now = now.plus(step);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
