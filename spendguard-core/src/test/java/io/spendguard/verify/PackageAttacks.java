package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.DATABASE;
import static io.spendguard.verify.Attack.Means.PACKAGE;
import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.HonestPackage.ACME;
import static io.spendguard.verify.HonestPackage.STRANGER;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.verify.Attack.Spot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Attacks that need no key: on rows and files. */
final class PackageAttacks {
    private PackageAttacks() {}

    /** On the rows of events, before they are exported. */
    static List<Attack> onEvents() {
        return List.of(
                new Attack(
                        "a cost edited",
                        DATABASE,
                        FindingCode.EVENT_EDITED,
                        Spot.event("acme", 5),
                        honest -> honest.lines("acme", lines -> edit(lines, 5, "250000000", "150000000"))),
                new Attack(
                        "a cost edited, and digests and chain recomputed",
                        DATABASE,
                        FindingCode.EVENT_FORGED,
                        Spot.event("acme", 5),
                        honest -> rechained(honest, lines -> edit(lines, 5, "250000000", "150000000"))),
                new Attack(
                        "a decision's effect rewritten, to forge an approval, and the chain recomputed",
                        DATABASE,
                        FindingCode.EVENT_FORGED,
                        Spot.event("acme", 3),
                        honest -> rechained(honest, lines -> edit(lines, 3, "\"continue\"", "\"require_approval\""))),
                new Attack(
                        "an event back-dated",
                        DATABASE,
                        FindingCode.EVENT_EDITED,
                        Spot.event("acme", 3),
                        honest -> honest.lines("acme", lines -> edit(lines, 3, "T12:00:00Z", "T11:00:00Z"))),
                new Attack(
                        "spaces added to an event that mean nothing",
                        DATABASE,
                        FindingCode.EVENT_EDITED,
                        Spot.event("acme", 3),
                        honest -> honest.lines("acme", lines -> edit(lines, 3, "{\"data\"", "{ \"data\""))),
                new Attack(
                        "the first event deleted",
                        DATABASE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 1),
                        honest -> honest.lines("acme", lines -> lines.remove(0))),
                new Attack(
                        "an event in the middle deleted",
                        DATABASE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 4),
                        honest -> honest.lines("acme", lines -> lines.remove(3))),
                new Attack(
                        "an event deleted, the others renumbered",
                        DATABASE,
                        FindingCode.EVENT_MISSING,
                        Spot.event("acme", 4),
                        honest -> honest.lines("acme", lines -> {
                            lines.remove(3);
                            for (int i = 3; i < lines.size(); i++) {
                                lines.set(i, Tampered.seq(lines.get(i), i + 1));
                            }
                        })),
                new Attack(
                        "an event deleted, the others renumbered and chained anew",
                        DATABASE,
                        FindingCode.EVENT_FORGED,
                        Spot.event("acme", 4),
                        honest -> rechained(honest, lines -> lines.remove(3))),
                new Attack(
                        "the last event deleted",
                        DATABASE,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.stream("acme"),
                        honest -> honest.lines("acme", lines -> lines.remove(6))),
                new Attack(
                        "a decision's outcome cut off with all that follows",
                        DATABASE,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.stream("acme"),
                        honest -> honest.lines(
                                "acme", lines -> lines.subList(4, 7).clear())),
                new Attack(
                        "a whole stream deleted",
                        DATABASE,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.stream("globex"),
                        honest -> honest.files(files -> files.remove(files.streamFile("globex")))),
                new Attack(
                        "rows deleted that the log had not taken up yet",
                        DATABASE,
                        FindingCode.TAIL_LOST,
                        Spot.file("receipts.jsonl"),
                        honest -> honest.lines(
                                "initech", lines -> lines.subList(4, 7).clear())),
                new Attack(
                        "two events reordered",
                        DATABASE,
                        FindingCode.EVENT_REORDERED,
                        Spot.event("acme", 4),
                        honest -> honest.lines("acme", lines -> Collections.swap(lines, 2, 3))),
                new Attack(
                        "two events exchanged under their seals",
                        DATABASE,
                        FindingCode.EVENT_REORDERED,
                        Spot.event("acme", 3),
                        honest -> honest.lines("acme", lines -> {
                            EventLine third = lines.get(2);
                            EventLine fourth = lines.get(3);
                            lines.set(2, Tampered.event(third, fourth));
                            lines.set(3, Tampered.event(fourth, third));
                        })),
                new Attack(
                        "an event duplicated",
                        DATABASE,
                        FindingCode.EVENT_DUPLICATED,
                        Spot.event("acme", 3),
                        honest -> honest.lines("acme", lines -> lines.add(4, lines.get(2)))),
                new Attack(
                        "events of two tenants exchanged",
                        DATABASE,
                        FindingCode.EVENT_FOREIGN,
                        Spot.event("acme", 5),
                        honest -> honest.files(files -> {
                            EventLine acme = files.lines("acme").get(4);
                            EventLine globex = files.lines("globex").get(4);
                            files.line("acme", 5, line -> globex).line("globex", 5, line -> acme);
                        })),
                new Attack(
                        "a stream moved to another tenant",
                        DATABASE,
                        FindingCode.EVENT_FOREIGN,
                        Spot.event("umbrella", 1),
                        honest -> honest.files(files -> {
                            String from = files.streamFile("globex");
                            byte[] stolen = files.files().get(from);
                            files.remove(from).files().put(from.replace("globex", "umbrella"), stolen);
                        })),
                new Attack(
                        "an event edited and signed with a key of his own",
                        DATABASE,
                        FindingCode.KEY_NOT_ANCHORED,
                        Spot.event("acme", 5),
                        honest -> honest.lines("acme", lines -> {
                            edit(lines, 5, "250000000", "150000000");
                            Tampered.rechain(lines, "acme", HonestPackage.stream(ACME));
                            lines.set(4, Tampered.resigned(lines.get(4), "acme", HonestPackage.stream(ACME), STRANGER));
                        })),
                new Attack(
                        "a tenant's whole life invented with a key of his own",
                        DATABASE,
                        FindingCode.KEY_NOT_ANCHORED,
                        Spot.event("hooli", 1),
                        honest -> honest.hooli(
                                STRANGER, writer -> writer.write(writer.opening("hooli", "9.00 USD", 9_000_000_000L)))),
                new Attack(
                        "a number in an event's line too large for any type",
                        PACKAGE,
                        FindingCode.LINE_MALFORMED,
                        Spot.line("acme", 5),
                        honest -> rawLines(honest, text -> text.replace("\"seq\":5,", "\"seq\":1e400,"))),
                new Attack(
                        "a member twice in an event's line",
                        PACKAGE,
                        FindingCode.LINE_MALFORMED,
                        Spot.line("acme", 5),
                        honest -> rawLines(honest, text -> text.replace("\"seq\":5,", "\"seq\":5,\"seq\":5,"))));
    }

    /** On the files, and on the zip around them. */
    static List<Attack> onFiles() {
        return List.of(
                new Attack(
                        "an event's line that is not UTF-8",
                        PACKAGE,
                        FindingCode.LINE_MALFORMED,
                        Spot.line("globex", 1),
                        honest -> {
                            Tampered files = honest.open();
                            files.files().get(files.streamFile("globex"))[20] = (byte) 0xff;
                            return files.toBytes();
                        }),
                new Attack(
                        "the price book altered under its old name",
                        DATABASE,
                        FindingCode.FILE_ALTERED,
                        Spot.member("pricebooks"),
                        honest -> honest.files(files -> HonestPackage.changeMember(
                                files, "pricebooks", text -> text.replaceFirst("\"input\":\"\\d", "\"input\":\"0")))),
                new Attack(
                        "the contract altered under its old name",
                        DATABASE,
                        FindingCode.FILE_ALTERED,
                        Spot.member("contracts"),
                        honest -> honest.files(files ->
                                HonestPackage.changeMember(files, "contracts", text -> text.replace("team", "teem")))),
                new Attack(
                        "an event edited, and the manifest recomputed but not signed",
                        PACKAGE,
                        FindingCode.EVENT_EDITED,
                        Spot.event("acme", 5),
                        honest -> honest.open()
                                .line("acme", 5, line -> Tampered.edited(line, "250000000", "150000000"))
                                .sealManifest(STRANGER)
                                .toBytes()),
                new Attack(
                        "the manifest signed by somebody else",
                        PACKAGE,
                        FindingCode.MANIFEST_NOT_SIGNED,
                        Spot.file(PackageNames.SIGNATURE),
                        honest -> honest.open().sealManifest(STRANGER).toBytes()),
                new Attack(
                        "the manifest names another tenant than its files",
                        PACKAGE,
                        FindingCode.EVENT_OUTSIDE_FILTER,
                        Spot.event("acme", 1),
                        honest -> HonestPackage.unsigned(honest.open(), EvidenceFilter.ofTenant("initech"))),
                new Attack(
                        "the manifest signed with a key of another tenant, of which it tells only",
                        WRITER,
                        FindingCode.MANIFEST_MALFORMED,
                        Spot.file(PackageNames.MANIFEST),
                        honest -> {
                            Signer globex = Stating.by(
                                    HonestPackage.ROOT, Ed25519Signer.generate(), List.of("globex"), Specimen.NOW);
                            Tampered shown = honest.open()
                                    .change(
                                            PackageNames.KEYS,
                                            keys -> "{\"certificates\":["
                                                    + globex.certificate()
                                                            .orElseThrow()
                                                            .toJson() + "]," + keys.substring(1));
                            shown.sealManifest(globex);
                            EvidenceManifest told =
                                    EvidenceManifest.parse(shown.files().get(PackageNames.MANIFEST));
                            List<EvidenceManifest.Stream> own = told.streams().stream()
                                    .filter(stream -> stream.tenant().equals("globex"))
                                    .toList();
                            return shown.manifest(
                                            globex,
                                            new EvidenceManifest(
                                                    told.createdAt(), told.filter(), told.events(), told.files(), own))
                                    .toBytes();
                        }),
                new Attack(
                        "a member twice in the manifest",
                        PACKAGE,
                        FindingCode.MANIFEST_MALFORMED,
                        Spot.file(PackageNames.MANIFEST),
                        honest -> honest.open()
                                .change(PackageNames.MANIFEST, text -> text.replaceFirst("\\{", "{\"events\":0,"))
                                .toBytes()),
                new Attack("a file removed", PACKAGE, FindingCode.FILE_MISSING, Spot.member("contracts"), honest -> {
                    Tampered files = honest.open();
                    files.files().keySet().removeIf(name -> name.startsWith("contracts/"));
                    return files.toBytes();
                }),
                new Attack(
                        "a file that would land outside (`../`)",
                        PACKAGE,
                        FindingCode.FILE_UNEXPECTED,
                        Spot.file("../../etc/passwd"),
                        honest -> honest.open().put("../../etc/passwd", "x\n").toBytes()),
                new Attack(
                        "a file of the same name twice",
                        PACKAGE,
                        FindingCode.CONTAINER_MALFORMED,
                        Spot.file(PackageNames.MANIFEST),
                        honest -> {
                            List<Map.Entry<String, byte[]>> twice =
                                    new ArrayList<>(honest.open().files().entrySet());
                            twice.add(Map.entry(PackageNames.MANIFEST, "{}".getBytes(StandardCharsets.UTF_8)));
                            return Tampered.zip(twice, 0, "");
                        }),
                new Attack(
                        "bytes hidden between files",
                        PACKAGE,
                        FindingCode.CONTAINER_MALFORMED,
                        Spot.container(),
                        honest -> Tampered.zip(List.copyOf(honest.open().files().entrySet()), 0, "hidden")),
                new Attack(
                        "a zip bomb: a file that would unpack to 4 GB",
                        PACKAGE,
                        FindingCode.CONTAINER_MALFORMED,
                        Spot.container(),
                        PackageAttacks::deflated),
                new Attack(
                        "a zip bomb: one file listed a thousand times",
                        PACKAGE,
                        FindingCode.CONTAINER_MALFORMED,
                        Spot.container(),
                        PackageAttacks::overlapping),
                new Attack("the package cut off", PACKAGE, FindingCode.PACKAGE_UNREADABLE, Spot.container(), honest -> {
                    byte[] bytes = honest.bytes();
                    return Arrays.copyOf(bytes, bytes.length / 2);
                }));
    }

    /** The manifest is left as it was: whoever changes lines so that they are none cannot list their streams. */
    private static byte[] rawLines(HonestPackage honest, UnaryOperator<String> change) throws IOException {
        Tampered files = honest.open();
        return files.change(files.streamFile("acme"), change).toBytes();
    }

    /** Other lines in acme's stream, with the chain recomputed over them. */
    private static byte[] rechained(HonestPackage honest, Consumer<List<EventLine>> change) throws IOException {
        return honest.lines("acme", lines -> {
            change.accept(lines);
            Tampered.rechain(lines, "acme", HonestPackage.stream(ACME));
        });
    }

    private static void edit(List<EventLine> lines, int seq, String what, String by) {
        lines.set(seq - 1, Tampered.edited(lines.get(seq - 1), what, by));
    }

    /** The first record says that its file is deflated and has 4 GB. */
    private static byte[] deflated(HonestPackage honest) throws IOException {
        byte[] bytes = honest.bytes();
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int end = bytes.length - StoredZip.END_BYTES;
        int record = zip.getInt(end + StoredZip.END_DIRECTORY + Integer.BYTES);
        zip.putShort(record + 10, (short) 8);
        zip.putInt(record + StoredZip.RECORD_SIZE + Integer.BYTES, -1);
        return bytes;
    }

    /** A directory of a thousand records of one content. */
    private static byte[] overlapping(HonestPackage honest) throws IOException {
        byte[] bytes = honest.bytes();
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int end = bytes.length - StoredZip.END_BYTES;
        int directory = zip.getInt(end + StoredZip.END_DIRECTORY + Integer.BYTES);
        int name = zip.getShort(directory + StoredZip.RECORD_NAME_LENGTH);
        int length = StoredZip.RECORD_BYTES + name;
        ByteBuffer bomb = ByteBuffer.allocate(directory + 1_000 * length + StoredZip.END_BYTES);
        bomb.put(bytes, 0, directory);
        for (int i = 0; i < 1_000; i++) {
            bomb.put(bytes, directory, length);
        }
        return bomb.put(StoredZip.end(1_000, 1_000L * length, directory)).array();
    }
}
