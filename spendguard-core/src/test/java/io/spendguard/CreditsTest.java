package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that cost credits of a programme, beside money or instead of it. */
class CreditsTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String CREDITS = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: credits, tenant: acme}
            spec:
              budgets:
                - {id: search, limit: 10 credits.search, window: {type: calendar_day, timezone: UTC}}
                - {id: money, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: calls, limit: 100 calls, window: {type: calendar_day, timezone: UTC}}
            """;
    private static final String MONEY_ALONE = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: money, tenant: acme}
            spec:
              budgets:
                - {id: money, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    private final InMemoryLedger ledger = new InMemoryLedger(NOON);
    private final Ed25519Signer key = Ed25519Signer.generate();
    private final Guard guard = guard(CREDITS);

    @AfterEach
    void close() {
        guard.close();
    }

    @Test
    void commit_withoutUsage_chargesTheCreditsAsKnown() {
        Permit permit = guard.decide(search("4 credits.search")).orThrow();
        assertThat(permit.held())
                .containsExactlyInAnyOrder(
                        Amount.parse("4 credits.search"), Amount.parse("0.00 USD"), Amount.parse("1 calls"));

        Settlement settlement = permit.commit(Usage.unknown());

        assertThat(settlement.estimated()).isFalse();
        assertThat(balance("search"))
                .returns(Amount.parse("4 credits.search"), Balance::spent)
                .returns(Amount.parse("0 credits.search"), Balance::held);
    }

    @Test
    void commit_ofAMoneyPrice_chargesTheCreditsToo() {
        guard.decide(search("4 credits.search")).orThrow().commit(Money.parse("0.25 USD"));

        assertThat(balance("search").spent()).isEqualTo(Amount.parse("4 credits.search"));
        assertThat(balance("money").spent()).isEqualTo(Amount.parse("0.25 USD"));
    }

    @Test
    void release_givesTheCreditsBack() {
        guard.decide(search("4 credits.search")).orThrow().release("not needed");

        assertThat(balance("search").available()).isEqualTo(Amount.parse("10 credits.search"));
    }

    @Test
    void decide_moreCreditsThanThereAre_stops() {
        guard.decide(search("8 credits.search")).orThrow();

        Decision decision = guard.decide(search("3 credits.search"));

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(decision.reasons())
                .containsExactly(Reason.of(
                        ReasonCode.BUDGET_EXHAUSTED,
                        "Budget 'search' cannot hold 3 credits.search: 2 credits.search available until"
                                + " 2026-11-24T00:00:00Z. Raise its limit or handle Stop."));
    }

    @Test
    void decide_creditsWithoutABudget_stopsWhereCreditsAreBudgeted() {
        Decision decision = guard.decide(search("1 credits.serach"));

        assertThat(decision.effect()).isEqualTo(Effect.STOP);
        assertThat(decision.reasons())
                .containsExactly(Reason.of(
                        ReasonCode.ESTIMATE_UNKNOWN,
                        "Action costs 1 credits.serach, but no budget of the contract is kept in credits.serach, and"
                                + " credits never convert. Add a budget in credits.serach."));
        assertThat(guard(MONEY_ALONE).decide(search("1 credits.serach")).effect())
                .as("a contract that budgets no credits does not limit them")
                .isEqualTo(Effect.CONTINUE);
    }

    @Test
    void decide_actionWithoutCredits_claimsNone() {
        Permit permit = guard.decide(Action.toolCall("clock").build()).orThrow();

        assertThat(permit.held()).containsExactlyInAnyOrder(Amount.parse("0.00 USD"), Amount.parse("1 calls"));
    }

    @Test
    void recover_byAnotherGuard_settlesTheSameCredits() {
        Action action = search("4 credits.search");
        guard.decide(action).orThrow();

        Settlement settlement =
                guard(CREDITS).recover("acme", action.key()).orElseThrow().commit(Usage.unknown());

        assertThat(settlement.actual()).contains(Amount.parse("4 credits.search"));
        assertThat(settlement.estimated()).isFalse();
    }

    @Test
    void evidence_namesTheCreditsAndVerifies(@TempDir Path folder) {
        guard.decide(search("4 credits.search")).orThrow().commit(Usage.unknown());
        guard.close();

        List<JsonObject> decisions = new ArrayList<>();
        ledger.events("acme", event -> {
            if (event.draft().type().equals("io.spendguard.decision.v1")) {
                decisions.add(JsonObject.parse(event.draft().payload()).object("data"));
            }
        });
        assertThat(decisions).hasSize(1);
        assertThat(decisions.get(0).object("action").strings("charges")).containsExactly("4 credits.search");
        assertThat(decisions.get(0).object("estimate").string("method")).isEqualTo("fixed");
        Path file = folder.resolve("evidence.zip");
        EvidenceExport.from(ledger)
                .contract(Contract.parse(CREDITS, "test.yaml"))
                .priceBook(PriceBook.bundled())
                .write(key, NOON, file);
        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }

    private Guard guard(String contract) {
        return Guard.builder()
                .contract(Contract.parse(contract, "test.yaml"))
                .ledger(ledger)
                .signer(key)
                .clock(NOON)
                .build();
    }

    private Balance balance(String budget) {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals(budget))
                .findFirst()
                .orElseThrow();
    }

    private static Action search(String charge) {
        return Action.toolCall("search").charge(Amount.parse(charge)).build();
    }
}
