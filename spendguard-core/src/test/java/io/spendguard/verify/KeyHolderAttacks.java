package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.DATABASE;
import static io.spendguard.verify.Attack.Means.LOG;
import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.HonestPackage.ACME;
import static io.spendguard.verify.HonestPackage.GLOBEX;
import static io.spendguard.verify.HonestPackage.RETIRED;
import static io.spendguard.verify.HonestPackage.ROOT;
import static io.spendguard.verify.Specimen.entry;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.Signer;
import io.spendguard.verify.Attack.Spot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Attacks by whoever holds a key besides the database, and on keys and log. */
final class KeyHolderAttacks {
    private static final String HOOLI = "hooli";
    private static final PriceBook PRICES = PriceBook.bundled();
    private static final Price PRICE =
            PRICES.find("openai", "gpt-4o", Specimen.NOW).orElseThrow();
    private static final Price HALF = new Price(
            PRICE.provider(),
            PRICE.model(),
            PRICE.from(),
            PRICE.currency(),
            PRICE.inputRate() / 2,
            PRICE.cacheReadRate(),
            PRICE.outputRate() / 2,
            PRICE.contextWindow(),
            PRICE.maxOutputTokens());
    private static final Duration HOUR = Duration.ofHours(1);

    private KeyHolderAttacks() {}

    /** What a writer signs who lies. */
    static List<Attack> onContent() {
        return List.of(
                byWriter(
                        "an outcome without a decision",
                        FindingCode.OUTCOME_WITHOUT_DECISION,
                        3,
                        writer -> writer.write(writer.outcome(HOOLI, writer.id(), "RELEASED"))),
                new Attack(
                        "a decision's outcome left out, and the stream signed anew",
                        WRITER,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.stream("acme"),
                        honest -> honest.instead("acme", life("acme", 0x1000, 300_000_000))),
                new Attack(
                        "a stream forked: another past signed at the same positions",
                        WRITER,
                        FindingCode.LOG_DIFFERS,
                        Spot.stream("acme"),
                        honest -> honest.instead("acme", life("acme", 0x1000, 1, 2, 3, 4))),
                new Attack(
                        "a stream forked that the log had not taken up yet",
                        WRITER,
                        FindingCode.RECEIPT_CONTRADICTED,
                        Spot.event("initech", 3),
                        honest -> honest.instead("initech", life("initech", 0x3000, 1, 2, 3, 4))),
                byWriter("a second decision for one hold", FindingCode.DECISION_TWICE, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(writer.decision(HOOLI, decision, 5), writer.decision(HOOLI, decision, 5));
                }),
                byWriter("a call settled twice", FindingCode.OUTCOME_TWICE, 5, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            release(writer, decision),
                            writer.outcome(HOOLI, decision, "RELEASED"));
                }),
                byWriter(
                        "more of a call's cost told after its final outcome, as no correction of it",
                        FindingCode.OUTCOME_AFTER_FINAL,
                        5,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(HOOLI, decision, 5),
                                    release(writer, decision),
                                    said(
                                            writer.outcome(
                                                    HOOLI,
                                                    decision,
                                                    "COMMITTED",
                                                    entry("AVAILABLE", -3),
                                                    entry("SPENT", 3)),
                                            "\"final\":true",
                                            "\"final\":false"));
                        }),
                byWriter(
                        "the same, as a correction of an event that nobody knows",
                        FindingCode.CORRECTION_WITHOUT_OUTCOME,
                        5,
                        writer -> released(writer, writer.id(), writer.id().toString())),
                byWriter(
                        "the same, as a correction of another call's outcome",
                        FindingCode.CORRECTION_WITHOUT_OUTCOME,
                        7,
                        writer -> {
                            UUID other = writer.id();
                            AuditEvent outcome = writer.outcome(HOOLI, other, "RELEASED");
                            writer.write(writer.decision(HOOLI, other), outcome);
                            released(writer, writer.id(), outcome.id().toString());
                        }),
                byWriter(
                        "the same, as what came of a call that had expired, though it had not",
                        FindingCode.CORRECTION_WITHOUT_OUTCOME,
                        5,
                        writer -> released(writer, writer.id(), "EXPIRED")),
                byWriter("an outcome corrected twice", FindingCode.CORRECTION_WITHOUT_OUTCOME, 6, writer -> {
                    UUID decision = writer.id();
                    AuditEvent outcome = release(writer, decision);
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            outcome,
                            charged(writer, decision, outcome.id().toString()),
                            charged(writer, decision, outcome.id().toString()));
                }),
                byWriter(
                        "what became of a call told as neither final nor a correction",
                        FindingCode.CORRECTION_WITHOUT_OUTCOME,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(HOOLI, decision, 5),
                                    said(release(writer, decision), "\"final\":true", "\"final\":false"));
                        }),
                byWriter(
                        "a session's part committed after its final outcome",
                        FindingCode.OUTCOME_AFTER_FINAL,
                        5,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(HOOLI, decision, 5),
                                    release(writer, decision),
                                    said(writer.part(HOOLI, decision, "0.0035 USD", 3_500_000), "HELD", "AVAILABLE"));
                        }),
                byWriter("a session's part committed twice", FindingCode.PART_TWICE, 5, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 7_000_000),
                            writer.part(HOOLI, decision, "0.0035 USD", 3_500_000),
                            writer.part(HOOLI, decision, "0.0035 USD", 3_500_000));
                }),
                byWriter("part of a hold kept after its outcome", FindingCode.HOLD_NOT_DISSOLVED, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -4), entry("AVAILABLE", 4)));
                }),
                byWriter(
                        "a call charged in its decision, and recorded as released",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(
                                            HOOLI,
                                            decision,
                                            entry("AVAILABLE", -5),
                                            entry("HELD", 3),
                                            entry("SPENT", 2)),
                                    writer.outcome(
                                            HOOLI, decision, "RELEASED", entry("HELD", -3), entry("AVAILABLE", 3)));
                        }),
                byWriter("a call charged by its release", FindingCode.ENTRIES_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -5), entry("SPENT", 5)));
                }),
                byWriter(
                        "a hold passed off as a refusal",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer ->
                                writer.write(said(writer.decision(HOOLI, writer.id(), 5), "\"continue\"", "\"stop\""))),
                byWriter(
                        "money taken by a refusal",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer -> writer.write(said(
                                said(
                                        writer.decision(HOOLI, writer.id(), entry("AVAILABLE", -5), entry("DEBT", 5)),
                                        "\"continue\"",
                                        "\"stop\""),
                                "\"expiresAt\":\"2026-11-23T12:10:00Z\",",
                                ""))),
                byWriter(
                        "less held than was claimed",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer -> writer.write(Specimen.with(
                                writer.decision(HOOLI, writer.id(), 5),
                                data -> data.put("claims", List.of(charge("0.000000006 USD")))))),
                byWriter("a budget of a call charged nothing, and not named", FindingCode.COST_DIFFERS, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(
                            writer.decision(HOOLI, decision, 5),
                            Specimen.with(
                                    writer.uncharged(
                                            HOOLI, decision, "COMMITTED", entry("HELD", -5), entry("AVAILABLE", 5)),
                                    data -> data.put("actual", List.of())));
                }),
                byWriter(
                        "a call's money spent without a word of what is charged",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> {
                            UUID decision = writer.id();
                            writer.write(
                                    writer.decision(HOOLI, decision, 5),
                                    writer.uncharged(
                                            HOOLI, decision, "COMMITTED", entry("HELD", -5), entry("SPENT", 5)));
                        }),
                byWriter(
                        "more granted than is said",
                        FindingCode.LIMIT_MISMATCH,
                        3,
                        writer -> writer.write(writer.granted(HOOLI, "0.000000005 USD", 6))),
                byWriter(
                        "money moved by an event that tells of something else",
                        FindingCode.ENTRIES_UNFIT,
                        3,
                        writer -> writer.write(writer.rejection(HOOLI, entry("AVAILABLE", -5), entry("SPENT", 5)))),
                byWriter(
                        "more held than the limit leaves",
                        FindingCode.BALANCE_IMPOSSIBLE,
                        3,
                        writer -> writer.write(writer.decision(HOOLI, writer.id(), 1_000_000_001))),
                byWriter(
                        "a settlement that is not usage times price",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> call(writer, PRICE, "0.003 USD", "0.003 USD", 3_000_000)),
                byWriter(
                        "a budget charged less than the cost",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> call(writer, PRICE, "0.0035 USD", "0.003 USD", 3_000_000)),
                byWriter(
                        "less spent than was charged",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> call(writer, PRICE, "0.0035 USD", "0.0035 USD", 3_000_000)),
                byWriter(
                        "a session's part that is not usage times price",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> part(writer, "0.003 USD", 3_000_000)),
                byWriter(
                        "less spent of a session's part than was charged",
                        FindingCode.COST_DIFFERS,
                        4,
                        writer -> part(writer, "0.0035 USD", 3_000_000)),
                byWriter(
                        "a price that the price book does not have",
                        FindingCode.PRICE_DIFFERS,
                        3,
                        writer -> call(writer, HALF, "0.00175 USD", "0.00175 USD", 1_750_000)),
                new Attack(
                        "a limit stated that was not granted",
                        WRITER,
                        FindingCode.LIMIT_MISMATCH,
                        Spot.event(HOOLI, 2),
                        honest -> honest.hooli(
                                HonestPackage.WRITER,
                                writer -> writer.write(writer.opening(HOOLI, "2.00 USD", 1_000_000_000)))),
                byWriter(
                        "money moved on one side only",
                        FindingCode.ENTRIES_UNBALANCED,
                        3,
                        writer -> writer.write(
                                writer.decision(HOOLI, writer.id(), entry("AVAILABLE", -300), entry("HELD", 299)))),
                byWriter(
                        "an amount too large for any type",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> writer.write(rewritten(writer, "\"300\"", "\"" + "9".repeat(400) + "\""))),
                byWriter(
                        "a name written with an escape that means the same",
                        FindingCode.EVENT_NOT_CANONICAL,
                        3,
                        writer -> writer.write(rewritten(writer, "\"continue\"", "\"\\u0063ontinue\""))),
                byWriter(
                        "a member twice in an event",
                        FindingCode.EVENT_NOT_CANONICAL,
                        3,
                        writer -> writer.write(rewritten(
                                writer, "\"effect\":\"continue\"", "\"effect\":\"continue\",\"effect\":\"stop\""))));
    }

    /** On certificates and revoked keys. */
    static List<Attack> onKeys() {
        return List.of(
                new Attack(
                        "a certificate for his own key with a root's old signature",
                        DATABASE,
                        FindingCode.CERTIFICATE_FORGED,
                        Spot.event(HOOLI, 1),
                        honest -> honest.hooli(forgedCertificate(), KeyHolderAttacks::live)),
                new Attack(
                        "an event signed after the key's certificate ended",
                        WRITER,
                        FindingCode.CERTIFICATE_EXPIRED,
                        Spot.event(HOOLI, 1),
                        honest -> honest.hooli(certified(Specimen.NOW.minus(HOUR), List.of()), KeyHolderAttacks::live)),
                new Attack(
                        "an event dated before the key's certificate",
                        WRITER,
                        FindingCode.CERTIFICATE_NOT_YET_VALID,
                        Spot.event(HOOLI, 1),
                        honest -> honest.hooli(
                                certified(Specimen.NOW.plusSeconds(1), List.of()), KeyHolderAttacks::live)),
                new Attack(
                        "another tenant's key used",
                        WRITER,
                        FindingCode.CERTIFICATE_FOREIGN,
                        Spot.event(HOOLI, 1),
                        honest -> honest.hooli(certified(Specimen.NOW, List.of("globex")), KeyHolderAttacks::live)),
                new Attack(
                        "a revoked key used",
                        WRITER,
                        FindingCode.KEY_REVOKED,
                        Spot.event(HOOLI, 1),
                        honest -> honest.hooli(RETIRED, KeyHolderAttacks::live)));
    }

    /** On the log. */
    static List<Attack> onLog() {
        return List.of(
                new Attack(
                        "the checkpoint left out",
                        DATABASE,
                        FindingCode.CHECKPOINT_MISSING,
                        Spot.container(),
                        honest -> honest.files(files -> files.remove(PackageNames.CHECKPOINT)
                                .remove(PackageNames.HEADS)
                                .remove(PackageNames.RUNS))),
                new Attack(
                        "the checkpoint signed with a key of his own",
                        DATABASE,
                        FindingCode.CHECKPOINT_NOT_SIGNED,
                        Spot.file(PackageNames.CHECKPOINT),
                        honest -> honest.log(SpecimenLog.by(HonestPackage.STRANGER)
                                .take(ACME)
                                .take(GLOBEX))),
                new Attack(
                        "the checkpoint signed with a writer's certified key",
                        WRITER,
                        FindingCode.CHECKPOINT_NOT_SIGNED,
                        Spot.file(PackageNames.CHECKPOINT),
                        KeyHolderAttacks::checkpointByAWriter),
                new Attack(
                        "the log set back to an earlier checkpoint",
                        DATABASE,
                        FindingCode.CHECKPOINT_INCONSISTENT,
                        Spot.file(PackageNames.CHECKPOINT),
                        honest -> honest.log(SpecimenLog.by(HonestPackage.LOG).take(ACME))),
                new Attack(
                        "a log that another auditor was not shown",
                        LOG,
                        FindingCode.CHECKPOINT_INCONSISTENT,
                        Spot.file(PackageNames.CHECKPOINT),
                        honest -> honest.log(
                                SpecimenLog.by(HonestPackage.LOG).take(GLOBEX).take(ACME))),
                new Attack(
                        "other heads than the checkpoint was signed over",
                        DATABASE,
                        FindingCode.LOG_DIFFERS,
                        Spot.file(PackageNames.HEADS),
                        honest -> honest.log(HonestPackage.log().showHeads(heads -> {
                            heads.set(
                                    1, LogHead.of("globex", 7, Digest.sha256(new byte[0]), Digest.sha256(new byte[0])));
                            return heads;
                        }))),
                new Attack(
                        "balances signed that the events do not make",
                        LOG,
                        FindingCode.BALANCES_DIFFER,
                        Spot.stream(HOOLI),
                        KeyHolderAttacks::falseBalance));
    }

    /** A lie in a stream of its own, after a properly opened account of 1.00 USD at its second position. */
    private static Attack byWriter(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    /** A call at some price; at the book's it costs 0.0035 USD. */
    private static void call(Specimen writer, Price price, String cost, String charged, long spent) {
        UUID decision = writer.id();
        writer.write(
                writer.priced(HOOLI, decision, price, PRICES.digest()),
                writer.settled(HOOLI, decision, cost, charged, spent));
    }

    /** A call that was released, and charged after that as a correction of something. */
    private static void released(Specimen writer, UUID decision, String corrected) {
        writer.write(
                writer.decision(HOOLI, decision, 5), release(writer, decision), charged(writer, decision, corrected));
    }

    private static AuditEvent release(Specimen writer, UUID decision) {
        return writer.outcome(HOOLI, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5));
    }

    private static AuditEvent charged(Specimen writer, UUID decision, String corrected) {
        return Specimen.correcting(
                writer.outcome(HOOLI, decision, "COMMITTED", entry("AVAILABLE", -3), entry("SPENT", 3)), corrected);
    }

    private static void part(Specimen writer, String cost, long spent) {
        UUID decision = writer.id();
        writer.write(writer.priced(HOOLI, decision, PRICE, PRICES.digest()), writer.part(HOOLI, decision, cost, spent));
    }

    private static void live(Specimen writer) {
        writer.write(writer.opening(HOOLI));
    }

    /** A decision over 300 atoms with something written otherwise, signed as it is. */
    private static AuditEvent rewritten(Specimen writer, String what, String by) {
        AuditEvent plain = writer.decision(HOOLI, writer.id(), 300);
        String text = new String(plain.payload(), UTF_8);
        if (!text.contains(what)) {
            throw new IllegalArgumentException("The event has no " + what + ".");
        }
        return AuditEvent.stored(
                plain.id(), HOOLI, plain.type(), text.replace(what, by).getBytes(UTF_8));
    }

    /** The log goes on from what the auditor saw, with more spent for one more tenant than its events tell of. */
    private static byte[] falseBalance(HonestPackage honest) throws IOException {
        return honest.hooli(
                HonestPackage.WRITER,
                KeyHolderAttacks::live,
                events -> HonestPackage.log().lieAboutSpending(1).take(events));
    }

    /** A root vouches for his events; the log goes on from what the auditor saw, over what he likes. */
    private static byte[] checkpointByAWriter(HonestPackage honest) throws IOException {
        Signer writer = certified(Specimen.NOW, List.of(HOOLI));
        return honest.hooli(
                writer,
                KeyHolderAttacks::live,
                events -> SpecimenLog.by(writer).take(ACME).take(GLOBEX).take(events));
    }

    /** A stream as long as its holds make it, under the id of the honest one. */
    static List<SealedAuditEvent> life(String tenant, long firstId, long... holds) {
        Specimen writer = Specimen.writer(HonestPackage.WRITER, firstId);
        // Ids are taken as in the honest life, so that the stream is the same one.
        UUID first = writer.id();
        writer.id();
        writer.write(writer.opening(tenant), writer.decision(tenant, first, holds[0]));
        for (int i = 1; i < holds.length; i++) {
            writer.write(writer.decision(tenant, writer.id(), holds[i]));
        }
        return writer.close();
    }

    private static Signer certified(Instant from, List<String> tenants) {
        return Stating.by(ROOT, Ed25519Signer.generate(), tenants, from);
    }

    private static Signer forgedCertificate() {
        Signer own = Ed25519Signer.generate();
        KeyCertificate genuine =
                KeyCertificate.issue(ROOT, Ed25519Signer.generate().verificationKey(), List.of(), Specimen.NOW, HOUR);
        return new Stating(
                own,
                new KeyCertificate(
                        own.verificationKey(),
                        List.of(),
                        genuine.notBefore(),
                        genuine.notAfter(),
                        ROOT.keyId(),
                        genuine.signature()));
    }

    private static JsonObject charge(String amount) {
        return JsonObject.create()
                .put("account", Specimen.ACCOUNT.toString())
                .put("budget", "team")
                .put("amount", amount);
    }

    /** The event with other words. */
    static AuditEvent said(AuditEvent event, String words, String instead) {
        String payload = new String(event.payload(), UTF_8).replace(words, instead);
        return AuditEvent.stored(event.id(), event.tenant(), event.type(), payload.getBytes(UTF_8));
    }
}
