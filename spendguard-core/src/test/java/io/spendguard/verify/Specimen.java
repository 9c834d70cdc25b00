package io.spendguard.verify;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidencePackageWriter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.StreamEnd;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Events of a small life of a budget: 1.00 USD, two decisions, one committed at 0.25 USD and one released. */
final class Specimen {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    static final UUID ACCOUNT = UUID.fromString("8c000000-0000-8000-8000-00000000000a");
    static final Signer SIGNER = Ed25519Signer.generate();
    static final Anchors ANCHORS = Anchors.of(SIGNER.verificationKey());

    private final IdSource ids;
    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final StreamSealer sealer;
    private final List<SealedAuditEvent> sealed = new ArrayList<>();

    private Specimen(Signer signer, long firstId) {
        AtomicLong next = new AtomicLong(firstId);
        this.ids = () -> new UUID(0x0192_0000_0000_7000L, 0x8000_0000_0000_0000L | next.getAndIncrement());
        this.sealer = new StreamSealer(signer, ids, new Dial(now));
    }

    /** A writer with nothing written yet. */
    static Specimen writer(Signer signer, long firstId) {
        return new Specimen(signer, firstId);
    }

    /** Seven events of one tenant, in four batches: opened, account, two decisions, two outcomes, closed. */
    static List<SealedAuditEvent> life(Signer signer, String tenant, long firstId) {
        Specimen writer = writer(signer, firstId);
        UUID first = writer.ids.next();
        UUID second = writer.ids.next();
        writer.write(writer.opening(tenant), writer.decision(tenant, first, 300_000_000));
        writer.write(writer.decision(tenant, second, 200_000_000));
        writer.write(
                writer.outcome(
                        tenant,
                        first,
                        "COMMITTED",
                        entry("HELD", -300_000_000),
                        entry("SPENT", 250_000_000),
                        entry("AVAILABLE", 50_000_000)),
                writer.outcome(
                        tenant, second, "RELEASED", entry("HELD", -200_000_000), entry("AVAILABLE", 200_000_000)));
        return writer.close();
    }

    /** From now on events are dated so. */
    Specimen at(Instant time) {
        now.set(time);
        return this;
    }

    void write(AuditEvent... events) {
        sealed.addAll(sealer.seal(List.of(events)));
        sealer.committed();
    }

    List<SealedAuditEvent> close() {
        sealed.addAll(sealer.sealClosing());
        sealer.committed();
        return sealed;
    }

    List<SealedAuditEvent> leaveOpen() {
        return sealed;
    }

    /** A dead writer's events, with the last one by this writer, and this writer's own. */
    List<SealedAuditEvent> closeFor(List<SealedAuditEvent> dead) {
        SealedAuditEvent last = dead.get(dead.size() - 1);
        sealed.addAll(sealer.sealClosingOf(
                new StreamEnd(last.event().tenant(), last.stream(), last.seq(), last.chain()),
                dead.get(0).keyId()));
        sealer.committed();
        List<SealedAuditEvent> all = new ArrayList<>(dead);
        all.addAll(sealed);
        return all;
    }

    /** An account of 1.00 USD. */
    AuditEvent opening(String tenant) {
        return opening(tenant, "1.00 USD", 1_000_000_000);
    }

    AuditEvent opening(String tenant, String limit, long granted) {
        JsonObject account = JsonObject.create()
                .put("id", ACCOUNT.toString())
                .put("budget", "team")
                .put("key", "")
                .put("namespace", "enforce")
                .put("unit", "USD")
                .put("from", "2026-11-01T00:00:00Z")
                .put("until", "2026-12-01T00:00:00Z");
        return AuditEvent.of(EventTypes.ACCOUNT_OPENED, ids.next(), tenant, now.get())
                .data(movement(entry("ADJUSTMENT", -granted), entry("AVAILABLE", granted))
                        .put("account", account)
                        .put("limit", limit))
                .build();
    }

    AuditEvent decision(String tenant, UUID decision, long nanos) {
        return decision(tenant, decision, entry("AVAILABLE", -nanos), entry("HELD", nanos));
    }

    AuditEvent decision(String tenant, UUID decision, JsonObject... entries) {
        return AuditEvent.of(EventTypes.DECISION, ids.next(), tenant, now.get())
                .run("run-1")
                .decision(decision)
                .data(movement(entries)
                        .put(
                                "decision",
                                JsonObject.create()
                                        .put("id", decision.toString())
                                        .put("effect", "continue"))
                        .put("expiresAt", "2026-11-23T12:10:00Z"))
                .build();
    }

    /** An operator's grant: what it says, and what it grants. */
    AuditEvent granted(String tenant, String said, long granted) {
        return AuditEvent.of(EventTypes.BUDGET_GRANTED, ids.next(), tenant, now.get())
                .data(movement(entry("GRANT", -granted), entry("AVAILABLE", granted))
                        .put("amount", said)
                        .put("reason", "conference")
                        .put("namespace", "enforce")
                        .put(
                                "to",
                                JsonObject.create()
                                        .put("account", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put("key", "")))
                .build();
    }

    /** An event of some type, with these facts beside its entries. */
    AuditEvent event(String type, String tenant, Consumer<JsonObject> facts, JsonObject... entries) {
        JsonObject data = movement(entries);
        facts.accept(data);
        return AuditEvent.of(type, ids.next(), tenant, now.get()).data(data).build();
    }

    /** A contract that did not come into force. */
    AuditEvent rejection(String tenant, JsonObject... entries) {
        return AuditEvent.of(EventTypes.CONTRACT_REJECTED, ids.next(), tenant, now.get())
                .data(movement(entries).put("rejected", "second").put("fault", "no budget 'team'"))
                .build();
    }

    /** Where it takes less than its hold, somebody named its cost. */
    AuditEvent outcome(String tenant, UUID decision, String kind, JsonObject... entries) {
        List<JsonObject> charges = charges(entries);
        AuditEvent charged = with(uncharged(tenant, decision, kind, entries), data -> data.put("actual", charges));
        boolean isNamed = kind.equals("COMMITTED")
                && charges.size() == 1
                && !charges.get(0).string("amount").equals(charges.get(0).string("held"));
        return isNamed
                ? with(charged, data -> {
                    data.put("cost", charges.get(0).string("amount"));
                    data.object("outcome").put("given", true);
                })
                : charged;
    }

    /** The same, which does not say what it charges. */
    AuditEvent uncharged(String tenant, UUID decision, String kind, JsonObject... entries) {
        return AuditEvent.of(EventTypes.OUTCOME, ids.next(), tenant, now.get())
                .decision(decision)
                .data(movement(entries)
                        .put(
                                "outcome",
                                JsonObject.create()
                                        .put("decision", decision.toString())
                                        .put("kind", kind)
                                        .put("final", true)))
                .build();
    }

    private static List<JsonObject> charges(JsonObject... entries) {
        Map<String, Long> spent = sums("SPENT", entries);
        Map<String, Long> held = sums("HELD", entries);
        return spent.keySet().stream()
                .map(account -> JsonObject.create()
                        .put("account", account)
                        .put("budget", "team")
                        .put(
                                "held",
                                Money.ofNanos(Math.abs(held.get(account)), "USD")
                                        .toString())
                        .put("amount", Money.ofNanos(spent.get(account), "USD").toString())
                        .put("estimated", false))
                .toList();
    }

    private static Map<String, Long> sums(String kind, JsonObject... entries) {
        Map<String, Long> sums = new TreeMap<>();
        for (JsonObject entry : entries) {
            long atomic = entry.string("kind").equals(kind) ? Long.parseLong(entry.string("atomic")) : 0;
            sums.merge(entry.string("account"), atomic, Long::sum);
        }
        return sums;
    }

    /** The outcome as a correction of another one: an event's id, or the kind of a final one. */
    static AuditEvent correcting(AuditEvent outcome, String corrected) {
        String later =
                new String(outcome.payload(), StandardCharsets.UTF_8).replace("\"final\":true", "\"final\":false");
        return with(
                AuditEvent.stored(
                        outcome.id(), outcome.tenant(), outcome.type(), later.getBytes(StandardCharsets.UTF_8)),
                data -> data.object("outcome").put("corrects", corrected));
    }

    /** The event as one of a run. */
    static AuditEvent inRun(AuditEvent event, String run) {
        JsonObject envelope = JsonObject.parse(event.payload()).put("runid", run);
        return AuditEvent.stored(event.id(), event.tenant(), event.type(), envelope.toCanonicalBytes());
    }

    /** The event with more facts. */
    static AuditEvent with(AuditEvent event, Consumer<JsonObject> facts) {
        JsonObject envelope = JsonObject.parse(event.payload());
        facts.accept(envelope.object("data"));
        return AuditEvent.stored(event.id(), event.tenant(), event.type(), envelope.toCanonicalBytes());
    }

    /** The event with other facts in place of one, or without them where there are none. */
    static AuditEvent instead(AuditEvent event, String name, @Nullable Object facts) {
        JsonObject envelope = JsonObject.parse(event.payload());
        JsonObject other = JsonObject.create();
        for (String member : envelope.names()) {
            if (!member.equals("data")) {
                copy(envelope, member, other);
            }
        }
        JsonObject data = JsonObject.create();
        for (String member : envelope.object("data").names()) {
            if (!member.equals(name)) {
                copy(envelope.object("data"), member, data);
            }
        }
        if (facts instanceof List<?> list) {
            data.put(name, list);
        } else if (facts instanceof JsonObject object) {
            data.put(name, object);
        } else if (facts != null) {
            data.put(name, facts.toString());
        }
        return AuditEvent.stored(
                event.id(),
                event.tenant(),
                event.type(),
                other.put("data", data).toCanonicalBytes());
    }

    private static void copy(JsonObject from, String member, JsonObject to) {
        Object value = from.value(member);
        if (value instanceof JsonObject object) {
            to.put(member, object);
        } else if (value instanceof List<?> list) {
            to.put(member, list);
        } else if (value instanceof Long number) {
            to.put(member, number);
        } else if (value instanceof Boolean flag) {
            to.put(member, flag);
        } else {
            to.put(member, value.toString());
        }
    }

    /** The decision as one that says by which contract it was made, and on what. */
    static AuditEvent bound(AuditEvent decision, String contract) {
        return with(decision, data -> {
            data.put("contract", contract).put("priceBook", "00");
            data.object("decision").put("mode", "enforce");
            if (!data.has("claims")) {
                data.put("claims", claims(data.objects("entries")));
            }
            List<JsonObject> claims = data.objects("claims");
            JsonObject action = JsonObject.create().put("kind", "tool_call").put("tool", "wire");
            if (!claims.isEmpty()) {
                action.put("cost", claims.get(0).string("amount"));
            }
            data.put("action", action)
                    .put(
                            "estimate",
                            JsonObject.create()
                                    .put("method", action.has("cost") ? "fixed" : "free")
                                    .putIfPresent("cost", action.stringOrNull("cost")));
        });
    }

    private static List<JsonObject> claims(List<JsonObject> entries) {
        return entries.stream()
                .filter(entry -> entry.string("kind").equals("HELD"))
                .map(entry -> JsonObject.create()
                        .put("account", entry.string("account"))
                        .put("budget", "team")
                        .put(
                                "amount",
                                Money.ofNanos(Long.parseLong(entry.string("atomic")), "USD")
                                        .toString()))
                .toList();
    }

    /** A decision whose estimate holds 1,000 input and 500 output tokens at this price, made of this book. */
    AuditEvent priced(String tenant, UUID decision, Price price, Digest book) {
        return with(
                decision(tenant, decision, 7_500_000),
                data -> data.put("action", call("gpt-4o"))
                        .put(
                                "estimate",
                                JsonObject.create()
                                        .put("method", "output_cap")
                                        .put("usage", usage(1_000, 500))
                                        .put(
                                                "cost",
                                                price.costRoundedUp(Usage.of(1_000, 500))
                                                        .toString())
                                        .put("price", price.toJson()))
                        .put("priceBook", book.hex()));
    }

    /** An action that bounds its call to 1,000 and 500 tokens. */
    static JsonObject call(String model) {
        return JsonObject.create()
                .put("kind", "llm_call")
                .put("provider", "openai")
                .put("model", model)
                .put("inputTokens", 1_000)
                .put("maxOutputTokens", 500);
    }

    /** What became of a wish to extend a hold: how much the account holds from now on, and until when. */
    AuditEvent extension(
            String tenant, UUID decision, boolean isGranted, String held, String until, JsonObject... entries) {
        return with(
                event(EventTypes.HOLD_EXTENDED, tenant, data -> {}, entries),
                decision,
                data -> data.put(
                                "extension",
                                JsonObject.create()
                                        .put("decision", decision.toString())
                                        .put("granted", isGranted)
                                        .put("reasons", List.of()))
                        .put(
                                "claims",
                                List.of(JsonObject.create()
                                        .put("account", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put("amount", held)))
                        .put("expiresAt", until));
    }

    private static AuditEvent with(AuditEvent event, UUID decision, Consumer<JsonObject> facts) {
        JsonObject envelope = JsonObject.parse(event.payload()).put("decisionid", decision.toString());
        facts.accept(envelope.object("data"));
        return AuditEvent.stored(event.id(), event.tenant(), event.type(), envelope.toCanonicalBytes());
    }

    /** Its outcome: 1,000 input and 100 output tokens, at this cost, of which so much is charged and so much spent. */
    AuditEvent settled(String tenant, UUID decision, String cost, String charged, long spent) {
        return with(
                uncharged(
                        tenant,
                        decision,
                        "COMMITTED",
                        entry("HELD", -7_500_000),
                        entry("SPENT", spent),
                        entry("AVAILABLE", 7_500_000 - spent)),
                data -> data.put("usage", usage(1_000, 100))
                        .put("cost", cost)
                        .put(
                                "actual",
                                List.of(JsonObject.create()
                                        .put("account", ACCOUNT.toString())
                                        .put("budget", "team")
                                        .put("held", "0.0075 USD")
                                        .put("amount", charged)
                                        .put("estimated", false))));
    }

    /** A part of that call's session: 1,000 and 100 tokens, which cost 0.0035 USD. */
    AuditEvent part(String tenant, UUID decision, String cost, long spent) {
        JsonObject data = movement(entry("HELD", -spent), entry("SPENT", spent))
                .put(
                        "part",
                        JsonObject.create()
                                .put("decision", decision.toString())
                                .put("number", 0L)
                                .put("committed", true)
                                .put("reasons", List.of()))
                .put("usage", usage(1_000, 100))
                .put("cost", cost)
                .put(
                        "actual",
                        List.of(JsonObject.create()
                                .put("account", ACCOUNT.toString())
                                .put("budget", "team")
                                .put("held", "0.0075 USD")
                                .put("amount", cost)
                                .put("estimated", false)));
        return AuditEvent.of(EventTypes.PART_COMMITTED, ids.next(), tenant, now.get())
                .decision(decision)
                .data(data)
                .build();
    }

    private static JsonObject usage(long input, long output) {
        return JsonObject.create().put("input", input).put("output", output);
    }

    UUID id() {
        return ids.next();
    }

    static JsonObject entry(String kind, long atomic) {
        return JsonObject.create()
                .put("account", ACCOUNT.toString())
                .put("kind", kind)
                .put("atomic", Long.toString(atomic));
    }

    private JsonObject movement(JsonObject... entries) {
        return JsonObject.create().put("transaction", ids.next().toString()).put("entries", List.of(entries));
    }

    /** A package of these events, exported and signed by the trusted key. */
    static Path export(Path file, List<SealedAuditEvent> events) {
        return export(file, events, SIGNER);
    }

    static Path export(Path file, List<SealedAuditEvent> events, Signer exporter) {
        return export(file, events, exporter, null);
    }

    static Path export(Path file, List<SealedAuditEvent> events, Signer exporter, @Nullable LogExport log) {
        return export(file, events, exporter, log, EvidenceFilter.ALL);
    }

    static Path export(
            Path file, List<SealedAuditEvent> events, Signer exporter, @Nullable LogExport log, EvidenceFilter filter) {
        try (EvidencePackageWriter writer =
                EvidencePackageWriter.create(file, exporter, Clock.fixed(NOW, ZoneOffset.UTC), filter)) {
            writer.key(SIGNER.verificationKey());
            if (log != null) {
                writer.log(log);
            }
            events.stream()
                    .sorted(Comparator.comparing(
                                    (SealedAuditEvent sealed) -> sealed.event().tenant())
                            .thenComparing(SealedAuditEvent::stream))
                    .forEach(writer::event);
            writer.finish();
        }
        return file;
    }

    /** Shows what it was set to. */
    private static final class Dial extends Clock {
        private final AtomicReference<Instant> time;

        private Dial(AtomicReference<Instant> time) {
            this.time = time;
        }

        @Override
        public Instant instant() {
            return time.get();
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("Events are dated in UTC.");
        }
    }
}
