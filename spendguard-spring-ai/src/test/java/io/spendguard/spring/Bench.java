package io.spendguard.spring;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.IdSource;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.OpenAiStandIn;
import io.spendguard.test.SettledCalls;
import io.spendguard.test.SpendAssertions;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;

/** Spring AI's own OpenAI models before a stand-in provider, behind a guard with a ledger in memory. */
final class Bench implements AutoCloseable {
    static final String TENANT = "acme";
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

    /** One dollar a day; whatever rules a test adds. */
    static String contract(String rules) {
        return """
                apiVersion: spendguard.ai/v1
                kind: Contract
                metadata: {name: test, tenant: acme}
                spec:
                  models:
                    cheap: {provider: openai, model: gpt-4o-mini}
                    elsewhere: {provider: anthropic, model: claude}
                  budgets:
                    - id: daily
                      limit: 1.00 USD
                      window: {type: calendar_day, timezone: UTC}
                %s""".formatted(rules.isEmpty() ? "" : "  rules:\n" + rules.indent(4));
    }

    /** A rule that answers one trigger. */
    static String rule(String trigger, String effect) {
        return "- {id: r1, at: [" + trigger + "], when: 'true', effect: " + effect + ", reasonCode: TEST_RULE}\n";
    }

    /** The bundled models and one for embeddings, at 0.02 USD a million. */
    static PriceBook prices() {
        return PriceBook.parse("""
                {"format": "spendguard.prices.v1", "version": "test", "entries": [
                  {"provider": "openai", "model": "gpt-4o", "from": "2024-10-02T00:00:00Z", "currency": "USD",
                   "perMillionTokens": {"input": "2.50", "cacheRead": "1.25", "output": "10.00"},
                   "contextWindow": 128000, "maxOutputTokens": 16384, "source": "test"},
                  {"provider": "openai", "model": "gpt-4o-mini", "from": "2024-10-02T00:00:00Z", "currency": "USD",
                   "perMillionTokens": {"input": "0.15", "cacheRead": "0.075", "output": "0.60"},
                   "contextWindow": 128000, "maxOutputTokens": 16384, "source": "test"},
                  {"provider": "compatible", "model": "gpt-4o", "from": "2024-10-02T00:00:00Z", "currency": "USD",
                   "perMillionTokens": {"input": "2.50", "cacheRead": "1.25", "output": "10.00"},
                   "contextWindow": 128000, "maxOutputTokens": 16384, "source": "test"},
                  {"provider": "openai", "model": "text-embedding-3-small", "from": "2024-10-02T00:00:00Z",
                   "currency": "USD",
                   "perMillionTokens": {"input": "0.02", "cacheRead": "0.02", "output": "0.00"},
                   "contextWindow": 8192, "maxOutputTokens": 1, "source": "test"},
                  {"provider": "openai", "model": "text-embedding-free", "from": "2024-10-02T00:00:00Z",
                   "currency": "USD",
                   "perMillionTokens": {"input": "0.01", "cacheRead": "0.01", "output": "0.00"},
                   "contextWindow": 8192, "maxOutputTokens": 1, "source": "test"}]}
                """.getBytes(StandardCharsets.UTF_8), "test");
    }

    final OpenAiStandIn provider = OpenAiStandIn.start();
    final InMemoryLedger ledger = new InMemoryLedger(NOON);
    final Guard guard;
    final SpendGuardDecorator decorator;

    Bench(String contract) {
        this(contract, GateSettings.DEFAULTS);
    }

    Bench(String contract, GateSettings settings) {
        this(contract, settings, IdSource.system());
    }

    Bench(String contract, UnaryOperator<Ledger> failing) {
        this(contract, GateSettings.DEFAULTS, IdSource.system(), failing);
    }

    Bench(String contract, GateSettings settings, IdSource ids) {
        this(contract, settings, ids, UnaryOperator.identity());
    }

    private Bench(String contract, GateSettings settings, IdSource ids, UnaryOperator<Ledger> failing) {
        this.guard = SettledCalls.watch(Guard.builder()
                .contract(Contract.parse(contract, "test.yaml"))
                .ledger(failing.apply(ledger))
                .prices(prices())
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .ids(ids)
                .build());
        this.decorator = new SpendGuardDecorator(guard, settings);
    }

    /** 800 output tokens at most, by {@code max_tokens}; no hidden retries. */
    static OpenAiChatOptions.Builder options(OpenAiStandIn provider) {
        return OpenAiChatOptions.builder()
                .baseUrl(provider.baseUrl())
                .apiKey("test-key")
                .maxRetries(0)
                .model("gpt-4o")
                .maxTokens(800);
    }

    OpenAiChatModel rawModel() {
        return rawModel(options(provider).build());
    }

    OpenAiChatModel rawModel(OpenAiChatOptions options) {
        return OpenAiChatModel.builder().options(options).build();
    }

    ChatModel model() {
        return decorator.guardChatModel(rawModel());
    }

    ChatModel model(OpenAiChatOptions options) {
        return decorator.guardChatModel(rawModel(options));
    }

    EmbeddingModel embeddings() {
        return decorator.guardEmbeddingModel(OpenAiEmbeddingModel.builder()
                .options(OpenAiEmbeddingOptions.builder()
                        .baseUrl(provider.baseUrl())
                        .apiKey("test-key")
                        .maxRetries(0)
                        .model("text-embedding-3-small")
                        .build())
                .metadataMode(MetadataMode.EMBED)
                .build());
    }

    GuardedChatClients clients() {
        GuardedToolsAdvisor advisor = new GuardedToolsAdvisor(decorator, IdSource.system());
        return new GuardedChatClients(
                decorator,
                org.springframework.ai.chat.client.ChatClient::builder,
                builder -> builder.defaultAdvisors(advisor));
    }

    Amount spent() {
        return daily().spent();
    }

    Amount held() {
        return daily().held();
    }

    private Balance daily() {
        return guard.balances(TENANT).stream()
                .filter(balance -> balance.budgetId().equals("daily"))
                .findFirst()
                .orElseThrow();
    }

    boolean hasBalances() {
        return !guard.balances(TENANT).isEmpty();
    }

    /**
     * What the audit events of decisions and outcomes say, in order: {@code llm_call continue}, {@code COMMITTED},
     * {@code COMMITTED estimated}, {@code RELEASED}.
     */
    List<String> events() {
        List<String> found = new ArrayList<>();
        ledger.events(TENANT, event -> {
            EventDraft draft = event.draft();
            if (draft.type().equals(EventTypes.DECISION)) {
                JsonObject data = data(draft);
                found.add(data.object("action").string("kind") + " "
                        + data.object("decision").string("effect"));
            } else if (draft.type().equals(EventTypes.OUTCOME)) {
                JsonObject outcome = data(draft).object("outcome");
                found.add(outcome.string("kind") + (outcome.bool("estimated") ? " estimated" : ""));
            }
        });
        return found;
    }

    /** The payloads of all decisions so far. */
    List<String> payloads() {
        List<String> payloads = new ArrayList<>();
        ledger.events(TENANT, event -> {
            if (event.draft().type().equals(EventTypes.DECISION)) {
                payloads.add(new String(event.draft().payload(), StandardCharsets.UTF_8));
            }
        });
        return payloads;
    }

    private static JsonObject data(EventDraft event) {
        return JsonObject.parse(event.payload()).object("data");
    }

    /** Checks what every test must end with, evidence that verifies; open holds are looked for at the end of the test. */
    @Override
    public void close() {
        guard.close();
        provider.close();
        if (!events().isEmpty()) {
            SpendAssertions.assertThat(guard).hasVerifiableEvidence();
        }
    }
}
