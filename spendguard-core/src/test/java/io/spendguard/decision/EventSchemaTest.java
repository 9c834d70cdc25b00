package io.spendguard.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.KeyRevocation;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.evidence.UnrecordedDecisions;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostState;
import io.spendguard.model.Decision;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.ReasoningEffort;
import io.spendguard.model.Usage;
import io.spendguard.proof.CertifiedSigner;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.Ed25519Signer;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every type of event, as it is really written, has the form the schema gives it, and no member the schema lacks. */
class EventSchemaTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final Schema OPEN = REGISTRY.getSchema(AuditEvent.schema());

    /** The same with nothing allowed that it does not name. */
    private static final Schema CLOSED = REGISTRY.getSchema(AuditEvent.schema()
            .replace("\"type\": \"object\",\n", "\"type\": \"object\", \"unevaluatedProperties\": false,\n")
            .replace("https://spendguard.io/schemas/event/v1", "https://spendguard.io/schemas/event/closed"));

    private final HandClock clock = new HandClock();
    private final IdSource ids = IdSource.timeOrdered(clock, new Random(1));
    private final InMemoryLedger ledger = new InMemoryLedger(clock);
    private final List<String> events = new ArrayList<>();

    @Test
    void everyTypeOfEvent_hasItsForm() throws Exception {
        useEverything();
        ledger.events("acme", event -> add(event.draft().payload()));

        for (String event : events) {
            assertThat(OPEN.validate(event, InputFormat.JSON)).as(event).isEmpty();
            assertThat(CLOSED.validate(event, InputFormat.JSON)).as(event).isEmpty();
        }
        assertThat(types()).containsExactlyInAnyOrderElementsOf(known());
    }

    @Test
    void anythingElse_isRefused() {
        useEverything();
        ledger.events("acme", event -> add(event.draft().payload()));
        String outcome = events.stream()
                .filter(event -> event.contains("\"kind\":\"COMMITTED\""))
                .findFirst()
                .orElseThrow();

        assertThat(OPEN.validate(outcome, InputFormat.JSON)).isEmpty();
        for (String broken : List.of(
                outcome.replace("\"COMMITTED\"", "\"PAID\""),
                outcome.replace("\"final\":true", "\"final\":\"true\""),
                outcome.replace("\"actual\"", "\"actually\""),
                outcome.replace("\"SPENT\"", "\"GONE\""),
                outcome.replace("USD", "dollars"))) {
            assertThat(broken).isNotEqualTo(outcome);
            assertThat(OPEN.validate(broken, InputFormat.JSON)).as(broken).isNotEmpty();
        }
        String more = outcome.replace("\"final\":true", "\"final\":true,\"note\":\"a later version's\"");
        assertThat(OPEN.validate(more, InputFormat.JSON)).isEmpty();
        assertThat(CLOSED.validate(more, InputFormat.JSON)).isNotEmpty();
    }

    private void useEverything() {
        try (CertifiedSigner signer = CertifiedSigner.by(Ed25519Signer.generate())
                        .tenants("acme")
                        .open(clock);
                Guard guard = Guard.builder()
                        .contract(contract(1))
                        .ledger(ledger)
                        .signer(signer)
                        .clock(clock)
                        .build();
                Reconciler reconciler = Reconciler.open(ledger, signer, clock, ids, PATIENCE);
                BudgetOperations operations = BudgetOperations.open(ledger, signer, clock, ids, PATIENCE)) {
            decide(guard, rich("degraded").label("tier", "free")).commit(Usage.of(100, 50));
            guard.decide(tool("wire").key("wire").build());
            guard.approve("acme", "wire", new Approver("Ada", ApproverRole.TENANT_ADMIN), "right");
            decide(guard, tool("wire").key("wire")).release("not needed");
            guard.decide(tool("wire").key("late").run("late").build());
            guard.decide(tool("rerank").build());
            guard.decide(tool("shell").run("stopped").build());
            decide(guard, tool("search").key("released")).release("not needed");
            Permit extended = decide(guard, tool("search").key("extended"));
            extended.extend(Duration.ofHours(2));
            extended.commit(Usage.unknown());
            Permit session = decide(guard, tool("search").key("session"));
            session.commitPart(0, Money.parse("0.0001 USD"));
            session.commitPart(1, Money.parse("0.0001 USD"));
            session.commitPart(2, Money.parse("1000000.00 USD"));
            session.commit(Usage.unknown());
            decide(guard, tool("search").key("expired")).close();
            clock.now = clock.now.plus(Duration.ofHours(13));
            guard.sweep();
            guard.decide(tool("wire").key("late").run("late").build());
            decide(guard, rich("billed")).commit(Usage.of(100, 50));
            reconciler.record(
                    new BilledCall("acme", "billed", Usage.of(110, 50), null, CostState.PROVIDER_REPORTED, "usage-1"));
            decide(guard, rich("billed session")).commitPart(0, Money.parse("0.0001 USD"));
            reconciler.record(new BilledCall(
                    "acme", "billed session", Usage.of(100, 50), null, CostState.PROVIDER_REPORTED, "usage-2"));
            reconciler.refund("acme", "billed", Amount.parse("0.00001 USD"), "refund-1");
            reconciler.openDispute("acme", "billed", Amount.parse("0.00001 USD"), "dispute-1");
            reconciler.resolveDispute("acme", "billed", true, "dispute-1");
            reconciler.compensate("acme", "billed", Amount.parse("0.0002 USD"), "by hand");
            operations.grant(BudgetRef.of("acme", "team"), Amount.parse("5.00 USD"), "conference", null);
            operations.transfer(
                    BudgetRef.of("acme", "team"), BudgetRef.of("acme", "org"), Amount.parse("1.00 USD"), "back", null);
            guard.swap(contract(2));
            Contract beyond = Contract.parse("""
                    apiVersion: spendguard.ai/v1
                    metadata: {name: beyond}
                    spec:
                      requires: {ledger: strong_global}
                      budgets: [{id: calls, limit: 1 calls, window: {type: total}}]
                    """, "beyond.yaml");
            assertThatThrownBy(() -> guard.swap(beyond)).isInstanceOf(RuntimeException.class);
            assertThat(signer.renewIfDue()).isTrue();
            decide(guard, tool("search").key("under the next certificate")).commit(Usage.unknown());
        }
        AccountState open = ledger.accounts("acme", Namespace.ENFORCE).get(0);
        LimitDue due = new LimitDue(open, open.contracted() + 1);
        add(CarryOperation.posting(List.of(due), ids.next(), ids.next(), clock.instant())
                .event()
                .payload());
        Digest some = Digest.sha256(new byte[0]);
        ClosedPeriod period = new ClosedPeriod("acme", 7, some, some, new Checkpoint("example.com/log", 9, some), some);
        AuditEvent closed = AuditEvent.of(EventTypes.PERIOD_CLOSED, ids.next(), "acme", clock.instant())
                .data(AuditEvents.movement(ids.next(), List.of()).put("period", period.toJson()))
                .build();
        add(closed.payload());
        try (EvidenceStatements statements =
                EvidenceStatements.open(ledger, Ed25519Signer.generate(), clock, ids, Duration.ofSeconds(30))) {
            statements.revoke("acme", new KeyRevocation(Ed25519Signer.generate().keyId(), 9, "laptop stolen"));
        }
        UnrecordedDecisions unrecorded = new UnrecordedDecisions();
        unrecorded.add("acme", clock.instant(), false);
        StreamSealer sealer = new StreamSealer(Ed25519Signer.generate(), ids, clock, false, unrecorded);
        sealer.seal(List.of(closed)).forEach(event -> add(event.event().payload()));
        sealer.committed();
        sealer.seal(List.of(closed));
        sealer.sealFence().forEach(fence -> add(fence.event().payload()));
        sealer.fenced();
        sealer.tailsLost(sealer.tails());
        sealer.ledgerTime(clock.instant().plusSeconds(60), Duration.ZERO);
        sealer.seal(List.of(closed)).forEach(event -> add(event.event().payload()));
        sealer.committed();
        new StreamSealer(Ed25519Signer.generate(), ids, clock)
                .sealClosingOf(sealer.tails().get(0), sealer.key().id())
                .forEach(event -> add(event.event().payload()));
    }

    private static Action.Builder rich(String key) {
        return Action.llmCall("openai", "gpt-4o")
                .key(key)
                .tenant("acme")
                .run("r")
                .step("s")
                .agent("a")
                .user("ann@example.com")
                .inputTokens(100)
                .maxOutputTokens(900)
                .reasoningEffort(ReasoningEffort.HIGH)
                .temperature(new BigDecimal("0.7"))
                .topP(new BigDecimal("0.9"))
                .stopSequences(List.of("END"))
                .plannedSteps(4)
                .charge(Amount.parse("2 credits.team"))
                .label("team", "search")
                .personalLabel("customer", "Bob");
    }

    private static Action.Builder tool(String name) {
        return Action.toolCall(name).tenant("acme").run("r").cost(Money.parse("0.01 USD"));
    }

    private static Permit decide(Guard guard, Action.Builder action) {
        return guard.decide(action.build()).orThrow(Decision.Accept.ACCEPT_DEGRADE);
    }

    private static Contract contract(int limit) {
        return Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: everything, tenant: acme}
                spec:
                  models:
                    cheap: {provider: openai, model: gpt-4o-mini}
                  budgets:
                    - {id: org, limit: 9%d.00 USD, window: {type: total}}
                    - {id: team, limit: 1%d.00 USD, window: {type: total}}
                    - {id: day, limit: 100 calls, window: {type: calendar_day, timezone: UTC}, per: user, whenKeyMissing: skip_budget}
                    - {id: team-credits, limit: 100 credits.team, window: {type: total}}
                  rules:
                    - id: cheaper
                      when: has(labels.tier) && labels.tier == "free"
                      at: [llm.call.pre]
                      effect: {decision: degrade, mutate: {modelAlias: cheap, maxOutputTokens: 512, stopSequences: [END, STOP]}}
                      reasonCode: FREE_TIER
                    - id: wire
                      when: has(action.tool) && action.tool == "wire"
                      effect: {decision: require_approval, approval: {role: tenant-admin, ttl: PT30M}}
                      reasonCode: WIRE
                    - id: optional
                      when: has(action.tool) && action.tool == "rerank"
                      effect: {decision: skip, targets: [rerank]}
                      reasonCode: OPTIONAL
                    - id: shell
                      when: has(action.tool) && action.tool == "shell"
                      effect: stop
                      reasonCode: SHELL
                """.formatted(limit, limit), "everything.yaml");
    }

    private void add(byte[] payload) {
        events.add(new String(payload, StandardCharsets.UTF_8));
    }

    private Set<String> types() {
        return events.stream()
                .map(event ->
                        JsonObject.parse(event.getBytes(StandardCharsets.UTF_8)).string("type"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> known() throws IllegalAccessException {
        Set<String> known = new TreeSet<>();
        for (Field field : EventTypes.class.getFields()) {
            known.add((String) field.get(null));
        }
        return known;
    }

    private static final class HandClock extends Clock {
        private Instant now = Instant.parse("2026-11-23T12:00:00Z");

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
