package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.KeyHolderAttacks.said;
import static io.spendguard.verify.MoneyAttacks.activated;
import static io.spendguard.verify.MoneyAttacks.carried;
import static io.spendguard.verify.Specimen.bound;
import static io.spendguard.verify.Specimen.entry;
import static io.spendguard.verify.Specimen.instead;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.verify.Attack.Spot;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Lies about what may be spent at all, by whoever holds a writer's key: more than one limit, or none that is in force. */
final class LimitAttacks {
    private static final String HOOLI = "hooli";
    /** Another account than the specimen's, of the same budget. */
    private static final String OTHER = "8c000000-0000-8000-8000-00000000000b";

    private static final String OCTOBER = "2026-10-01T00:00:00Z";
    private static final String NOVEMBER = "2026-11-01T00:00:00Z";
    private static final String DECEMBER = "2026-12-01T00:00:00Z";

    private LimitAttacks() {}

    static List<Attack> all() {
        return List.of(
                lie(
                        "a budget's limit given twice, to two accounts for one and the same",
                        FindingCode.ACCOUNT_OPENED_TWICE,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"), opened(writer, "enforce", NOVEMBER, DECEMBER, 1))),
                lie(
                        "a call held on an account of those that only watch",
                        FindingCode.ACCOUNT_MISNAMED,
                        6,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                said(activated(writer, "bb", "900.00 USD"), "\"enforce\"", "\"shadow\""),
                                opened(writer, "shadow", NOVEMBER, DECEMBER, 900),
                                bound(held(writer, 800), "aa"))),
                lie(
                        "a contract that decides in earnest, and gives its limits to what only watches",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> writer.write(said(
                                activated(writer, "aa", "900.00 USD"),
                                "\"namespace\":\"enforce\"",
                                "\"namespace\":\"shadow\""))),
                lie(
                        "a limit stated that the enclosed contract does not give",
                        FindingCode.LIMIT_MISMATCH,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                raised(writer, HonestPackage.CONTRACT_DIGEST, "9.00 USD", 8))),
                lie(
                        "a lower limit of the enclosed contract left out, so that the one before stays",
                        FindingCode.LIMIT_MISMATCH,
                        5,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                raised(writer, "bb", "9.00 USD", 8),
                                instead(
                                        activated(writer, HonestPackage.CONTRACT_DIGEST, "1.00 USD"),
                                        "limits",
                                        List.of()))),
                lie(
                        "two limits of one budget stated by one contract",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> writer.write(said(
                                activated(writer, "aa", "1.00 USD"),
                                "\"limits\":[",
                                "\"limits\":[{\"budget\":\"team\",\"limit\":\"0.10 USD\"},"))),
                lie(
                        "an account opened where no contract came into force",
                        FindingCode.LIMIT_MISMATCH,
                        4,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                opened(writer, "elsewhere", NOVEMBER, DECEMBER, 900))),
                lie(
                        "an account opened with a limit that a later contract had lowered",
                        FindingCode.LIMIT_MISMATCH,
                        6,
                        writer -> writer.write(
                                activated(writer, "aa", "1.00 USD"),
                                raised(writer, "bb", "9.00 USD", 8),
                                raised(writer, "aa", "1.00 USD", -8),
                                opened(writer, "enforce", OCTOBER, NOVEMBER, 9))),
                lie(
                        "a limit carried for a while that a later contract had lowered",
                        FindingCode.LIMIT_MISMATCH,
                        5,
                        writer -> writer.write(
                                raised(writer, "bb", "9.00 USD", 8),
                                raised(writer, "aa", "1.00 USD", -8),
                                carried(writer, "9.00 USD", 8_000_000_000L),
                                carried(writer, "1.00 USD", -8_000_000_000L))),
                lie(
                        "a decision by a contract that came into force only afterwards",
                        FindingCode.CONTRACT_NOT_ACTIVATED,
                        3,
                        writer -> writer.write(
                                bound(writer.decision(HOOLI, writer.id(), 5), "aa"),
                                activated(writer, "aa", "1.00 USD"))),
                lie(
                        "spend of a window that is open moved to one that is over and has some left",
                        FindingCode.ENTRIES_UNFIT,
                        6,
                        writer -> {
                            writer.write(opened(writer, "enforce", OCTOBER, NOVEMBER, 1));
                            spent(writer, 5, entry("SPENT", 5));
                            writer.write(writer.decision(
                                    HOOLI,
                                    writer.id(),
                                    entry("SPENT", -5),
                                    entry("AVAILABLE", 5),
                                    at("AVAILABLE", -5),
                                    at("SPENT", 5)));
                        }),
                lie(
                        "debt of a window that is over absorbed by one that is over, too",
                        FindingCode.WINDOW_CLOSED,
                        6,
                        writer -> {
                            writer.write(opened(writer, "enforce", OCTOBER, NOVEMBER, 1));
                            spent(writer, 1_000_000_000, entry("SPENT", 1_000_000_500), entry("DEBT", -500));
                            writer.at(MoneyAttacks.AFTER)
                                    .write(writer.decision(
                                            HOOLI,
                                            writer.id(),
                                            entry("SPENT", -500),
                                            entry("DEBT", 500),
                                            at("AVAILABLE", -500),
                                            at("SPENT", 500)));
                        }),
                lie(
                        "a call held in a bucket of a rolling budget only, and not of the budget",
                        FindingCode.ENTRIES_UNFIT,
                        4,
                        writer -> writer.write(
                                instead(
                                        opened(writer, "enforce", NOVEMBER, DECEMBER, 1),
                                        "account",
                                        account("enforce", "~bucket", NOVEMBER, DECEMBER)),
                                held(writer, 1))),
                lie(
                        "an account for a time that no calendar has",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> writer.write(opened(
                                writer, "enforce", "-1000000000-01-01T00:00:00Z", "-1000000000-01-01T00:00:01Z", 1))));
    }

    private static Attack lie(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    private static AuditEvent opened(Specimen writer, String namespace, String from, String until, long dollars) {
        return writer.event(
                EventTypes.ACCOUNT_OPENED,
                HOOLI,
                data -> data.put("account", account(namespace, "", from, until)).put("limit", dollars + ".00 USD"),
                at("ADJUSTMENT", -dollars * 1_000_000_000),
                at("AVAILABLE", dollars * 1_000_000_000));
    }

    private static JsonObject account(String namespace, String key, String from, String until) {
        return JsonObject.create()
                .put("id", OTHER)
                .put("budget", "team")
                .put("key", key)
                .put("namespace", namespace)
                .put("unit", "USD")
                .put("from", from)
                .put("until", until);
    }

    /** A contract that changes the limit of the specimen's account. */
    private static AuditEvent raised(Specimen writer, String contract, String limit, long dollars) {
        return activated(
                writer,
                contract,
                limit,
                entry("ADJUSTMENT", -dollars * 1_000_000_000),
                entry("AVAILABLE", dollars * 1_000_000_000));
    }

    /** A decision that holds on the other account. */
    private static AuditEvent held(Specimen writer, long dollars) {
        return writer.decision(
                HOOLI, writer.id(), at("AVAILABLE", -dollars * 1_000_000_000), at("HELD", dollars * 1_000_000_000));
    }

    private static void spent(Specimen writer, long held, JsonObject... become) {
        UUID decision = writer.id();
        JsonObject[] entries = new JsonObject[become.length + 1];
        entries[0] = entry("HELD", -held);
        System.arraycopy(become, 0, entries, 1, become.length);
        writer.write(writer.decision(HOOLI, decision, held), writer.outcome(HOOLI, decision, "COMMITTED", entries));
    }

    private static JsonObject at(String kind, long atomic) {
        return JsonObject.create().put("account", OTHER).put("kind", kind).put("atomic", Long.toString(atomic));
    }
}
