package io.spendguard.examples;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidencePackageWriter;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.json.JsonObject;
import io.spendguard.model.IdSource;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A package of calls as guards record them: decided at a price of the book, held, committed at what they really cost. */
final class VerifyBenchPackage {
    private static final String TENANT = "acme";
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final long LIMIT = 1_000_000_000_000_000L;
    private static final UUID ACCOUNT = UUID.fromString("8c000000-0000-8000-8000-00000000000a");
    private static final PriceBook BOOK = PriceBook.bundled();
    private static final Price PRICE = BOOK.find("openai", "gpt-4o", NOW).orElseThrow();
    private static final Usage ESTIMATED = Usage.of(1_000, 500);
    private static final Usage USED = Usage.of(1_000, 100);

    private final Signer signer;
    private final int batch;
    private final IdSource ids = IdSource.system();
    private final StreamSealer sealer;

    /** Signs so many events at once. */
    VerifyBenchPackage(Signer signer, int batch) {
        this.signer = signer;
        this.batch = batch;
        this.sealer = new StreamSealer(signer, ids, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    /** Writes a package of about so many events. */
    void write(Path file, int events) {
        try (EvidencePackageWriter writer = EvidencePackageWriter.create(
                file, signer, Clock.fixed(NOW, ZoneOffset.UTC), EvidenceFilter.ofTenant(TENANT))) {
            writer.key(signer.verificationKey()).priceBook(BOOK.digest(), BOOK.canonicalBytes());
            List<AuditEvent> next = new ArrayList<>(List.of(activation(), opening()));
            for (int i = 0; i < events; i += 2) {
                UUID decision = ids.next();
                next.add(decision(decision, i));
                next.add(outcome(decision, i));
                while (next.size() >= batch) {
                    List<AuditEvent> full = next.subList(0, batch);
                    seal(writer, List.copyOf(full));
                    full.clear();
                }
            }
            if (!next.isEmpty()) {
                seal(writer, next);
            }
            sealer.sealClosing().forEach(writer::event);
            sealer.committed();
            writer.finish();
        }
    }

    private void seal(EvidencePackageWriter writer, List<AuditEvent> events) {
        sealer.seal(events).forEach(writer::event);
        sealer.committed();
    }

    private AuditEvent activation() {
        return AuditEvent.of(EventTypes.CONTRACT_ACTIVATED, ids.next(), TENANT, NOW)
                .data(movement()
                        .put("contract", BOOK.digest().hex())
                        .put("name", "bench")
                        .put("mode", "enforce")
                        .put("namespace", "enforce")
                        .put("priceBook", BOOK.digest().hex())
                        .put(
                                "limits",
                                List.of(JsonObject.create()
                                        .put("budget", "team")
                                        .put("limit", "1000000.00 USD"))))
                .build();
    }

    private AuditEvent opening() {
        return AuditEvent.of(EventTypes.ACCOUNT_OPENED, ids.next(), TENANT, NOW)
                .data(movement(entry("ADJUSTMENT", -LIMIT), entry("AVAILABLE", LIMIT))
                        .put(
                                "account",
                                JsonObject.create()
                                        .put("id", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put("key", "")
                                        .put("namespace", "enforce")
                                        .put("unit", "USD")
                                        .put("from", "2026-11-01T00:00:00Z")
                                        .put("until", "2026-12-01T00:00:00Z"))
                        .put("limit", "1000000.00 USD"))
                .build();
    }

    private AuditEvent decision(UUID decision, int number) {
        long held = PRICE.costRoundedUp(ESTIMATED).toAmount().atomic();
        return AuditEvent.of(EventTypes.DECISION, ids.next(), TENANT, NOW)
                .run("run-" + number / 20)
                .decision(decision)
                .data(movement(entry("AVAILABLE", -held), entry("HELD", held))
                        .put(
                                "decision",
                                JsonObject.create()
                                        .put("id", decision.toString())
                                        .put("effect", "continue")
                                        .put("mode", "enforce")
                                        .put("matched", List.of())
                                        .put("reasons", List.of()))
                        .put(
                                "action",
                                JsonObject.create()
                                        .put("provider", "openai")
                                        .put("model", "gpt-4o")
                                        .put("kind", "llm_call")
                                        .put("inputTokens", 1_000)
                                        .put("maxOutputTokens", 500))
                        .put(
                                "estimate",
                                JsonObject.create()
                                        .put("method", "output_cap")
                                        .put("usage", usage(1_000, 500))
                                        .put(
                                                "cost",
                                                PRICE.costRoundedUp(ESTIMATED).toString())
                                        .put("price", PRICE.toJson()))
                        .put(
                                "claims",
                                List.of(JsonObject.create()
                                        .put("account", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put(
                                                "amount",
                                                PRICE.costRoundedUp(ESTIMATED).toString())))
                        .put("contract", BOOK.digest().hex())
                        .put("priceBook", BOOK.digest().hex())
                        .put("expiresAt", "2026-11-23T12:10:00Z"))
                .build();
    }

    private AuditEvent outcome(UUID decision, int number) {
        long held = PRICE.costRoundedUp(ESTIMATED).toAmount().atomic();
        long spent = PRICE.costRoundedUp(USED).toAmount().atomic();
        return AuditEvent.of(EventTypes.OUTCOME, ids.next(), TENANT, NOW)
                .run("run-" + number / 20)
                .decision(decision)
                .data(movement(entry("HELD", -held), entry("SPENT", spent), entry("AVAILABLE", held - spent))
                        .put(
                                "outcome",
                                JsonObject.create()
                                        .put("decision", decision.toString())
                                        .put("kind", "COMMITTED")
                                        .put("final", true)
                                        .put("estimated", false))
                        .put("usage", usage(1_000, 100))
                        .put("cost", PRICE.costRoundedUp(USED).toString())
                        .put(
                                "actual",
                                List.of(JsonObject.create()
                                        .put("account", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put(
                                                "held",
                                                PRICE.costRoundedUp(ESTIMATED).toString())
                                        .put("amount", PRICE.costRoundedUp(USED).toString())
                                        .put("estimated", false)))
                        .put("contract", BOOK.digest().hex())
                        .put("priceBook", BOOK.digest().hex()))
                .build();
    }

    private JsonObject movement(JsonObject... entries) {
        return JsonObject.create().put("transaction", ids.next().toString()).put("entries", List.of(entries));
    }

    private static JsonObject entry(String kind, long atomic) {
        return JsonObject.create()
                .put("account", ACCOUNT.toString())
                .put("kind", kind)
                .put("atomic", Long.toString(atomic));
    }

    private static JsonObject usage(long input, long output) {
        return JsonObject.create().put("input", input).put("output", output);
    }
}
