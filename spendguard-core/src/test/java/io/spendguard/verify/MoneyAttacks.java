package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.Specimen.bound;
import static io.spendguard.verify.Specimen.correcting;
import static io.spendguard.verify.Specimen.entry;
import static io.spendguard.verify.Specimen.with;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.verify.Attack.Spot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Lies about money by whoever holds a writer's key: each event looks well by itself, or nearly so. */
final class MoneyAttacks {
    private static final String HOOLI = "hooli";
    /** When the specimen's window is over. */
    static final Instant AFTER = Instant.parse("2026-12-01T00:00:00Z");

    private static final String EUROS = "8c000000-0000-8000-8000-00000000000e";

    private MoneyAttacks() {}

    static List<Attack> all() {
        return List.of(
                lie("a budget in dollars charged in calls", FindingCode.ACCOUNT_MISNAMED, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            with(
                                    writer.uncharged(
                                            HOOLI, decision, "COMMITTED", entry("HELD", -5), entry("SPENT", 5)),
                                    data -> data.put(
                                            "actual",
                                            List.of(charge("team", "5 calls").put("held", "5 calls")))));
                }),
                lie(
                        "the hold of one budget passed off as another's",
                        FindingCode.ACCOUNT_MISNAMED,
                        3,
                        writer -> writer.write(with(
                                writer.decision(HOOLI, writer.id(), 5),
                                data -> data.put("claims", List.of(charge("board", "0.000000005 USD")))))),
                lie(
                        "dollars transferred to a budget in euros",
                        FindingCode.ACCOUNT_MISNAMED,
                        4,
                        writer -> writer.write(euros(writer), transfer(writer))),
                lie("a limit passed by debt that is taken and made available", FindingCode.ENTRIES_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(
                                    HOOLI,
                                    decision,
                                    "RELEASED",
                                    entry("HELD", -5),
                                    entry("AVAILABLE", 1_000_005),
                                    entry("DEBT", -1_000_000)));
                }),
                lie(
                        "a hold out of debt instead of what is available",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer ->
                                writer.write(writer.decision(HOOLI, writer.id(), entry("DEBT", -5), entry("HELD", 5)))),
                lie("a debt left beside what is available", FindingCode.BALANCE_IMPOSSIBLE, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(
                                    HOOLI,
                                    decision,
                                    "COMMITTED",
                                    entry("HELD", -5),
                                    entry("SPENT", 8),
                                    entry("DEBT", -3)));
                }),
                lie("a call settled with what another call holds", FindingCode.ENTRIES_UNFIT, 6, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, writer.id(), 7_000_000),
                            writer.decision(HOOLI, decision, 1_000_000),
                            writer.part(HOOLI, decision, "0.0035 USD", 3_500_000),
                            writer.outcome(
                                    HOOLI,
                                    decision,
                                    "RELEASED",
                                    entry("HELD", 2_500_000),
                                    entry("AVAILABLE", -2_500_000)));
                }),
                lie(
                        "a hold that stands for want of a count, and is charged less",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(HOOLI, decision, 5),
                                    with(
                                            writer.uncharged(
                                                    HOOLI,
                                                    decision,
                                                    "COMMITTED",
                                                    entry("HELD", -5),
                                                    entry("SPENT", 3),
                                                    entry("AVAILABLE", 2)),
                                            data -> data.put(
                                                    "actual",
                                                    List.of(standing("0.000000005 USD", "0.000000003 USD")))));
                        }),
                lie(
                        "a hold in a window that is over",
                        FindingCode.WINDOW_CLOSED,
                        3,
                        writer -> writer.at(AFTER).write(writer.decision(HOOLI, writer.id(), 5))),
                lie(
                        "a grant dated into a window that had not begun",
                        FindingCode.WINDOW_CLOSED,
                        3,
                        writer -> writer.at(Instant.parse("2026-10-31T23:59:59Z"))
                                .write(writer.granted(HOOLI, "0.000000005 USD", 5))),
                lie("a window emptied of what was spent before it is over", FindingCode.ENTRIES_UNFIT, 5, writer -> {
                    spend(writer, 5);
                    writer.write(writer.decision(
                            HOOLI, writer.id(), entry("SPENT", -5), entry("AVAILABLE", 2), entry("HELD", 3)));
                }),
                lie("debt absorbed by no window", FindingCode.ENTRIES_UNFIT, 5, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 1_000_000_000),
                            writer.outcome(
                                    HOOLI,
                                    decision,
                                    "COMMITTED",
                                    entry("HELD", -1_000_000_000),
                                    entry("SPENT", 1_200_000_000),
                                    entry("DEBT", -200_000_000)),
                            writer.decision(
                                    HOOLI, writer.id(), entry("SPENT", -200_000_000), entry("DEBT", 200_000_000)));
                }),
                lie("a hold that expired before its time", FindingCode.EXPIRED_EARLY, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.at(Specimen.NOW.plus(Duration.ofMinutes(9)))
                                    .outcome(HOOLI, decision, "EXPIRED", entry("HELD", -5), entry("AVAILABLE", 5)));
                }),
                lie(
                        "a settlement under another price book than its decision's",
                        FindingCode.TERMS_DIFFER,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    under(writer.decision(HOOLI, decision, 5), "11"),
                                    under(
                                            writer.outcome(
                                                    HOOLI,
                                                    decision,
                                                    "RELEASED",
                                                    entry("HELD", -5),
                                                    entry("AVAILABLE", 5)),
                                            "22"));
                        }),
                lie("more given back than was charged", FindingCode.CORRECTION_UNFIT, 7, writer -> {
                    spend(writer, 1_000);
                    AuditEvent charged = spend(writer, 5);
                    writer.write(changed(writer, charged, "REFUNDED", 0, -8));
                }),
                lie("a refund that charges more", FindingCode.CORRECTION_UNFIT, 5, writer -> {
                    AuditEvent charged = spend(writer, 5);
                    writer.write(changed(writer, charged, "REFUNDED", 8, 3));
                }),
                lie("a correction that posts more than it says", FindingCode.CORRECTION_UNFIT, 5, writer -> {
                    AuditEvent charged = spend(writer, 5);
                    writer.write(changed(writer, charged, "COMPENSATED", 8, 30));
                }),
                lie("a dispute won twice", FindingCode.CORRECTION_UNFIT, 7, writer -> {
                    AuditEvent charged = spend(writer, 5);
                    AuditEvent opened = disputed(changed(writer, charged, "DISPUTE_OPENED", 5, 0));
                    AuditEvent won = changed(writer, opened, "DISPUTE_WON", 3, -2);
                    writer.write(opened, won, changed(writer, won, "DISPUTE_WON", 1, -2));
                }),
                lie("a dispute won over more than was contested", FindingCode.CORRECTION_UNFIT, 6, writer -> {
                    AuditEvent charged = spend(writer, 5);
                    AuditEvent opened = disputed(changed(writer, charged, "DISPUTE_OPENED", 5, 0));
                    writer.write(opened, changed(writer, opened, "DISPUTE_WON", 1, -4));
                }),
                lie(
                        "a decision by a contract that came into force for another tenant only",
                        FindingCode.CONTRACT_NOT_ACTIVATED,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                bound(writer.decision(HOOLI, writer.id(), 5), "bb"))),
                lie(
                        "a decision that says nothing that it could be held against",
                        FindingCode.EVENT_DATA_MALFORMED,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"), writer.decision(HOOLI, writer.id(), 5))),
                lie(
                        "a limit raised for a while, other than the contract states that changes it",
                        FindingCode.LIMIT_MISMATCH,
                        3,
                        writer -> writer.write(
                                activated(
                                        writer,
                                        "aa",
                                        "1.00 USD",
                                        entry("ADJUSTMENT", -5_000_000_000L),
                                        entry("AVAILABLE", 5_000_000_000L)),
                                activated(
                                        writer,
                                        "aa",
                                        "1.00 USD",
                                        entry("ADJUSTMENT", 5_000_000_000L),
                                        entry("AVAILABLE", -5_000_000_000L)))),
                lie(
                        "a lower limit stated, and not given to the account before it is held against",
                        FindingCode.LIMIT_MISMATCH,
                        2,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                activated(writer, "bb", "0.50 USD"),
                                writer.decision(HOOLI, writer.id(), 5))),
                lie(
                        "a limit carried for a while that no contract states",
                        FindingCode.LIMIT_MISMATCH,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                carried(writer, "2.00 USD", 1_000_000_000L),
                                carried(writer, "1.00 USD", -1_000_000_000L))),
                lie(
                        "a limit carried, and another one given",
                        FindingCode.LIMIT_MISMATCH,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                carried(writer, "1.00 USD", 1_000_000_000L),
                                carried(writer, "1.00 USD", -1_000_000_000L))),
                lie(
                        "an account opened with more than any contract states",
                        FindingCode.LIMIT_MISMATCH,
                        2,
                        writer -> writer.write(activated(
                                writer,
                                "aa",
                                "0.50 USD",
                                entry("ADJUSTMENT", 500_000_000),
                                entry("AVAILABLE", -500_000_000)))));
    }

    private static Attack lie(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    /** A call that held and cost so much; returns its outcome. */
    private static AuditEvent spend(Specimen writer, long nanos) {
        UUID decision = writer.id();
        AuditEvent outcome = writer.outcome(HOOLI, decision, "COMMITTED", entry("HELD", -nanos), entry("SPENT", nanos));
        writer.write(writer.decision(HOOLI, decision, nanos), outcome);
        return outcome;
    }

    /** What is recorded next of the same call: so much, by moving so much. */
    private static AuditEvent changed(Specimen writer, AuditEvent before, String kind, long recorded, long moved) {
        UUID decision = UUID.fromString(JsonObject.parse(before.payload()).string("decisionid"));
        JsonObject[] entries =
                moved == 0 ? new JsonObject[0] : new JsonObject[] {entry("SPENT", moved), entry("AVAILABLE", -moved)};
        return with(
                correcting(
                        writer.uncharged(HOOLI, decision, kind, entries),
                        before.id().toString()),
                data -> {
                    data.put("actual", List.of(charge("team", "0.00000000" + recorded + " USD")));
                    data.object("outcome").put("reference", "bill 7");
                });
    }

    private static AuditEvent disputed(AuditEvent event) {
        return with(event, data -> data.object("outcome").put("disputed", "0.000000002 USD"));
    }

    private static AuditEvent under(AuditEvent event, String priceBook) {
        return with(event, data -> data.put("contract", "00").put("priceBook", priceBook));
    }

    static AuditEvent activated(Specimen writer, String contract, String limit, JsonObject... entries) {
        return writer.event(
                EventTypes.CONTRACT_ACTIVATED,
                HOOLI,
                data -> data.put("contract", contract)
                        .put("name", "team budgets")
                        .put("mode", "enforce")
                        .put("namespace", "enforce")
                        .put("priceBook", "00")
                        .put(
                                "limits",
                                List.of(JsonObject.create()
                                        .put("budget", "team")
                                        .put("limit", limit))),
                entries);
    }

    static AuditEvent carried(Specimen writer, String limit, long more) {
        return writer.event(
                EventTypes.LIMIT_CARRIED,
                HOOLI,
                data -> data.put("namespace", "enforce")
                        .put(
                                "limits",
                                List.of(JsonObject.create()
                                        .put("budget", "team")
                                        .put("limit", limit))),
                entry("ADJUSTMENT", -more),
                entry("AVAILABLE", more));
    }

    /** An account in another currency. */
    private static AuditEvent euros(Specimen writer) {
        JsonObject account = place(EUROS, "abroad")
                .put("id", EUROS)
                .put("namespace", "enforce")
                .put("unit", "EUR")
                .put("from", "2026-11-01T00:00:00Z")
                .put("until", "2026-12-01T00:00:00Z");
        return writer.event(
                EventTypes.ACCOUNT_OPENED,
                HOOLI,
                data -> data.put("account", account).put("limit", "1.00 EUR"),
                at(EUROS, "ADJUSTMENT", -1_000_000_000),
                at(EUROS, "AVAILABLE", 1_000_000_000));
    }

    private static AuditEvent transfer(Specimen writer) {
        return writer.event(
                EventTypes.BUDGET_TRANSFERRED,
                HOOLI,
                data -> data.put("amount", "0.000000005 USD")
                        .put("reason", "trip")
                        .put("namespace", "enforce")
                        .put("from", place(Specimen.ACCOUNT.toString(), "team"))
                        .put("to", place(EUROS, "abroad")),
                entry("GRANT", 5),
                entry("AVAILABLE", -5),
                at(EUROS, "GRANT", -5),
                at(EUROS, "AVAILABLE", 5));
    }

    private static JsonObject place(String account, String budget) {
        return JsonObject.create().put("account", account).put("budget", budget).put("key", "");
    }

    private static JsonObject at(String account, String kind, long atomic) {
        return JsonObject.create().put("account", account).put("kind", kind).put("atomic", Long.toString(atomic));
    }

    private static JsonObject standing(String held, String amount) {
        return place(Specimen.ACCOUNT.toString(), "team")
                .put("held", held)
                .put("amount", amount)
                .put("estimated", true);
    }

    private static JsonObject charge(String budget, String amount) {
        return JsonObject.create()
                .put("account", Specimen.ACCOUNT.toString())
                .put("budget", budget)
                .put("amount", amount)
                .put("estimated", false);
    }
}
