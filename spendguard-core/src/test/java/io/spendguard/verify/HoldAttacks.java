package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.KeyHolderAttacks.said;
import static io.spendguard.verify.Specimen.entry;
import static io.spendguard.verify.Specimen.instead;
import static io.spendguard.verify.Specimen.with;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import io.spendguard.verify.Attack.Spot;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Lies by whoever holds a writer's key about what a call holds: what it may come to, and what becomes of that while it runs. */
final class HoldAttacks {
    private static final String HOOLI = "hooli";
    private static final PriceBook PRICES = PriceBook.bundled();
    private static final Price PRICE =
            PRICES.find("openai", "gpt-4o", Specimen.NOW).orElseThrow();
    private static final String LATER = "2026-11-23T12:20:00Z";
    private static final String EARLIER = "2026-11-23T12:05:00Z";

    private HoldAttacks() {}

    static List<Attack> all() {
        return List.of(
                estimated(
                        "fewer input tokens estimated than the action has",
                        "\"inputTokens\":1000",
                        "\"inputTokens\":9000"),
                estimated(
                        "fewer output tokens estimated than the action may have",
                        "\"maxOutputTokens\":500",
                        "\"maxOutputTokens\":900"),
                estimated(
                        "a model's ceiling passed off as less than it is",
                        "\"maxOutputTokens\":500",
                        "\"maxOutputTokens\":90000"),
                lie("an input estimated as if a cache had it", FindingCode.COST_DIFFERS, 3, writer -> {
                    AuditEvent decision = priced(writer, writer.id());
                    String cost = PRICE.costRoundedUp(Usage.builder()
                                    .inputTokens(1_000)
                                    .cacheReadTokens(1_000)
                                    .outputTokens(500)
                                    .build())
                            .toString();
                    AuditEvent cheaper = said(decision, "\"usage\":{", "\"usage\":{\"cacheRead\":1000,");
                    long nanos = Money.parse(cost).nanos();
                    writer.write(instead(
                            with(
                                    said(cheaper, "\"cost\":\"0.0075 USD\"", "\"cost\":\"" + cost + "\""),
                                    data -> data.put("claims", List.of(claim(cost)))),
                            "entries",
                            List.of(entry("AVAILABLE", -nanos), entry("HELD", nanos))));
                }),
                lie("a call to a model passed off as free", FindingCode.COST_DIFFERS, 3, writer -> {
                    AuditEvent decision = writer.decision(HOOLI, writer.id(), new JsonObject[0]);
                    writer.write(with(
                            decision,
                            data -> data.put("action", Specimen.call("gpt-4o"))
                                    .put("claims", List.of(claim("0.00 USD")))
                                    .put("estimate", JsonObject.create().put("method", "free"))));
                }),
                lie("a call of unknown cost that holds no money", FindingCode.COST_DIFFERS, 3, writer -> {
                    AuditEvent decision = writer.decision(HOOLI, writer.id(), new JsonObject[0]);
                    writer.write(with(
                            decision,
                            data -> data.put("action", Specimen.call("gpt-4o"))
                                    .put("claims", List.of(claim("0.00 USD")))
                                    .put("estimate", JsonObject.create().put("method", "unknown"))));
                }),
                lie("a tool's call estimated at less than its action says", FindingCode.COST_DIFFERS, 3, writer -> {
                    AuditEvent decision = writer.decision(HOOLI, writer.id(), 5);
                    writer.write(with(
                            decision,
                            data -> data.put(
                                            "action",
                                            JsonObject.create()
                                                    .put("kind", "tool_call")
                                                    .put("tool", "wire")
                                                    .put("cost", "9.00 USD"))
                                    .put("claims", List.of(claim("0.000000005 USD")))
                                    .put(
                                            "estimate",
                                            JsonObject.create()
                                                    .put("method", "fixed")
                                                    .put("cost", "0.000000005 USD"))));
                }),
                lie("a session's part of a number below zero", FindingCode.EVENT_DATA_MALFORMED, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            priced(writer, decision),
                            said(part(writer, decision), "\"number\":0", "\"number\":-1"),
                            end(writer, decision));
                }),
                lie("a hold extended after its final outcome", FindingCode.OUTCOME_AFTER_FINAL, 5, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5)),
                            writer.extension(HOOLI, decision, true, "0.00 USD", LATER));
                }),
                lie("an extension refused after a call's final outcome", FindingCode.OUTCOME_AFTER_FINAL, 5, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5)),
                            writer.extension(HOOLI, decision, false, "0.00 USD", "2026-11-23T12:10:00Z"));
                }),
                lie("more said to be held after an extension than it holds", FindingCode.EXTENSION_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.extension(
                                    HOOLI,
                                    decision,
                                    true,
                                    "0.000000009 USD",
                                    LATER,
                                    entry("AVAILABLE", -3),
                                    entry("HELD", 3)));
                }),
                lie("an extension that does not name what is held", FindingCode.EXTENSION_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            instead(
                                    writer.extension(HOOLI, decision, true, "0.000000005 USD", LATER),
                                    "claims",
                                    List.of()));
                }),
                lie("a hold said to end earlier by its extension", FindingCode.EXTENSION_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.extension(HOOLI, decision, true, "0.000000005 USD", EARLIER));
                }),
                lie("a refused extension that lets its hold last longer", FindingCode.EXTENSION_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.extension(HOOLI, decision, false, "0.000000005 USD", LATER));
                }));
    }

    private static Attack lie(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    /** A call that is estimated to have 1,000 and 500 tokens, though its action says otherwise. */
    private static Attack estimated(String what, String words, String instead) {
        return lie(
                what,
                FindingCode.COST_DIFFERS,
                3,
                writer -> writer.write(said(priced(writer, writer.id()), words, instead)));
    }

    private static AuditEvent priced(Specimen writer, UUID decision) {
        return writer.priced(HOOLI, decision, PRICE, PRICES.digest());
    }

    private static AuditEvent part(Specimen writer, UUID decision) {
        return writer.part(HOOLI, decision, "0.0035 USD", 3_500_000);
    }

    private static AuditEvent end(Specimen writer, UUID decision) {
        return writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -4_000_000), entry("AVAILABLE", 4_000_000));
    }

    private static JsonObject claim(String amount) {
        return JsonObject.create()
                .put("account", Specimen.ACCOUNT.toString())
                .put("budget", "team")
                .put("amount", amount);
    }
}
