package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.verify.Attack.Spot;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Attacks by whoever holds a key with which a dead writer's stream may be closed for it. */
final class FenceAttacks {
    private static final String HOOLI = "hooli";
    private static final UUID NOWHERE = UUID.fromString("01920000-0000-7000-8000-0000000000dd");

    private FenceAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Attack(
                        "a live stream closed early with another key of its tenant, and its tail cut off",
                        WRITER,
                        FindingCode.EVENT_LEFT_OUT,
                        Spot.stream("acme"),
                        honest -> honest.with(
                                "acme", closer(certified("acme")).closeFor(HonestPackage.ACME.subList(0, 4)))),
                new Attack(
                        "the same to a stream that the log had not taken up yet",
                        WRITER,
                        FindingCode.RECEIPT_CONTRADICTED,
                        Spot.event("initech", 5),
                        honest -> honest.with(
                                "initech", closer(certified("initech")).closeFor(HonestPackage.INITECH.subList(0, 4)))),
                new Attack(
                        "a stream closed for its writer with a key of another tenant",
                        WRITER,
                        FindingCode.CERTIFICATE_FOREIGN,
                        Spot.event(HOOLI, 3),
                        honest -> honest.with(HOOLI, closer(certified("globex")).closeFor(live()))),
                new Attack(
                        "an event after a stream was closed for its writer",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> {
                            List<SealedAuditEvent> closed =
                                    new ArrayList<>(closer(certified(HOOLI)).closeFor(live()));
                            SealedAuditEvent fence = closed.get(3);
                            closed.add(
                                    4,
                                    placed(
                                            HonestPackage.WRITER,
                                            decision(),
                                            fence.stream(),
                                            fence.seq() + 1,
                                            fence.chain()));
                            return honest.with(HOOLI, closed);
                        }),
                new Attack(
                        "a stream closed for its writer further on than its tail",
                        WRITER,
                        FindingCode.EVENT_MISSING,
                        Spot.event(HOOLI, 3),
                        honest -> honest.with(HOOLI, fenced(HonestPackage.WRITER, 9, 9, null))),
                new Attack(
                        "a stream closed for its writer at another count than its own",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> honest.with(HOOLI, fenced(HonestPackage.WRITER, 3, 9, null))),
                new Attack(
                        "a stream closed in the name of a writer that has none",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> honest.with(HOOLI, fenced(HonestPackage.WRITER, 3, 3, NOWHERE))),
                new Attack(
                        "a stream closed for its writer by itself",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> honest.with(HOOLI, fenced(HonestPackage.WRITER, 3, 3, live().get(0).stream()))),
                new Attack(
                        "a stream closed for its writer twice",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> {
                            List<SealedAuditEvent> once = fenced(HonestPackage.WRITER, 3, 3, null);
                            SealedAuditEvent fence = once.get(2);
                            AuditEvent again = AuditEvent.of(
                                            EventTypes.STREAM_CLOSED_BY_FENCE, NOWHERE, HOOLI, Specimen.NOW)
                                    .data(JsonObject.parse(fence.event().payload())
                                            .object("data"))
                                    .build();
                            once.add(
                                    3,
                                    placed(
                                            HonestPackage.WRITER,
                                            KeyHolderAttacks.said(again, "\"events\":3", "\"events\":4"),
                                            fence.stream(),
                                            4,
                                            fence.chain()));
                            return honest.with(HOOLI, once);
                        }),
                new Attack(
                        "a stream that goes on after its closing event, and is closed once more",
                        WRITER,
                        FindingCode.STREAM_MALFORMED,
                        Spot.event(HOOLI, 3),
                        honest -> {
                            List<SealedAuditEvent> live = new ArrayList<>(live());
                            for (AuditEvent next : List.of(closing(3), decision(), closing(5))) {
                                SealedAuditEvent last = live.get(live.size() - 1);
                                live.add(placed(
                                        HonestPackage.WRITER, next, last.stream(), last.seq() + 1, last.chain()));
                            }
                            return honest.with(HOOLI, live);
                        }),
                new Attack(
                        "another event than that put behind a stream with another key of its tenant",
                        WRITER,
                        FindingCode.EVENT_FORGED,
                        Spot.event(HOOLI, 3),
                        honest -> {
                            List<SealedAuditEvent> live = new ArrayList<>(live());
                            SealedAuditEvent last = live.get(1);
                            live.add(placed(HonestPackage.LOG, decision(), last.stream(), 3, last.chain()));
                            return honest.with(HOOLI, live);
                        }));
    }

    /** A stream of two events whose writer goes on. */
    private static List<SealedAuditEvent> live() {
        Specimen writer = Specimen.writer(HonestPackage.WRITER, 0x9000);
        writer.write(writer.opening(HOOLI));
        return writer.leaveOpen();
    }

    private static Specimen closer(Signer key) {
        return Specimen.writer(key, 0xa000);
    }

    /** That stream, closed at some position, with some count and by somebody; by a stream that is there when null. */
    private static List<SealedAuditEvent> fenced(Signer key, long position, long count, @Nullable UUID by) {
        List<SealedAuditEvent> all = new ArrayList<>(live());
        SealedAuditEvent last = all.get(1);
        Specimen closer = closer(key);
        closer.write(closer.decision(HOOLI, closer.id(), new JsonObject[0]));
        List<SealedAuditEvent> own = closer.close();
        AuditEvent fence = AuditEvent.of(EventTypes.STREAM_CLOSED_BY_FENCE, closer.id(), HOOLI, Specimen.NOW)
                .data(JsonObject.create()
                        .put("stream", last.stream().toString())
                        .put("events", count)
                        .put("keyId", last.keyId())
                        .put(
                                "by",
                                JsonObject.create()
                                        .put("stream", (by == null ? own.get(0).stream() : by).toString())
                                        .put("keyId", key.keyId())))
                .build();
        all.add(placed(key, fence, last.stream(), position, last.chain()));
        all.addAll(own);
        return all;
    }

    private static AuditEvent closing(long events) {
        String stream = live().get(0).stream().toString();
        return AuditEvent.of(
                        EventTypes.STREAM_CLOSED,
                        new UUID(0x0192_0000_0000_7000L, 0x8000_0000_0000_c000L + events),
                        HOOLI,
                        Specimen.NOW)
                .data(JsonObject.create().put("stream", stream).put("events", events))
                .build();
    }

    private static AuditEvent decision() {
        Specimen writer = Specimen.writer(HonestPackage.WRITER, 0xb000);
        return writer.decision(HOOLI, writer.id(), 5);
    }

    /** An event signed by itself for a place after a chain value. */
    private static SealedAuditEvent placed(Signer key, AuditEvent event, UUID stream, long seq, Digest before) {
        Digest chain = SealFormat.next(before, event.digest());
        Digest leaf = SealFormat.leaf(event.tenant(), stream, seq, chain);
        return new SealedAuditEvent(
                event, stream, seq, chain, 1, 0, List.of(), key.sign(SealFormat.batch(1, leaf)), key.keyId());
    }

    private static Signer certified(String tenant) {
        return Stating.by(HonestPackage.ROOT, Ed25519Signer.generate(), List.of(tenant), Specimen.NOW);
    }
}
