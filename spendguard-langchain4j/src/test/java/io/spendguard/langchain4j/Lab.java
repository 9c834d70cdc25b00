package io.spendguard.langchain4j;

import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.EventTypes;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.Amount;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.LedgerOutage;
import io.spendguard.test.OpenAiStandIn;
import io.spendguard.test.SettledCalls;
import io.spendguard.test.SpendAssertions;
import io.spendguard.test.TestClock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A stand-in provider, a guard with a contract, and LangChain4j's own OpenAI models that call the one past the other. */
final class Lab implements AutoCloseable {
    /** Ten dollars and fifty calls a run, and prices of a made-up embedding model. */
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: lab, tenant: acme}
            spec:
              models:
                cheap: {provider: openai, model: gpt-4o-mini}
                foreign: {provider: lab, model: tiny}
              budgets:
                - {id: total, limit: 10.00 USD, window: {type: calendar_day, timezone: UTC}}
              rules:
                - id: never
                  when: action.kind == "run.pre"
                  effect: stop
                  reasonCode: NEVER
            """;

    private static final String PRICES = """
            {"format": "spendguard.prices.v1", "version": "lab", "entries": [
              {"provider": "openai", "model": "gpt-4o", "from": "2024-10-02T00:00:00Z", "currency": "USD",
               "perMillionTokens": {"input": "2.50", "cacheRead": "1.25", "output": "10.00"},
               "contextWindow": 128000, "maxOutputTokens": 16384, "source": "lab"},
              {"provider": "openai", "model": "gpt-4o-mini", "from": "2024-10-02T00:00:00Z", "currency": "USD",
               "perMillionTokens": {"input": "0.15", "cacheRead": "0.075", "output": "0.60"},
               "contextWindow": 128000, "maxOutputTokens": 16384, "source": "lab"},
              {"provider": "lab", "model": "tiny", "from": "2024-10-02T00:00:00Z", "currency": "USD",
               "perMillionTokens": {"input": "0.10", "cacheRead": "0.10", "output": "0.10"},
               "contextWindow": 128000, "maxOutputTokens": 16384, "source": "lab"},
              {"provider": "openai", "model": "text-embedding-3-small", "from": "2024-10-02T00:00:00Z",
               "currency": "USD", "perMillionTokens": {"input": "0.02", "cacheRead": "0.02", "output": "0.00"},
               "contextWindow": 300000, "maxOutputTokens": 1, "source": "lab"}
            ]}
            """;

    final OpenAiStandIn provider = OpenAiStandIn.start();
    final Guard guard;

    private Lab(String rules) {
        this(rules, UnaryOperator.identity());
    }

    private Lab(String rules, UnaryOperator<Ledger> ledger) {
        TestClock clock = TestClock.create();
        guard = SettledCalls.watch(Guard.builder()
                .contract(Contract.parse(CONTRACT + rules.indent(4), "lab"))
                .ledger(ledger.apply(new InMemoryLedger(clock)))
                .signer(Ed25519Signer.generate())
                .prices(PriceBook.parse(PRICES.getBytes(StandardCharsets.UTF_8), "lab"))
                .clock(clock)
                .build());
    }

    static Lab open() {
        return new Lab("");
    }

    /** With a ledger that records no outcome. */
    static Lab withoutSettlements() {
        return new Lab("", ledger -> LedgerOutage.at(OperationKind.SETTLE, ledger));
    }

    /** With one more rule, for actions of one trigger. */
    static Lab withRule(String at, String when, String effect) {
        return new Lab("""
                - id: lab_rule
                  at: [%s]
                  when: %s
                  effect: %s
                  reasonCode: LAB_RULE
                """.formatted(at, when, effect));
    }

    OpenAiChatModel.OpenAiChatModelBuilder chat() {
        return OpenAiChatModel.builder()
                .baseUrl(provider.baseUrl())
                .apiKey("key")
                .modelName("gpt-4o")
                .maxRetries(0);
    }

    OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder streaming() {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(provider.baseUrl())
                .apiKey("key")
                .modelName("gpt-4o");
    }

    OpenAiEmbeddingModel.OpenAiEmbeddingModelBuilder embedding() {
        return OpenAiEmbeddingModel.builder()
                .baseUrl(provider.baseUrl())
                .apiKey("key")
                .modelName("text-embedding-3-small")
                .maxRetries(0);
    }

    /** The payloads of all decisions so far. */
    List<String> decisions() {
        List<String> payloads = new ArrayList<>();
        guard.ledger().events("acme", event -> {
            if (event.draft().type().equals(EventTypes.DECISION)) {
                payloads.add(new String(event.draft().payload(), StandardCharsets.UTF_8));
            }
        });
        return payloads;
    }

    String spent() {
        return sum(
                guard.balances("acme").stream().map(balance -> balance.spent()).toList());
    }

    String held() {
        return sum(
                guard.balances("acme").stream().map(balance -> balance.held()).toList());
    }

    private static String sum(Iterable<Amount> amounts) {
        Amount sum = Amount.parse("0.00 USD");
        for (Amount amount : amounts) {
            sum = sum.plus(amount);
        }
        return sum.toString();
    }

    /** Checks what every test must end with, evidence that verifies; open holds are looked for at the end of the test. */
    @Override
    public void close() {
        guard.close();
        provider.close();
        if (!decisions().isEmpty()) {
            SpendAssertions.assertThat(guard).hasVerifiableEvidence();
        }
    }
}
