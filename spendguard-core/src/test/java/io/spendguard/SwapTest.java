package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.bundle.BundleException;
import io.spendguard.bundle.ContractBundle;
import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.EnforcementStrength;
import io.spendguard.contract.LedgerStrength;
import io.spendguard.contract.Requirements;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contracts that come into force while decisions go on, and contracts that do not. */
class SwapTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String WIDE = contract("1.00 USD", "");
    private static final String NARROW = contract("0.50 USD", "");
    private static final String NO_SHELL = contract("1.00 USD", """
              rules:
                - {id: no_shell, at: [tool.call.pre], when: action.tool == "shell", effect: stop, reasonCode: FORBIDDEN}
            """);
    private static final String FAULTY = contract("1.00 USD", """
              rules:
                - {id: typo, at: [tool.call.pre], when: action.tol == "shell", effect: stop, reasonCode: FORBIDDEN}
            """);

    @TempDir
    Path folder;

    private final Ed25519Signer signer = Ed25519Signer.generate();
    private final Ed25519Signer author = Ed25519Signer.generate();
    private final Anchors trusted = Anchors.of(author.verificationKey());
    private final InMemoryLedger memory = new InMemoryLedger(NOON);
    private final FailingLedger ledger = new FailingLedger(memory);
    private final Guard guard = Guard.builder()
            .contract(Contract.parse(WIDE, "wide.yaml"))
            .ledger(ledger.view())
            .signer(signer)
            .clock(NOON)
            .build();

    @AfterEach
    void evidenceVerifies() {
        guard.close();
        if (memory.tenants().isEmpty()) {
            return; // A test about bundles alone.
        }
        Path file = folder.resolve("evidence.zip");
        EvidenceExport export = EvidenceExport.from(memory).priceBook(PriceBook.bundled());
        List.of(WIDE, NARROW, NO_SHELL).forEach(text -> export.contract(Contract.parse(text, "c.yaml")));
        List.of(contractOf(1, "1.00 USD"), contractOf(2, "0.50 USD"), contractOf(3, "1.00 USD"))
                .forEach(export::contract);
        export.write(signer, NOON, file);
        assertThat(Verifier.verify(file, Anchors.of(signer.verificationKey())).findings())
                .isEmpty();
    }

    @Test
    void swap_newLimit_countsWhatWasSpentBefore() {
        spend("acme", "0.40 USD");

        guard.swap(Contract.parse(NARROW, "narrow.yaml"));

        assertThat(spend("acme", "0.20 USD")).isEqualTo(Effect.STOP);
        assertThat(guard.balances("acme"))
                .singleElement()
                .returns(Amount.parse("0.50 USD"), Balance::limit)
                .returns(Amount.parse("0.40 USD"), Balance::spent);
        assertThat(events("acme", EventTypes.CONTRACT_ACTIVATED))
                .extracting(data -> data.stringOrNull("replaces"))
                .containsExactly(null, digest(WIDE));
    }

    /** To every account of a budget limits are carried in one transaction: given up after five seconds it would never be done. */
    @Test
    void decide_firstOfATenant_letsTheLedgerTryLongerThanItWaits() {
        spend("acme", "0.40 USD");

        assertThat(ledger.tried(OperationKind.DECIDE)).isLessThanOrEqualTo(Duration.ofSeconds(5));
        assertThat(ledger.tried(OperationKind.ACTIVATE)).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void swap_permitDecidedBefore_isSettledUnderTheContractItBeganWith() {
        Permit permit = decide("acme", "search", "0.40 USD").orThrow();

        guard.swap(Contract.parse(NARROW, "narrow.yaml"));
        permit.commit(Money.parse("0.30 USD"));

        assertThat(events("acme", EventTypes.OUTCOME))
                .extracting(data -> data.string("contract"))
                .containsExactly(digest(WIDE));
        assertThat(decide("acme", "search", "0.01 USD").contract().hex()).isEqualTo(digest(NARROW));
    }

    @Test
    void guardOfALowerRevision_startedLater_leavesTheLimitsOfTheHigherOne() {
        Contract newer = contractOf(2, "0.50 USD");
        Contract older = contractOf(1, "1.00 USD");
        try (Guard first = guard(older)) {
            first.decide(priced("0.40 USD")).orThrow().commit(Money.parse("0.40 USD"));
        }
        try (Guard rolledOut = guard(newer)) {
            assertThat(rolledOut.decide(priced("0.20 USD")).effect()).isEqualTo(Effect.STOP);
        }
        // Started again, with the file it had.
        try (Guard straggler = guard(older)) {
            assertThat(straggler.decide(priced("0.20 USD")).effect()).isEqualTo(Effect.STOP);
            assertThat(straggler.balances("acme")).singleElement().returns(Amount.parse("0.50 USD"), Balance::limit);
        }
        try (Guard backOnPurpose = guard(contractOf(3, "1.00 USD"))) {
            assertThat(backOnPurpose.decide(priced("0.20 USD")).effect()).isEqualTo(Effect.CONTINUE);
        }

        List<JsonObject> activations = events("acme", EventTypes.CONTRACT_ACTIVATED);
        assertThat(activations).extracting(data -> data.integer("revision")).containsExactlyInAnyOrder(1L, 1L, 2L, 3L);
        List<JsonObject> outranked =
                activations.stream().filter(data -> data.has("outranked")).toList();
        assertThat(outranked).hasSize(1);
        assertThat(outranked.get(0).objects("limits")).isEmpty();
        assertThat(outranked.get(0).objects("outranked"))
                .singleElement()
                .returns("all", kept -> kept.string("budget"))
                .returns(2L, kept -> kept.integer("revision"));
    }

    @Test
    void swap_lowerRevision_isRefusedAndSaysHowToGoBack() {
        guard.swap(contractOf(2, "0.50 USD"));
        spend("acme", "0.10 USD");

        assertThatThrownBy(() -> guard.swap(contractOf(1, "1.00 USD")))
                .isInstanceOf(ContractException.class)
                .hasMessageContaining("metadata.revision: is 1, but the contract in force has 2")
                .hasMessageContaining("Raise it, also to go back to what was before.");
        assertThatThrownBy(() -> guard.swap(Contract.parse(WIDE, "wide.yaml")))
                .isInstanceOf(ContractException.class)
                .hasMessageContaining("metadata.revision: there is none");

        assertThat(events("acme", EventTypes.CONTRACT_REJECTED)).hasSize(2);
        assertThat(guard.balances("acme")).singleElement().returns(Amount.parse("0.50 USD"), Balance::limit);
        guard.swap(contractOf(3, "1.00 USD"));
        assertThat(guard.balances("acme")).singleElement().returns(Amount.parse("1.00 USD"), Balance::limit);
    }

    @Test
    void swap_tenantNeverSeenBefore_startsUnderTheNewContract() {
        guard.swap(Contract.parse(NARROW, "narrow.yaml"));

        assertThat(spend("globex", "0.60 USD")).isEqualTo(Effect.STOP);
    }

    @Test
    void swap_contractThatCannotBeEnforced_leavesTheOneBeforeAndSaysSo() {
        spend("acme", "0.40 USD");
        Contract unpriced = Contract.parse(contract("1.00 USD", """
                  models:
                    cheap: {provider: nobody, model: knows}
                  rules:
                    - id: cheaper
                      at: [llm.call.pre]
                      when: "true"
                      effect: {decision: degrade, mutate: {modelAlias: cheap}}
                      reasonCode: CHEAPER
                """), "unpriced.yaml");

        assertThatThrownBy(() -> guard.swap(unpriced)).isInstanceOf(ContractException.class);

        assertThat(decide("acme", "search", "0.01 USD").contract().hex()).isEqualTo(digest(WIDE));
        assertThat(events("acme", EventTypes.CONTRACT_REJECTED)).singleElement().satisfies(data -> {
            assertThat(data.string("contract")).isEqualTo(digest(WIDE));
            assertThat(data.string("rejected")).isEqualTo("swapped");
            assertThat(data.string("fault")).contains("no price");
        });
    }

    @Test
    void swap_ledgerThatFailsForOneTenant_leavesTheOldLimitsEverywhere() {
        spend("acme", "0.10 USD");
        spend("globex", "0.10 USD");
        ledger.failActivationsOf("globex");

        assertThatThrownBy(() -> guard.swap(Contract.parse(NARROW, "narrow.yaml")))
                .isInstanceOf(LedgerUnavailableException.class);

        ledger.failActivationsOf("nobody");
        assertThat(spend("acme", "0.90 USD")).isEqualTo(Effect.CONTINUE);
        assertThat(spend("globex", "0.90 USD")).isEqualTo(Effect.CONTINUE);
    }

    @Test
    void swap_ledgerThatAnswersAfterItWasGivenUp_leavesTheOldLimitsToo() {
        try (Guard impatient = Guard.builder()
                .contract(Contract.parse(WIDE, "wide.yaml"))
                .ledger(ledger.view())
                .signer(signer)
                .clock(NOON)
                .patience(Duration.ofMillis(200))
                .build()) {
            assertThat(impatient
                            .decide(Action.toolCall("search")
                                    .tenant("acme")
                                    .cost(Money.parse("0.10 USD"))
                                    .build())
                            .effect())
                    .isEqualTo(Effect.CONTINUE);
            ledger.silenceActivationsOf("acme");
            assertThatThrownBy(() -> impatient.swap(Contract.parse(NARROW, "narrow.yaml")))
                    .isInstanceOf(LedgerUnavailableException.class);
            assertThat(impatient.balances("acme")).extracting(Balance::limit).containsExactly(Amount.parse("0.50 USD"));

            ledger.speak();

            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (!impatient.balances("acme").get(0).limit().equals(Amount.parse("1.00 USD"))) {
                assertThat(System.nanoTime()).isLessThan(end);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void swap_whileManyDecide_eachDecisionIsWhollyUnderOneContract() throws Exception {
        AtomicBoolean goesOn = new AtomicBoolean(true);
        ExecutorService callers = Executors.newFixedThreadPool(4);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String tenant = "tenant-" + i;
            running.add(callers.submit(() -> {
                while (goesOn.get()) {
                    Decision decision = decide(tenant, "shell", "0.01 USD");
                    boolean isRefused = decision.effect() == Effect.STOP
                            && decision.reasons().get(0).code().value().equals("FORBIDDEN");
                    assertThat(isRefused).isEqualTo(decision.contract().hex().equals(digest(NO_SHELL)));
                    if (decision instanceof Decision.Allowed allowed) {
                        allowed.permit().release("test");
                    }
                }
            }));
        }
        List<Contract> contracts =
                List.of(Contract.parse(NO_SHELL, "no-shell.yaml"), Contract.parse(WIDE, "wide.yaml"));
        for (int i = 0; i < 40; i++) {
            guard.swap(contracts.get(i % 2));
        }
        goesOn.set(false);
        callers.shutdown();

        for (Future<?> caller : running) {
            caller.get(1, TimeUnit.MINUTES);
        }
        guard.swap(Contract.parse(NARROW, "narrow.yaml"));
        for (int i = 0; i < 4; i++) {
            assertThat(spend("tenant-" + i, "0.60 USD")).isEqualTo(Effect.STOP);
        }
    }

    @Test
    void swap_bundle_comesIntoForce() {
        spend("acme", "0.10 USD");

        guard.swap(bundle(NARROW, PriceBook.bundled(), author), trusted);

        assertThat(decide("acme", "search", "0.01 USD").contract().hex()).isEqualTo(digest(NARROW));
    }

    @Test
    void swap_bundleOfAnUntrustedKey_isRecordedAndRefused() {
        spend("acme", "0.10 USD");
        Path bundle = bundle(NARROW, PriceBook.bundled(), Ed25519Signer.generate());

        assertRefused(bundle, BundleException.class, "which is not trusted");
    }

    @Test
    void swap_bundleThatWasChanged_isRecordedAndRefused() throws Exception {
        spend("acme", "0.10 USD");
        Path bundle = bundle(NARROW, PriceBook.bundled(), author);
        Files.writeString(bundle, Files.readString(bundle).replace("0.50 USD", "9.50 USD"));

        assertRefused(bundle, BundleException.class, "it was changed after it was signed");
    }

    @Test
    void swap_bundleForOtherPrices_isRecordedAndRefused() {
        spend("acme", "0.10 USD");
        PriceBook other = PriceBook.parse("""
                {"format": "spendguard.prices.v1", "version": "other", "entries": [
                  {"provider": "openai", "model": "gpt-4o", "from": "2024-10-02T00:00:00Z", "currency": "USD",
                   "perMillionTokens": {"input": "2.50", "cacheRead": "1.25", "output": "10.00"},
                   "contextWindow": 128000, "maxOutputTokens": 16384, "source": "test"}]}
                """.getBytes(StandardCharsets.UTF_8), "other");

        assertRefused(bundle(NARROW, other, author), BundleException.class, "was signed for price book");
    }

    @Test
    void swap_noSuchBundle_isRecordedAndRefused() {
        spend("acme", "0.10 USD");

        assertRefused(folder.resolve("none.json"), BundleException.class, "cannot be read");
    }

    @Test
    void swap_beforeAnyDecision_recordsARefusalForTheContractsOwnTenant() {
        try (Guard own = Guard.builder()
                .contract(Contract.parse(WIDE.replace("{name: swapped}", "{name: own, tenant: acme}"), "own.yaml"))
                .ledger(new InMemoryLedger(NOON))
                .signer(signer)
                .clock(NOON)
                .build()) {
            assertThatThrownBy(() -> own.swap(folder.resolve("none.json"), trusted))
                    .isInstanceOf(BundleException.class);

            List<String> types = new ArrayList<>();
            own.ledger().events("acme", event -> types.add(event.draft().type()));
            assertThat(types).contains(EventTypes.CONTRACT_REJECTED);
        }
    }

    @Test
    void build_contractThatRequiresMore_isRefusedWithAnAuditEvent() {
        InMemoryLedger own = new InMemoryLedger(NOON);
        Contract demanding = Contract.parse(
                contract("1.00 USD", "  requires: {ledger: strong_global, enforcement: egress_proxy_hard_block}\n")
                        .replace("{name: swapped}", "{name: demanding, tenant: acme}"),
                "demanding.yaml");

        assertThatThrownBy(() -> Guard.builder()
                        .contract(demanding)
                        .ledger(own)
                        .signer(signer)
                        .clock(NOON)
                        .build())
                .isInstanceOf(ContractException.class)
                .hasMessageContaining("spec.requires.ledger: 'ledger' requires strong_global, but the guard's is"
                        + " single_writer_per_budget")
                .hasMessageContaining("spec.requires.enforcement: 'enforcement' requires egress_proxy_hard_block, but a"
                        + " library in the application is semantic_adapter");

        List<JsonObject> rejected = new ArrayList<>();
        own.events("acme", event -> {
            if (event.draft().type().equals(EventTypes.CONTRACT_REJECTED)) {
                rejected.add(JsonObject.parse(event.draft().payload()).object("data"));
            }
        });
        assertThat(rejected).singleElement().satisfies(data -> {
            assertThat(data.string("rejected")).isEqualTo("demanding");
            assertThat(data.has("contract")).isFalse();
        });
    }

    @Test
    void swap_toAContractThatRequiresMore_leavesTheOneBefore() {
        spend("acme", "0.10 USD");
        Contract demanding =
                Contract.parse(contract("1.00 USD", "  requires: {ledger: strong_global}\n"), "demanding.yaml");

        assertThatThrownBy(() -> guard.swap(demanding)).isInstanceOf(ContractException.class);

        assertThat(decide("acme", "search", "0.01 USD").contract().hex()).isEqualTo(digest(WIDE));
        assertThat(events("acme", EventTypes.CONTRACT_REJECTED)).hasSize(1);
    }

    @Test
    void layer_canOnlyRequireMore() {
        Contract base = Contract.parse(contract("1.00 USD", "  requires: {ledger: strong_global}\n"), "base.yaml");
        String layer = contract("1.00 USD", "  requires: {enforcement: semantic_adapter}\n")
                .replace("id: all", "id: own");

        assertThat(base.withLayer(layer, "layer.yaml").requirements())
                .isEqualTo(new Requirements(LedgerStrength.STRONG_GLOBAL, EnforcementStrength.SEMANTIC_ADAPTER));
        assertThat(base.digest().hex()).isNotEqualTo(digest(WIDE));
    }

    @Test
    void sign_contractWithFaults_isRefused() {
        assertThatThrownBy(() -> bundle(FAULTY, PriceBook.bundled(), author)).isInstanceOf(ContractException.class);
    }

    @Test
    void bundle_ofAContractAndItsLayer_hasTheMeaningOfBoth() {
        String layer =
                NARROW.replace("id: all", "id: tenant").replace("{name: swapped}", "{name: layer, tenant: acme}");
        ContractBundle signed = ContractBundle.sign(
                List.of(
                        new ContractBundle.Document("base.yaml", WIDE),
                        new ContractBundle.Document("acme.yaml", layer)),
                PriceBook.bundled(),
                NOON.instant(),
                author);
        Path file = folder.resolve("layered.json");
        signed.write(file);

        ContractBundle loaded = ContractBundle.load(file, trusted);

        assertThat(loaded.contract().digest())
                .isEqualTo(Contract.parse(WIDE, "b").withLayer(layer, "l").digest());
        assertThat(loaded.digest()).isEqualTo(signed.digest());
        assertThat(loaded.issuedAt()).isEqualTo(NOON.instant());
        assertThat(loaded.keyId()).isEqualTo(author.keyId());
        assertThatThrownBy(() -> signed.write(file))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("cannot be written");
    }

    @Test
    void build_withABundleForOtherPrices_isRefused() {
        ContractBundle signed = ContractBundle.load(bundle(WIDE, PriceBook.bundled(), author), trusted);

        assertThat(signed.priceBook()).isEqualTo(PriceBook.bundled().digest());
        Guard.builder()
                .bundle(signed)
                .ledger(new InMemoryLedger(NOON))
                .signer(signer)
                .build()
                .close();
        assertThatThrownBy(() -> Guard.builder()
                        .bundle(signed)
                        .ledger(new InMemoryLedger(NOON))
                        .signer(signer)
                        .prices(PriceBook.parse(
                                "{\"format\": \"spendguard.prices.v1\", \"version\": \"none\", \"entries\": []}"
                                        .getBytes(StandardCharsets.UTF_8),
                                "none"))
                        .build())
                .isInstanceOf(BundleException.class);
    }

    private void assertRefused(Path bundle, Class<? extends Exception> type, String fault) {
        assertThatThrownBy(() -> guard.swap(bundle, trusted)).isInstanceOf(type).hasMessageContaining(fault);

        assertThat(decide("acme", "search", "0.01 USD").contract().hex()).isEqualTo(digest(WIDE));
        assertThat(events("acme", EventTypes.CONTRACT_REJECTED))
                .singleElement()
                .satisfies(data -> assertThat(data.string("fault")).contains(fault));
    }

    private Path bundle(String contract, PriceBook prices, Ed25519Signer by) {
        Path file = folder.resolve("bundle.json");
        ContractBundle.sign(List.of(new ContractBundle.Document("next.yaml", contract)), prices, NOON.instant(), by)
                .write(file);
        return file;
    }

    private Decision decide(String tenant, String tool, String cost) {
        return guard.decide(
                Action.toolCall(tool).tenant(tenant).cost(Money.parse(cost)).build());
    }

    private Effect spend(String tenant, String cost) {
        Decision decision = decide(tenant, "search", cost);
        if (decision instanceof Decision.Allowed allowed) {
            allowed.permit().commit(Money.parse(cost));
        }
        return decision.effect();
    }

    private List<JsonObject> events(String tenant, String type) {
        List<JsonObject> found = new ArrayList<>();
        memory.events(tenant, event -> {
            EventDraft draft = event.draft();
            if (draft.type().equals(type)) {
                found.add(JsonObject.parse(draft.payload()).object("data"));
            }
        });
        return found;
    }

    private static String digest(String contract) {
        return Contract.parse(contract, "c.yaml").digest().hex();
    }

    /** One of several revisions; every test's evidence knows them all. */
    private static Contract contractOf(int revision, String limit) {
        return Contract.parse(
                contract(limit, "").replace("{name: swapped}", "{name: swapped, revision: " + revision + "}"),
                "r.yaml");
    }

    private Guard guard(Contract contract) {
        return Guard.builder()
                .contract(contract)
                .ledger(memory)
                .signer(signer)
                .clock(NOON)
                .build();
    }

    private static Action priced(String cost) {
        return Action.toolCall("search").tenant("acme").cost(Money.parse(cost)).build();
    }

    private static String contract(String limit, String rest) {
        return """
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: swapped}
                spec:
                  budgets:
                    - {id: all, limit: %s, window: {type: total}}
                """.formatted(limit) + rest;
    }
}
