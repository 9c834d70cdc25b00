package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.DATABASE;
import static io.spendguard.verify.Attack.Means.LOG;
import static io.spendguard.verify.Attack.Means.PACKAGE;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import io.spendguard.proof.Anchors;
import io.spendguard.verify.Attack.Spot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Attacks on a package that begins after a checkpoint: acme's account and first decision lie before it, a second decision and both
 * outcomes after it. The auditor has seen exactly that checkpoint.
 */
final class StartAttacks {
    static final List<SealedAuditEvent> LIFE = Specimen.life(HonestPackage.WRITER, "acme", 0x5000);
    static final int SEEN = 2;
    static final Anchors TRUST = Anchors.of(
            HonestPackage.WRITER.verificationKey(),
            HonestPackage.LOG.verificationKey(),
            HonestPackage.EXPORTER.verificationKey());
    static final Anchors AUDITOR = TRUST.with(earlier().signed());

    private StartAttacks() {}

    static List<Attack> all() {
        return List.of(
                attack(
                        "another checkpoint passed off as the one that a package begins after",
                        LOG,
                        FindingCode.CHECKPOINT_INCONSISTENT,
                        Spot.file("log/checkpoint.note"),
                        honest -> honest.signed(StartAttacks::fork)),
                attack(
                        "a package that begins after a checkpoint of another log",
                        LOG,
                        FindingCode.CHECKPOINT_INCONSISTENT,
                        Spot.file("log/checkpoint.note"),
                        honest -> honest.signed(
                                made(LIFE, log().named("example.com/other").from(SEEN)))),
                attack(
                        "the first event after that checkpoint deleted",
                        DATABASE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 4),
                        honest -> changed(honest, files -> files.lines("acme", lines -> lines.remove(0)))),
                attack(
                        "the same, and the stream said to have stood behind it",
                        DATABASE,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.event("acme", 4),
                        honest -> changed(
                                honest,
                                files -> start(heldMore(files).lines("acme", lines -> lines.remove(0)), LIFE.get(3)))),
                attack(
                        "the same, and the tenant as well",
                        DATABASE,
                        FindingCode.LOG_DIFFERS,
                        Spot.file("log/start.jsonl"),
                        honest -> honest.signed(StartAttacks::movedOn)),
                attack(
                        "an event before that checkpoint shown once more",
                        DATABASE,
                        FindingCode.EVENT_DUPLICATED,
                        Spot.event("acme", 3),
                        honest -> changed(
                                honest,
                                files -> files.lines("acme", lines -> lines.add(0, EventLine.of(LIFE.get(2)))))),
                attack(
                        "an event after the last checkpoint added to such a package",
                        DATABASE,
                        FindingCode.LOG_DIFFERS,
                        Spot.event("acme", 7),
                        honest -> honest.signed(it -> made(
                                        LIFE, earlier().take(LIFE.subList(3, 6)).from(SEEN))
                                .make(it)
                                .lines("acme", lines -> lines.add(EventLine.of(LIFE.get(6)))))),
                attack(
                        "an opening balance forged",
                        DATABASE,
                        FindingCode.BALANCES_DIFFER,
                        Spot.file("log/openings.jsonl"),
                        honest -> changed(honest, StartAttacks::richer)),
                attack(
                        "an opening balance forged, and the root over it",
                        DATABASE,
                        FindingCode.LOG_DIFFERS,
                        Spot.file("log/start.jsonl"),
                        honest -> changed(honest, StartAttacks::richerUnderItsRoot)),
                attack(
                        "an account's opening balance given twice",
                        DATABASE,
                        FindingCode.LOG_MALFORMED,
                        Spot.file("log/openings.jsonl"),
                        honest -> changed(honest, files -> files.change(PackageNames.OPENINGS, text -> text + text))),
                attack(
                        "events named as leaves twice, so that others are missed by nobody",
                        DATABASE,
                        FindingCode.LOG_MALFORMED,
                        Spot.file("log/runs.jsonl"),
                        honest -> changed(
                                honest,
                                files -> files.change(PackageNames.RUNS, StartAttacks::lastLeafOnceMore)
                                        .lines("acme", lines -> lines.remove(lines.size() - 1)))),
                attack(
                        "a package that begins after a checkpoint passed off as everything",
                        PACKAGE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 1),
                        honest -> honest.unsigned(it ->
                                honest().make(it).remove(PackageNames.START).remove(PackageNames.OPENINGS))));
    }

    /** Acme's events between both checkpoints. */
    static HonestPackage.Craft honest() {
        return made(LIFE, log().from(SEEN));
    }

    static HonestPackage.Craft made(List<SealedAuditEvent> events, LogExport log) {
        return honest -> honest.open(events, log);
    }

    static SpecimenLog earlier() {
        return SpecimenLog.by(HonestPackage.LOG).take(LIFE.subList(0, 3)).take(HonestPackage.GLOBEX);
    }

    static SpecimenLog log() {
        return earlier().take(LIFE.subList(3, 7));
    }

    private static Attack attack(String does, Attack.Means with, FindingCode finding, Spot names, Attack.Craft craft) {
        return new Attack(does, with, finding, names, craft, AUDITOR);
    }

    private static byte[] changed(HonestPackage honest, UnaryOperator<Tampered> change) throws IOException {
        return honest.signed(it -> change.apply(honest().make(it)));
    }

    /** He wrote another past, and signs a log of it. */
    private static Tampered fork(HonestPackage honest) throws IOException {
        List<SealedAuditEvent> past = Specimen.life(HonestPackage.WRITER, "acme", 0x6000);
        return honest.open(
                past,
                SpecimenLog.by(HonestPackage.LOG)
                        .take(past.subList(0, 3))
                        .take(HonestPackage.GLOBEX)
                        .take(past.subList(3, 7))
                        .from(SEEN));
    }

    /** Exported as if acme had stood behind its fourth event; what the exporter finds wrong of that, he corrects by hand. */
    private static Tampered movedOn(HonestPackage honest) throws IOException {
        LogExport late = log().from(SEEN, 1);
        List<String> starts = new ArrayList<>();
        late.start(line -> starts.add(text(line)));
        List<String> runs = new ArrayList<>();
        late.runs(run -> runs.add(new String(run.toBytes(), StandardCharsets.UTF_8)));
        return heldMore(honest().make(honest))
                .lines("acme", lines -> lines.remove(0))
                .put(PackageNames.START, lines(starts))
                .put(PackageNames.RUNS, lines(runs));
    }

    /** The stream is said to have stood at this event. */
    private static Tampered start(Tampered files, SealedAuditEvent last) {
        return start(
                files,
                line -> line instanceof LogStart.OfStream stream
                        ? new LogStart.OfStream(
                                stream.tenant(),
                                stream.stream(),
                                last.seq(),
                                last.chain(),
                                stream.index(),
                                stream.path())
                        : line);
    }

    private static Tampered start(Tampered files, UnaryOperator<LogStart> change) {
        return files.change(
                PackageNames.START,
                text -> lines(text.lines()
                        .map(line -> LogStart.parse(line.getBytes(StandardCharsets.UTF_8)))
                        .map(change)
                        .map(StartAttacks::text)
                        .toList()));
    }

    /** As its fourth event left it. */
    private static Tampered heldMore(Tampered files) {
        return files.change(PackageNames.OPENINGS, text -> text.replace("300000000", "500000000"));
    }

    /** The last leaf of a tenant said to be of the event before it once more. */
    private static String lastLeafOnceMore(String runs) {
        List<LogRun> named = new ArrayList<>(runs.lines()
                .map(line -> LogRun.parse(line.getBytes(StandardCharsets.UTF_8)))
                .toList());
        int last = named.size() - 1;
        LogRun before = named.get(last - 1);
        named.set(
                last,
                new LogRun(before.tenant(), named.get(last).index(), before.stream(), before.from(), before.to()));
        return lines(named.stream().map(StartAttacks::line).toList());
    }

    private static String line(LogRun run) {
        return new String(run.toBytes(), StandardCharsets.UTF_8);
    }

    private static Tampered richer(Tampered files) {
        return files.change(PackageNames.OPENINGS, text -> text.replace("\"1000000000\"", "\"2000000000\""));
    }

    private static Tampered richerUnderItsRoot(Tampered files) {
        String opening = new String(richer(files).files().get(PackageNames.OPENINGS), StandardCharsets.UTF_8).trim();
        Digest root = OpeningBalance.root(List.of(OpeningBalance.parse(opening.getBytes(StandardCharsets.UTF_8))));
        return start(
                files,
                line -> line instanceof LogStart.OfTenant tenant
                        ? new LogStart.OfTenant(
                                tenant.tenant(), tenant.size(), root, tenant.index(), tenant.path(), tenant.frontier())
                        : line);
    }

    private static String text(LogStart line) {
        return new String(line.toBytes(), StandardCharsets.UTF_8);
    }

    private static String lines(List<String> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }
}
