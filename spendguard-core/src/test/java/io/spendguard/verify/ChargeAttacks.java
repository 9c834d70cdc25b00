package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.KeyHolderAttacks.said;
import static io.spendguard.verify.Specimen.entry;
import static io.spendguard.verify.Specimen.instead;
import static io.spendguard.verify.Specimen.with;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import io.spendguard.verify.Attack.Spot;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Lies about what a call is charged by whoever holds a writer's key: what he writes down is much, what he takes is little. */
final class ChargeAttacks {
    private static final String HOOLI = "hooli";
    private static final PriceBook PRICES = PriceBook.bundled();
    private static final Price PRICE =
            PRICES.find("openai", "gpt-4o", Specimen.NOW).orElseThrow();
    private static final Price CHEAPER =
            PRICES.find("openai", "gpt-4o-mini", Specimen.NOW).orElseThrow();
    /** An account in a unit that is no money. */
    private static final String COUNTED = "8c000000-0000-8000-8000-00000000000c";

    private ChargeAttacks() {}

    static List<Attack> all() {
        return List.of(
                lie(
                        "a call charged less than its cost, for want of a count",
                        FindingCode.EVENT_DATA_MALFORMED,
                        4,
                        writer -> settled(writer, "0.0035 USD", charge("0.000000005 USD", true))),
                lie(
                        "the same, of a hold that is named",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> settled(writer, "0.0035 USD", standing("0.000000005 USD", true))),
                lie(
                        "the same, where usage is told and no cost",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> settled(writer, null, standing("0.000000005 USD", true))),
                lie("a call charged nothing, without a word of what it cost", FindingCode.COST_DIFFERS, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(priced(writer, decision), committed(writer, decision, 7_500_000, "0.00 USD"));
                }),
                lie(
                        "a dollar budget charged nothing for a call that is said to cost euros",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    priced(writer, decision),
                                    with(committed(writer, decision, 7_500_000, "0.00 USD"), data -> {
                                        data.put("cost", "0.0035 EUR");
                                        data.object("outcome").put("given", true);
                                    }));
                        }),
                lie("a call charged less by a bill in its final outcome", FindingCode.COST_DIFFERS, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            priced(writer, decision),
                            with(
                                    writer.settled(HOOLI, decision, "0.0035 USD", "0.000000005 USD", 5),
                                    data -> data.object("outcome").put("reference", "invoice 7")));
                }),
                lie("a release that tells a cost, and charges nothing", FindingCode.COST_DIFFERS, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            with(
                                    writer.outcome(
                                            HOOLI, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5)),
                                    data -> data.put("cost", "5.00 USD")));
                }),
                lie("a session's part charged less, for want of a count", FindingCode.COST_DIFFERS, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            priced(writer, decision),
                            instead(
                                    writer.part(HOOLI, decision, "0.0035 USD", 5),
                                    "actual",
                                    List.of(charge("0.000000005 USD", true))));
                }),
                lie(
                        "a budget in calls charged none of them",
                        FindingCode.COST_DIFFERS,
                        5,
                        writer -> counted(writer, "calls", 1, 0)),
                lie(
                        "a budget in tokens charged fewer than were used",
                        FindingCode.COST_DIFFERS,
                        5,
                        writer -> counted(writer, "tokens.total", 1_500, 1)),
                lie(
                        "fewer credits held than the action names",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> claimed(
                                writer,
                                "credits.team",
                                JsonObject.create()
                                        .put("kind", "tool_call")
                                        .put("tool", "paid")
                                        .put("charges", List.of("3 credits.team")),
                                "fixed")),
                lie(
                        "tokens held for a call that says nothing of how many it may use",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> claimed(writer, "tokens.total", Specimen.call("gpt-4o"), "unknown")),
                lie("less claimed and held than the call is estimated to cost", FindingCode.COST_DIFFERS, 3, writer -> {
                    AuditEvent decision = instead(
                            priced(writer, writer.id()), "entries", List.of(entry("AVAILABLE", -5), entry("HELD", 5)));
                    writer.write(with(
                            decision,
                            data -> data.put(
                                    "claims", List.of(claim(Specimen.ACCOUNT.toString(), "0.000000005 USD")))));
                }),
                lie(
                        "a call priced as if a cheaper model were called instead",
                        FindingCode.PRICE_DIFFERS,
                        3,
                        writer -> writer.write(effective(writer, List.of()))),
                lie(
                        "a degrade that is priced for a model its patch does not name",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> writer.write(said(
                                effective(
                                        writer,
                                        List.of(JsonObject.create()
                                                .put("op", "add")
                                                .put("path", "/maxOutputTokens")
                                                .put("value", "5"))),
                                "\"continue\"",
                                "\"degrade\""))),
                lie(
                        "a call that was refused, run all the same and charged nothing",
                        FindingCode.OUTCOME_OF_REFUSAL,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    instead(
                                            said(
                                                    writer.decision(HOOLI, decision, new JsonObject[0]),
                                                    "\"continue\"",
                                                    "\"stop\""),
                                            "expiresAt",
                                            null),
                                    with(
                                            writer.uncharged(HOOLI, decision, "COMMITTED"),
                                            data -> data.put("actual", List.of())
                                                    .put("cost", "5.00 USD")));
                        }),
                lie("a call settled before it was decided", FindingCode.OUTCOME_WITHOUT_DECISION, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, writer.id(), 50),
                            writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5)),
                            writer.decision(HOOLI, decision, 5));
                }),
                lie("an action decided twice under its key", FindingCode.DECISION_TWICE, 4, writer -> {
                    Consumer<JsonObject> wire = data -> data.put(
                            "action", JsonObject.create().put("key", "k").put("tool", "wire"));
                    writer.write(
                            with(writer.decision(HOOLI, writer.id(), 5), wire),
                            with(writer.decision(HOOLI, writer.id(), 5), wire));
                }),
                lie(
                        "a budget of which a call claims nothing, and which is left out when it costs something",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    with(
                                            writer.decision(HOOLI, decision, new JsonObject[0]),
                                            data -> data.put(
                                                    "claims", List.of(claim(Specimen.ACCOUNT.toString(), "0.00 USD")))),
                                    with(
                                            writer.uncharged(HOOLI, decision, "COMMITTED"),
                                            data -> data.put("actual", List.of())
                                                    .put("cost", "5.00 USD")));
                        }),
                lie("more said of a session's parts than they came to", FindingCode.COST_DIFFERS, 5, writer -> {
                    UUID decision = writer.id();
                    AuditEvent end = with(
                            writer.uncharged(
                                    HOOLI,
                                    decision,
                                    "COMMITTED",
                                    entry("HELD", -4_000_000),
                                    entry("AVAILABLE", 4_000_000)),
                            data -> {
                                data.put(
                                                "usage",
                                                JsonObject.create()
                                                        .put("input", 2_000)
                                                        .put("output", 200))
                                        .put("cost", "0.007 USD")
                                        .put(
                                                "actual",
                                                List.of(charge("0.00 USD", false)
                                                        .put("held", "0.004 USD")
                                                        .put("committed", "0.007 USD")));
                                data.object("outcome").put("whole", true);
                            });
                    writer.write(priced(writer, decision), writer.part(HOOLI, decision, "0.0035 USD", 3_500_000), end);
                }),
                lie("a claim of more than any type holds", FindingCode.EVENT_DATA_MALFORMED, 3, writer -> {
                    JsonObject most = claim(Specimen.ACCOUNT.toString(), "9223372036.854775807 USD");
                    writer.write(with(
                            writer.decision(HOOLI, writer.id(), 5), data -> data.put("claims", List.of(most, most))));
                }));
    }

    private static Attack lie(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    private static AuditEvent priced(Specimen writer, UUID decision) {
        return writer.priced(HOOLI, decision, PRICE, PRICES.digest());
    }

    /** A call at the price of a cheaper model, which is said to be called instead by these changes. */
    private static AuditEvent effective(Specimen writer, List<JsonObject> patch) {
        return with(
                writer.priced(HOOLI, writer.id(), CHEAPER, PRICES.digest()),
                data -> data.put("patch", patch).put("effective", Specimen.call("gpt-4o-mini")));
    }

    /** A call that used 0.0035 USD and spends five billionths. */
    private static void settled(Specimen writer, String cost, JsonObject charge) {
        UUID decision = writer.id();
        AuditEvent outcome =
                instead(writer.settled(HOOLI, decision, "0.0035 USD", "0.000000005 USD", 5), "actual", List.of(charge));
        writer.write(priced(writer, decision), cost == null ? instead(outcome, "cost", null) : outcome);
    }

    /** An outcome that gives its hold back. */
    private static AuditEvent committed(Specimen writer, UUID decision, long held, String charged) {
        return with(
                writer.uncharged(HOOLI, decision, "COMMITTED", entry("HELD", -held), entry("AVAILABLE", held)),
                data -> data.put("actual", List.of(standing(charged, false))));
    }

    /** A call of 1,000 and 100 tokens that holds so much of an account in a unit of its own, and spends so much of it. */
    private static void counted(Specimen writer, String unit, long held, long spent) {
        UUID decision = writer.id();
        writer.write(opened(writer, unit), writer.decision(HOOLI, decision, at("AVAILABLE", -held), at("HELD", held)));
        JsonObject[] entries = spent == 0
                ? new JsonObject[] {at("HELD", -held), at("AVAILABLE", held)}
                : new JsonObject[] {at("HELD", -held), at("SPENT", spent), at("AVAILABLE", held - spent)};
        writer.write(with(
                writer.uncharged(HOOLI, decision, "COMMITTED", entries),
                data -> data.put(
                                "usage", JsonObject.create().put("input", 1_000).put("output", 100))
                        .put(
                                "actual",
                                List.of(claim(COUNTED, spent + " " + unit)
                                        .put("held", held + " " + unit)
                                        .put("estimated", false)))));
    }

    /** An action that holds one of an account in a unit of its own. */
    private static void claimed(Specimen writer, String unit, JsonObject action, String method) {
        writer.write(
                opened(writer, unit),
                with(
                        writer.decision(HOOLI, writer.id(), at("AVAILABLE", -1), at("HELD", 1)),
                        data -> data.put("action", action)
                                .put("claims", List.of(claim(COUNTED, "1 " + unit)))
                                .put("estimate", JsonObject.create().put("method", method))));
    }

    /** An account of 9,000 in a unit of its own. */
    private static AuditEvent opened(Specimen writer, String unit) {
        JsonObject account = JsonObject.create()
                .put("id", COUNTED)
                .put("budget", "team")
                .put("key", "")
                .put("namespace", "enforce")
                .put("unit", unit)
                .put("from", "2026-11-01T00:00:00Z")
                .put("until", "2026-12-01T00:00:00Z");
        return writer.event(
                EventTypes.ACCOUNT_OPENED,
                HOOLI,
                data -> data.put("account", account).put("limit", "9000 " + unit),
                at("ADJUSTMENT", -9_000),
                at("AVAILABLE", 9_000));
    }

    private static JsonObject at(String kind, long atomic) {
        return JsonObject.create().put("account", COUNTED).put("kind", kind).put("atomic", Long.toString(atomic));
    }

    private static JsonObject claim(String account, String amount) {
        return JsonObject.create().put("account", account).put("budget", "team").put("amount", amount);
    }

    private static JsonObject charge(String amount, boolean isEstimated) {
        return claim(Specimen.ACCOUNT.toString(), amount).put("estimated", isEstimated);
    }

    private static JsonObject standing(String amount, boolean isEstimated) {
        return charge(amount, isEstimated).put("held", "0.0075 USD");
    }
}
