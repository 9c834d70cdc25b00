package io.spendguard.test;

import static io.spendguard.model.Decision.Accept.ACCEPT_DEGRADE;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.BudgetOperations;
import io.spendguard.decision.BudgetRef;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.decision.Reconciler;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostState;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seldom done and may be: whatever it was, its evidence verifies, and every cost that usage made is re-derived. */
class OddOperationsTest {
    private static final Approver LEAD = new Approver("Lea Lead", ApproverRole.TEAM_LEAD);

    @TempDir
    Path folder;

    private final GuardLab lab = new GuardLab();
    private final Set<Contract> contracts = new LinkedHashSet<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void evidenceVerifies() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        Path file = folder.resolve("evidence.zip");
        EvidenceExport export = EvidenceExport.from(lab.ledger()).priceBook(PriceBook.bundled());
        contracts.forEach(export::contract);
        export.write(lab.key(), lab.clock(), file);

        VerificationReport report = Verifier.verify(file, Anchors.of(lab.key().verificationKey()));

        assertThat(report.findings()).isEmpty();
        assertThat(report.money()).isEqualTo(VerificationReport.Money.FULL);
        assertThat(report.costs().unproved()).isZero();
    }

    @Test
    void session_whoseEndNobodyTold_billedByItsProvider() {
        Guard guard = guard("- {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}");
        Permit permit = guard.decide(call("a")).orThrow();
        permit.commitPart(0, Usage.of(4_000, 0));
        permit.commitPart(1, Money.parse("0.005 USD"));

        reconciler().record(billed("a", Usage.of(8_000, 1_000), null));

        assertThat(guard.balances("acme").get(0).spent()).isEqualTo(Amount.parse("0.03 USD"));
    }

    @Test
    void session_thatExpired_toldByItsHolderAfterwards_andBilled() {
        Guard guard = guard("- {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}");
        Permit permit = guard.decide(call("a")).orThrow();
        permit.commitPart(0, Usage.of(4_000, 0));
        permit.extend(Duration.ofMinutes(20), Usage.of(9_000, 2_000));
        lab.clock().advance(Duration.ofHours(1));
        guard.sweep();
        permit.commit(Usage.of(100, 100));
        reconciler().record(billed("a", Usage.unknown(), "0.02 USD"));
        reconciler().refund("acme", "a", Amount.parse("0.01 USD"), "credit note");
    }

    @Test
    void budgetsInEveryUnit_committedCountedCutReleasedAndExpired() {
        Guard guard = guard("""
                - {id: usd, limit: 1.00 USD, window: {type: rolling, length: PT24H, buckets: 4}}
                - {id: calls, limit: 100 calls, window: {type: calendar_week, timezone: Europe/Berlin}}
                - {id: in, limit: 900000 tokens.input, window: {type: calendar_day, timezone: UTC}}
                - {id: out, limit: 900000 tokens.output, window: {type: run}}
                - {id: all, limit: 900000 tokens.total, window: {type: total}}
                - {id: credits, limit: 50 credits.team, window: {type: total}}\
                """);
        guard.decide(call("a")).orThrow().commit(Usage.of(7_000, 900));
        guard.decide(call("b")).orThrow().commit(Usage.unknown());
        guard.decide(call("c")).orThrow().commitCounted(Usage.of(7_000, 300));
        guard.decide(call("d")).orThrow().release("not sent");
        guard.decide(call("e")).orThrow().commit(Money.parse("0.01 USD"));
        Permit extended = guard.decide(call("f")).orThrow();
        extended.extend(Duration.ofMinutes(20), Usage.of(9_000, 3_000));
        extended.commitPart(0, Usage.of(1_000, 10));
        extended.commitCounted(Usage.of(8_000, 2_500));
        Permit late = guard.decide(call("g")).orThrow();
        guard.decide(call("h")).orThrow();
        guard.decide(Action.toolCall("free").run("r").key("i").build())
                .orThrow()
                .commit(Money.parse("0.02 USD"));
        guard.decide(Action.toolCall("paid")
                        .charge(Amount.parse("3 credits.team"))
                        .run("r")
                        .build())
                .orThrow()
                .commit(Usage.unknown());
        lab.clock().advance(Duration.ofHours(7));
        guard.sweep();
        late.commit(Usage.of(100, 10));
        lab.clock().advance(Duration.ofHours(30));
        guard.decide(call("j")).orThrow().commit(Usage.of(8_000, 1_000));
        reconciler().refund("acme", "a", Amount.parse("0.01 USD"), "too late");
    }

    @Test
    void overrun_absorbedByTheNextWindows_andBlockedUntilGranted() {
        Guard guard = guard("""
                - id: absorbing
                  limit: 0.10 USD
                  window: {type: calendar_day, timezone: UTC}
                  overrunPolicy: {type: absorb_in_next_window, share: 50%}
                - id: blocking
                  limit: 0.40 USD
                  window: {type: rolling, length: PT24H, buckets: 4}
                  overrunPolicy: block_until_resolved\
                """);
        guard.decide(tool("a", "0.10 USD")).orThrow().commit(Money.parse("0.22 USD"));
        for (int day = 0; day < 3; day++) {
            lab.clock().advance(Duration.ofDays(1));
            guard.decide(tool("d" + day, "0.01 USD")).orThrow().commit(Money.parse("0.01 USD"));
        }
        guard.decide(tool("b", "0.05 USD")).orThrow().commit(Money.parse("0.60 USD"));
        lab.clock().advance(Duration.ofDays(2));
        assertThat(guard.decide(tool("c", "0.01 USD")).effect()).isEqualTo(Effect.STOP);
        operations().grant(BudgetRef.of("acme", "blocking"), Amount.parse("0.22 USD"), "overrun", null);
        guard.decide(tool("e", "0.01 USD"));
    }

    @Test
    void limits_loweredAndRaisedWhileCallsRun_byTwoGuards_andAnotherWindow() {
        Guard one = guard("- {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}");
        Permit running = one.decide(tool("a", "0.80 USD")).orThrow();
        Guard two = guard("- {id: day, limit: 0.50 USD, window: {type: calendar_day, timezone: UTC}}");
        assertThat(two.decide(tool("b", "0.10 USD")).effect()).isEqualTo(Effect.STOP);
        running.commit(Money.parse("0.90 USD"));
        one.swap(contract("enforce", "- {id: day, limit: 2.00 USD, window: {type: calendar_day, timezone: UTC}}", ""));
        one.decide(tool("c", "0.10 USD")).orThrow().release("no");
        one.swap(
                contract("enforce", "- {id: day, limit: 3.00 USD, window: {type: calendar_month, timezone: UTC}}", ""));
        one.decide(tool("d", "0.10 USD")).orThrow().commit(Money.parse("0.10 USD"));
        lab.clock().advance(Duration.ofDays(1));
        two.decide(tool("e", "0.10 USD"));
        one.decide(tool("f", "0.10 USD"));
    }

    @Test
    void degraded_inEarnestAndWatched() {
        String rules = """
                  rules:
                    - id: cheap
                      at: [llm.call.pre]
                      when: "true"
                      effect:
                        decision: degrade
                        mutate: {modelAlias: cheap, maxOutputTokens: 500, reasoningEffort: low, temperature: 0.5, stopSequences: [END]}
                      reasonCode: CHEAP
                """;
        for (String mode : List.of("enforce", "shadow")) {
            Contract contract =
                    contract(mode, "- {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}", rules);
            Guard guard = lab.guard(contract);
            open.add(guard);
            Decision decision = guard.decide(call("a").toBuilder()
                    .user("ann")
                    .label("team", "red")
                    .stopSequences(List.of("STOP"))
                    .build());
            decision.orThrow(ACCEPT_DEGRADE).commit(Usage.of(8_000, 400));
        }
    }

    @Test
    void degraded_andStoppedAllTheSame() {
        String rules = """
                  rules:
                    - id: cheap
                      at: [llm.call.pre]
                      when: "true"
                      effect:
                        decision: degrade
                        mutate: {modelAlias: cheap}
                      reasonCode: CHEAP
                """;
        Guard guard = lab.guard(contract("enforce", "- {id: day, limit: 0.001 USD, window: {type: run}}", rules));
        open.add(guard);

        assertThat(guard.decide(call("a")).effect()).isEqualTo(Effect.STOP);
    }

    @Test
    void extensions_grantedRefusedRepeatedAndBetweenParts() {
        Guard guard = guard("""
                - {id: usd, limit: 0.30 USD, window: {type: rolling, length: PT24H, buckets: 4}}
                - {id: calls, limit: 100 calls, window: {type: total}}\
                """);
        Permit permit = guard.decide(call("a")).orThrow();
        assertThat(permit.extend(Duration.ofMinutes(1)).isGranted()).isTrue();
        assertThat(permit.extend(Duration.ofHours(3), Usage.of(8_000, 3_000)).isGranted())
                .isTrue();
        assertThat(permit.extend(Duration.ofMinutes(5), Money.parse("9 USD")).isGranted())
                .isFalse();
        permit.commitPart(7, Usage.of(8_000, 100));
        permit.commitPart(3, Usage.of(16_000, 1_000));
        assertThat(permit.commitPart(9, Money.parse("5 USD")).isCommitted()).isFalse();
        assertThat(permit.extend(Duration.ofHours(1), Usage.of(100, 100)).isGranted())
                .isTrue();
        permit.commitPart(4, Usage.of(100, 0));
        permit.commitCounted(Usage.of(100, 100));
    }

    @Test
    void estimates_ofEveryMethod() {
        Guard guard = guard("""
                - {id: usd, limit: 9.00 USD, window: {type: total}}
                - {id: credits, limit: 50 credits.team, window: {type: total}}\
                """);
        Action capped = call("a");
        guard.decide(capped).orThrow().commit(Usage.of(8_000, 1_000));
        guard.decide(capped.toBuilder().key("b").maxOutputTokens(900_000).build())
                .orThrow()
                .commit(Usage.of(8_000, 1_000));
        guard.decide(capped.toBuilder().key("c").cost(Money.parse("0.01 USD")).build())
                .orThrow()
                .commit(Usage.of(8_000, 1_000));
        guard.decide(Action.llmCall("openai", "gpt-4o")
                        .key("d")
                        .inputTokens(127_990)
                        .build())
                .orThrow()
                .commit(Usage.unknown());
        guard.decide(tool("e", "0.01 USD").toBuilder()
                        .charge(Amount.parse("2 credits.team"))
                        .build())
                .orThrow()
                .release("no");
        guard.decide(Action.toolCall("free").key("f").build()).orThrow().commit(Usage.unknown());
        guard.decide(Action.of(ActionKind.RUN).key("g").run("r").build());
        Guard counting = guard("- {id: calls, limit: 9 calls, window: {type: total}}");
        counting.decide(Action.llmCall("nobody", "knows")
                        .key("h")
                        .inputTokens(5)
                        .build())
                .orThrow()
                .commit(Usage.unknown());
    }

    @Test
    void watched_refusedApprovedAndSession() {
        String rules = """
                  rules:
                    - {id: ask, when: has(action.tool) && action.tool == "wire", effect: require_approval, reasonCode: ASK}
                """;
        Contract contract =
                contract("shadow", "- {id: day, limit: 0.05 USD, window: {type: calendar_day, timezone: UTC}}", rules);
        Guard guard = lab.guard(contract);
        open.add(guard);
        guard.decide(Action.toolCall("wire")
                        .key("w")
                        .cost(Money.parse("0.01 USD"))
                        .build())
                .orThrow()
                .commit(Money.parse("0.02 USD"));
        Permit refused = guard.decide(tool("a", "0.90 USD")).orThrow();
        refused.commitPart(0, Money.parse("0.10 USD"));
        refused.extend(Duration.ofMinutes(5));
        refused.commit(Money.parse("0.80 USD"));
        guard.decide(tool("b", "0.90 USD")).orThrow().release("no");
    }

    @Test
    void approvals_askedInRunsAndAnsweredEachWay() {
        String rules = """
                  rules:
                    - id: ask
                      when: has(action.tool) && action.tool == "wire"
                      effect: {decision: require_approval, approval: {role: team-lead, ttl: PT1H, fallback: continue}}
                      reasonCode: ASK
                    - id: cheap
                      at: [llm.call.pre]
                      when: "true"
                      effect: {decision: require_approval, approval: {role: team-lead, ttl: PT1H, fallback: stop}}
                      reasonCode: ASK
                """;
        Contract contract =
                contract("enforce", "- {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}", rules);
        Guard guard = lab.guard(contract);
        open.add(guard);
        for (String key : List.of("yes", "no", "silence", "mute")) {
            guard.decide(asked(key));
        }
        guard.approve("acme", "yes", LEAD, "right");
        guard.deny("acme", "no", LEAD, "wrong");
        guard.decide(asked("yes")).orThrow().commit(Money.parse("0.10 USD"));
        guard.decide(asked("yes"));
        guard.decide(asked("no"));
        lab.clock().advance(Duration.ofHours(2));
        guard.decide(asked("silence")).orThrow().commit(Money.parse("0.10 USD"));
        guard.swap(contract(
                "enforce", "- {id: day, limit: 2.00 USD, window: {type: calendar_day, timezone: UTC}}", rules));
        guard.decide(asked("mute"));
    }

    @Test
    void keys_calledLikeBuckets_underAParent() {
        Guard guard = guard("""
                - {id: usd, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                - id: team
                  limit: 0.10 USD
                  per: label.team
                  parent: usd
                  window: {type: calendar_day, timezone: UTC}
                  overrunPolicy: {type: absorb_in_next_window, share: 100%}\
                """);
        for (String team : List.of("~bucket", "red/~bucket", "red")) {
            guard.decide(tool("a" + team, "0.10 USD").toBuilder()
                            .label("team", team)
                            .build())
                    .orThrow()
                    .commit(Money.parse("0.12 USD"));
        }
        lab.clock().advance(Duration.ofDays(1));
        for (String team : List.of("~bucket", "red/~bucket", "red")) {
            guard.decide(
                    tool("b" + team, "0.01 USD").toBuilder().label("team", team).build());
        }
    }

    @Test
    void layers_aTenantsUnderTheOrganisations_swapped() {
        Contract base = contract("enforce", "- {id: org, limit: 1.00 USD, window: {type: total}}", "");
        Guard guard = null;
        for (String limit : List.of("0.50 USD", "0.30 USD")) {
            Contract both = base.withLayer("""
                    apiVersion: spendguard.ai/v1
                    metadata: {name: team, tenant: acme}
                    spec:
                      budgets:
                        - {id: team, limit: %s, window: {type: calendar_day, timezone: UTC}}
                    """.formatted(limit), "team.yaml");
            contracts.add(both);
            if (guard == null) {
                guard = lab.guard(both);
                open.add(guard);
            } else {
                guard.swap(both);
            }
            guard.decide(tool("a" + limit, "0.10 USD")).orThrow().commit(Money.parse("0.10 USD"));
        }
    }

    @Test
    void currencies_besideEachOther() {
        Guard guard = guard("""
                - {id: usd, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: eur, limit: 1.00 EUR, window: {type: rolling, length: PT24H}}\
                """);
        guard.decide(tool("a", "0.10 EUR")).orThrow().commit(Usage.unknown());
        guard.decide(call("b")).orThrow().commit(Usage.of(7_000, 10));
        guard.decide(call("c"));
        lab.clock().advance(Duration.ofHours(30));
        guard.sweep();
        guard.decide(tool("d", "0.10 EUR"));
    }

    private static Action asked(String key) {
        return Action.toolCall("wire")
                .key(key)
                .user("ann")
                .run("run of " + key)
                .cost(Money.parse("0.10 USD"))
                .build();
    }

    private static Action tool(String key, String cost) {
        return Action.toolCall("t").key(key).cost(Money.parse(cost)).build();
    }

    private static Action call(String key) {
        return Action.llmCall("openai", "gpt-4o")
                .inputTokens(8_000)
                .maxOutputTokens(1_000)
                .charge(Amount.parse("2 credits.team"))
                .run("r")
                .key(key)
                .build();
    }

    private static BilledCall billed(String key, Usage usage, String cost) {
        return new BilledCall(
                "acme", key, usage, cost == null ? null : Money.parse(cost), CostState.INVOICED, "invoice 7");
    }

    private Reconciler reconciler() {
        Reconciler reconciler = Reconciler.open(lab.ledger(), lab.key(), lab.clock(), ids(), Duration.ofSeconds(30));
        open.add(reconciler);
        return reconciler;
    }

    private BudgetOperations operations() {
        BudgetOperations operations =
                BudgetOperations.open(lab.ledger(), lab.key(), lab.clock(), ids(), Duration.ofSeconds(30));
        open.add(operations);
        return operations;
    }

    private IdSource ids() {
        return IdSource.timeOrdered(lab.clock(), new Random(open.size()));
    }

    private Guard guard(String budgets) {
        Guard guard = lab.guard(contract("enforce", budgets, ""));
        open.add(guard);
        return guard;
    }

    private Contract contract(String mode, String budgets, String rules) {
        Contract contract =
                Contract.parse("""
                apiVersion: spendguard.ai/v1
                metadata: {name: odd, tenant: acme}
                spec:
                  mode: %s
                  models:
                    cheap: {provider: openai, model: gpt-4o-mini}
                  budgets:
                %s
                %s""".formatted(mode, budgets.strip().indent(4).stripTrailing(), rules), "odd.yaml");
        contracts.add(contract);
        return contract;
    }
}
