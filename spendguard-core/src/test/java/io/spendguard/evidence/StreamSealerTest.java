package io.spendguard.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.Signer;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StreamSealerTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final UUID STREAM = UUID.fromString("01920000-0000-7000-8000-00000000000f");

    private final Signer signer = Ed25519Signer.generate();
    private final AtomicLong next = new AtomicLong(1);
    private final IdSource ids = () -> new UUID(0x7000L, next.getAndIncrement());
    private final UnrecordedDecisions unrecorded = new UnrecordedDecisions();
    private final StreamSealer sealer =
            new StreamSealer(signer, ids, Clock.fixed(NOW, ZoneOffset.UTC), false, unrecorded);

    @Test
    void seal_firstEventOfATenant_isPrecededByTheStreamsOpening() {
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme")));

        assertThat(sealed).extracting(SealedAuditEvent::seq).containsExactly(1L, 2L);
        JsonObject data = JsonObject.parse(sealed.get(0).event().payload()).object("data");
        assertThat(sealed.get(0).event().type()).isEqualTo("io.spendguard.stream.opened.v1");
        assertThat(data.string("stream")).isEqualTo(sealed.get(0).stream().toString());
        assertThat(data.string("writer")).isEqualTo("00000000-0000-7000-0000-000000000001");
        assertThat(data.string("keyId")).isEqualTo(signer.keyId());
        assertThat(Base64.getDecoder().decode(data.string("publicKey"))).isEqualTo(signer.publicKey());
    }

    @Test
    void seal_severalTenants_chainsEachInItsOwnStream() {
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme"), event("globex"), event("acme")));

        assertThat(sealed)
                .extracting(it -> it.event().tenant() + it.seq())
                .containsExactly("acme1", "acme2", "globex1", "globex2", "acme3");
        assertThat(sealed.get(4).chain())
                .isEqualTo(SealFormat.next(
                        sealed.get(1).chain(), sealed.get(4).event().digest()));
        assertThat(sealed.get(0).stream()).isNotEqualTo(sealed.get(2).stream());
    }

    @Test
    void seal_everyEvent_verifiesAlone() {
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme"), event("globex"), event("acme")));

        for (SealedAuditEvent it : sealed) {
            Digest leaf = SealFormat.leaf(it.event().tenant(), it.stream(), it.seq(), it.chain());
            Digest root = MerkleTree.rootFrom(leaf, it.leafIndex(), it.batchSize(), it.path());
            assertThat(it.batchSize()).isEqualTo(5);
            assertThat(signer.verificationKey().verify(SealFormat.batch(5, root), it.signature()))
                    .isTrue();
        }
    }

    @Test
    void seal_signingEachEvent_givesEachABatchOfItsOwn() {
        StreamSealer strict = new StreamSealer(signer, ids, Clock.fixed(NOW, ZoneOffset.UTC), true, unrecorded);

        List<SealedAuditEvent> sealed = strict.seal(List.of(event("acme"), event("globex")));

        assertThat(sealed).hasSize(4).allSatisfy(it -> {
            Digest leaf = SealFormat.leaf(it.event().tenant(), it.stream(), it.seq(), it.chain());
            assertThat(it.batchSize()).isEqualTo(1);
            assertThat(it.path()).isEmpty();
            assertThat(signer.verificationKey().verify(SealFormat.batch(1, leaf), it.signature()))
                    .isTrue();
        });
    }

    @Test
    void seal_afterCommitted_goesOn() {
        UUID stream = sealer.seal(List.of(event("acme"))).get(0).stream();
        sealer.committed();

        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme")));

        assertThat(sealed).extracting(SealedAuditEvent::seq).containsExactly(3L);
        assertThat(sealed.get(0).stream()).isEqualTo(stream);
    }

    @Test
    void seal_afterAbandoned_givesThePositionsAgain() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        sealer.seal(List.of(event("acme"), event("acme")));
        sealer.abandoned();

        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme")));

        assertThat(sealed).extracting(SealedAuditEvent::seq).containsExactly(3L);
    }

    @Test
    void seal_afterTheOpeningBatchWasAbandoned_opensAgain() {
        sealer.seal(List.of(event("acme")));
        sealer.abandoned();

        assertThat(sealer.seal(List.of(event("acme"))))
                .extracting(SealedAuditEvent::seq)
                .containsExactly(1L, 2L);
    }

    @Test
    void seal_afterLost_opensNewStreamsForItsTenantsOnly() {
        UUID acme = sealer.seal(List.of(event("acme"), event("globex"))).get(0).stream();
        sealer.committed();
        sealer.seal(List.of(event("acme")));
        sealer.lost();

        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme"), event("globex")));

        assertThat(sealed)
                .extracting(it -> it.event().tenant() + it.seq())
                .containsExactly("acme1", "acme2", "globex3");
        assertThat(sealed.get(0).stream()).isNotEqualTo(acme);
    }

    @Test
    void seal_afterATailWasLost_statesItInANewStream_untilThatIsDurable() {
        sealer.seal(List.of(event("acme"), event("globex")));
        sealer.committed();
        StreamEnd lost = sealer.tails().get(0);

        sealer.tailsLost(List.of(lost));
        List<SealedAuditEvent> abandoned = sealer.seal(List.of(event("acme"), event("globex"), event("acme")));
        sealer.abandoned();
        sealer.seal(List.of(event("acme")));
        sealer.sealFence();
        sealer.fenced();
        List<SealedAuditEvent> afterFence = sealer.seal(List.of(event("acme")));
        sealer.committed();
        List<SealedAuditEvent> afterwards = sealer.seal(List.of(event("acme")));

        assertThat(lost.tenant()).isEqualTo("acme");
        assertThat(lost.seq()).isEqualTo(2);
        assertThat(abandoned)
                .extracting(it -> it.event().tenant() + it.seq())
                .containsExactly("acme1", "acme2", "acme3", "globex3", "acme4");
        assertThat(abandoned.get(0).stream()).isNotEqualTo(lost.stream());
        assertThat(afterFence)
                .as("the fence opened the stream and said nothing of the loss")
                .extracting(it -> it.event().type())
                .containsExactly(EventTypes.TAIL_LOST, EventTypes.DECISION);
        JsonObject told = JsonObject.parse(afterFence.get(0).event().payload())
                .object("data")
                .object("lost");
        assertThat(told.string("stream")).isEqualTo(lost.stream().toString());
        assertThat(told.integer("position")).isEqualTo(2);
        assertThat(told.string("chain")).isEqualTo(lost.chain().hex());
        assertThat(afterwards).extracting(SealedAuditEvent::seq).containsExactly(4L);
    }

    @Test
    void sealClosing_afterATailWasLost_statesItAllTheSame() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        sealer.tailsLost(sealer.tails());

        assertThat(sealer.sealClosing())
                .extracting(it -> it.event().type())
                .containsExactly(EventTypes.STREAM_OPENED, EventTypes.TAIL_LOST, EventTypes.STREAM_CLOSED);
    }

    @Test
    void sealFence_ofAnOpenStream_takesTheBatchsFirstPositionAndIsFollowed() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        List<SealedAuditEvent> batch = sealer.seal(List.of(event("acme"), event("acme")));

        List<SealedAuditEvent> fence = sealer.sealFence();
        sealer.fenced();
        List<SealedAuditEvent> next = sealer.seal(List.of(event("acme")));

        assertThat(fence).hasSize(1);
        assertThat(fence.get(0).event().type()).isEqualTo(EventTypes.STREAM_FENCED);
        assertThat(fence.get(0).stream()).isEqualTo(batch.get(0).stream());
        assertThat(fence.get(0).seq()).isEqualTo(batch.get(0).seq()).isEqualTo(3);
        assertThat(next).extracting(SealedAuditEvent::seq).containsExactly(4L);
        assertThat(next.get(0).chain())
                .isEqualTo(SealFormat.next(
                        fence.get(0).chain(), next.get(0).event().digest()));
    }

    @Test
    void sealFence_ofANewStream_opensThatStream() {
        List<SealedAuditEvent> batch = sealer.seal(List.of(event("acme")));

        SealedAuditEvent fence = sealer.sealFence().get(0);
        sealer.fenced();
        List<SealedAuditEvent> next = sealer.seal(List.of(event("acme")));

        assertThat(fence.event().type()).isEqualTo(EventTypes.STREAM_OPENED);
        assertThat(fence.event().id()).isNotEqualTo(batch.get(0).event().id());
        assertThat(fence.stream()).isEqualTo(batch.get(0).stream());
        assertThat(fence.seq()).isEqualTo(1);
        assertThat(next).extracting(SealedAuditEvent::seq).containsExactly(2L);
    }

    @Test
    void committed_afterAFenceThatFailed_keepsTheBatch() {
        sealer.seal(List.of(event("acme"), event("acme")));
        sealer.sealFence();
        sealer.committed();

        assertThat(sealer.seal(List.of(event("acme"))))
                .extracting(SealedAuditEvent::seq)
                .containsExactly(4L);
    }

    @Test
    void sealClosingOf_withoutAStreamOfTheTenant_opensAndClosesOneAroundIt() {
        Digest chain = Digest.sha256("tail".getBytes(UTF_8));
        UUID stream = UUID.fromString("01920000-0000-7000-8000-0000000000dd");

        List<SealedAuditEvent> batch = sealer.sealClosingOf(new StreamEnd("acme", stream, 7, chain), "ed25519:dead");
        sealer.committed();

        assertThat(batch)
                .extracting(event -> event.event().type())
                .containsExactly(EventTypes.STREAM_OPENED, EventTypes.STREAM_CLOSED_BY_FENCE, EventTypes.STREAM_CLOSED);
        SealedAuditEvent last = batch.get(1);
        assertThat(last.stream()).isEqualTo(stream);
        assertThat(last.seq()).isEqualTo(8);
        assertThat(last.chain()).isEqualTo(SealFormat.next(chain, last.event().digest()));
        assertThat(JsonObject.parse(last.event().payload()).object("data"))
                .isEqualTo(JsonObject.create()
                        .put("stream", stream.toString())
                        .put("events", 8)
                        .put("keyId", "ed25519:dead")
                        .put(
                                "by",
                                JsonObject.create()
                                        .put("stream", batch.get(0).stream().toString())
                                        .put("keyId", last.keyId())));
        assertThat(batch.get(2).stream()).isEqualTo(batch.get(0).stream());
        assertThat(sealer.tails()).isEmpty();
    }

    @Test
    void sealClosingOf_withAStreamOfTheTenant_namesItAndLeavesItOpen() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        List<StreamEnd> before = sealer.tails();

        List<SealedAuditEvent> batch = sealer.sealClosingOf(
                new StreamEnd("acme", UUID.randomUUID(), 1, before.get(0).chain()), "ed25519:dead");
        sealer.committed();

        assertThat(batch).hasSize(1);
        assertThat(new String(batch.get(0).event().payload(), UTF_8))
                .contains(before.get(0).stream().toString());
        assertThat(sealer.tails()).isEqualTo(before);
    }

    @Test
    void unrecorded_ofATenant_areStatedByItsNextEvent_onceThatIsDurable() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        unrecorded.add("acme", NOW.plusSeconds(1), false);
        unrecorded.add("acme", NOW, false);
        unrecorded.add("acme", NOW.plusSeconds(2), true);
        unrecorded.add("globex", NOW, false);

        sealer.seal(List.of(event("acme")));
        sealer.abandoned();
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme"), event("acme")));
        unrecorded.add("acme", NOW.plusSeconds(3), false);
        sealer.committed();
        List<SealedAuditEvent> next = sealer.seal(List.of(event("acme")));
        sealer.committed();

        assertThat(sealed)
                .extracting(it -> it.seq() + " " + it.event().type())
                .containsExactly(
                        "3 io.spendguard.stream.unrecorded.v1",
                        "4 io.spendguard.decision.v1",
                        "5 io.spendguard.decision.v1");
        assertThat(JsonObject.parse(sealed.get(0).event().payload()).object("data"))
                .isEqualTo(JsonObject.create()
                        .put("stream", sealed.get(0).stream().toString())
                        .put("unrecorded", counted(2, 1, "2026-11-23T12:00:00Z", "2026-11-23T12:00:02Z")));
        assertThat(JsonObject.parse(next.get(0).event().payload())
                        .object("data")
                        .object("unrecorded"))
                .as("what came while the batch was on its way")
                .isEqualTo(counted(1, 0, "2026-11-23T12:00:02Z", "2026-11-23T12:00:03Z"));
        assertThat(sealer.seal(List.of(event("acme")))).hasSize(1);
        assertThat(unrecorded.total()).isEqualTo(5);
    }

    @Test
    void unrecorded_atTheEnd_areStatedForTenantsThatHadAStreamHere() {
        sealer.seal(List.of(event("acme"), event("globex")));
        sealer.committed();
        sealer.seal(List.of(event("globex")));
        sealer.lost();
        unrecorded.add("acme", NOW, false);
        unrecorded.add("globex", NOW, false);
        unrecorded.add("another store's", NOW, false);

        List<SealedAuditEvent> closing = sealer.sealClosing();

        assertThat(closing)
                .extracting(
                        it -> it.event().tenant() + it.seq() + " " + it.event().type())
                .containsExactly(
                        "globex1 io.spendguard.stream.opened.v1",
                        "globex2 io.spendguard.stream.unrecorded.v1",
                        "globex3 io.spendguard.stream.closed.v1",
                        "acme3 io.spendguard.stream.unrecorded.v1",
                        "acme4 io.spendguard.stream.closed.v1");
    }

    private static JsonObject counted(long refused, long passed, String from, String until) {
        return JsonObject.create()
                .put("refused", refused)
                .put("passed", passed)
                .put("from", from)
                .put("until", until);
    }

    @Test
    void ledgerTime_farFromTheWriters_isStatedOnceInEachStream() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();

        assertThat(sealer.ledgerTime(NOW.plusMillis(10_001), Duration.ZERO)).isPresent();
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("acme"), event("acme"), event("globex")));
        sealer.committed();

        assertThat(sealed)
                .extracting(
                        it -> it.event().tenant() + it.seq() + " " + it.event().type())
                .containsExactly(
                        "acme3 io.spendguard.stream.clock_anomaly.v1",
                        "acme4 io.spendguard.decision.v1",
                        "acme5 io.spendguard.decision.v1",
                        "globex1 io.spendguard.stream.opened.v1",
                        "globex2 io.spendguard.stream.clock_anomaly.v1",
                        "globex3 io.spendguard.decision.v1");
        assertThat(JsonObject.parse(sealed.get(0).event().payload()).object("data"))
                .isEqualTo(JsonObject.create()
                        .put("stream", sealed.get(0).stream().toString())
                        .put(
                                "clocks",
                                JsonObject.create()
                                        .put("ledger", "2026-11-23T12:00:10.001Z")
                                        .put("writer", "2026-11-23T12:00:00Z")
                                        .put("ahead", 10_001)
                                        .put("before", 0)));
        assertThat(sealer.ledgerTime(NOW.plusMillis(9_000), Duration.ZERO))
                .as("the same difference, more or less")
                .isEmpty();
        assertThat(sealer.seal(List.of(event("acme"), event("globex")))).hasSize(2);
    }

    @Test
    void ledgerTime_asTheWritersAgain_isStatedWhereSomethingElseWas() {
        sealer.ledgerTime(NOW.minusSeconds(3600), Duration.ZERO);
        sealer.seal(List.of(event("acme")));
        sealer.committed();

        assertThat(sealer.ledgerTime(NOW.plusSeconds(1), Duration.ZERO)).isPresent();
        List<SealedAuditEvent> sealed = sealer.seal(List.of(event("globex"), event("acme")));

        assertThat(sealed)
                .extracting(
                        it -> it.event().tenant() + it.seq() + " " + it.event().type())
                .containsExactly(
                        "globex1 io.spendguard.stream.opened.v1",
                        "globex2 io.spendguard.decision.v1",
                        "acme4 io.spendguard.stream.clock_anomaly.v1",
                        "acme5 io.spendguard.decision.v1");
        JsonObject clocks =
                JsonObject.parse(sealed.get(2).event().payload()).object("data").object("clocks");
        assertThat(clocks.integer("before")).isEqualTo(-3_600_000);
        assertThat(clocks.integer("ahead")).isEqualTo(1_000);
    }

    @Test
    void ledgerTime_thatMayBeOld_differsOnlyWhereItDoesWheneverItWasRead() {
        assertThat(sealer.ledgerTime(NOW.minusSeconds(40), Duration.ofSeconds(30)))
                .isEmpty();
        assertThat(sealer.ledgerTime(NOW.minusMillis(40_001), Duration.ofSeconds(30)))
                .isPresent();
        assertThat(sealer.ledgerTime(NOW.plusSeconds(5), Duration.ofSeconds(30)))
                .as("45 s more, of which 30 may be the age")
                .isPresent();
    }

    @Test
    void ledgerTime_batchAbandoned_isStatedByTheNext() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        sealer.ledgerTime(NOW.plusSeconds(60), Duration.ZERO);
        sealer.seal(List.of(event("acme")));
        sealer.abandoned();

        List<SealedAuditEvent> closing = sealer.sealClosing();

        assertThat(closing)
                .extracting(it -> it.seq() + " " + it.event().type())
                .containsExactly("3 io.spendguard.stream.clock_anomaly.v1", "4 io.spendguard.stream.closed.v1");
    }

    @Test
    void sealFence_withoutAPendingBatch_isRefused() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(sealer::sealFence)
                .withMessage("No batch is pending: there is nothing to put a fence against. Seal one first.");
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(sealer::fenced);
    }

    @Test
    void seal_whileABatchIsPending_isRefused() {
        sealer.seal(List.of(event("acme")));

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> sealer.seal(List.of(event("acme"))))
                .withMessage(
                        "A sealed batch is pending: its positions are taken until it is known to be durable or not."
                                + " Call committed(), abandoned(), fenced() or lost() first.");
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(sealer::sealClosing);
    }

    @Test
    void seal_nothing_leavesNothingPending() {
        assertThat(sealer.seal(List.of())).isEmpty();
        assertThat(sealer.seal(List.of(event("acme")))).hasSize(2);
    }

    @Test
    void sealClosing_countsEventsAndEndsEveryStream() {
        sealer.seal(List.of(event("acme"), event("acme"), event("globex")));
        sealer.committed();

        List<SealedAuditEvent> closing = sealer.sealClosing();
        sealer.committed();

        assertThat(closing)
                .extracting(it -> it.event().type() + " " + it.event().tenant() + it.seq())
                .containsExactly("io.spendguard.stream.closed.v1 acme4", "io.spendguard.stream.closed.v1 globex3");
        assertThat(JsonObject.parse(closing.get(0).event().payload())
                        .object("data")
                        .integer("events"))
                .isEqualTo(4);
        assertThat(sealer.sealClosing()).isEmpty();
        assertThat(sealer.seal(List.of(event("acme"))))
                .extracting(SealedAuditEvent::seq)
                .containsExactly(1L, 2L);
    }

    @Test
    void sealClosing_abandoned_keepsTheStreamsOpen() {
        sealer.seal(List.of(event("acme")));
        sealer.committed();
        sealer.sealClosing();
        sealer.abandoned();

        assertThat(sealer.sealClosing()).extracting(SealedAuditEvent::seq).containsExactly(3L);
    }

    @Test
    void format_everyHash_isTheDocumentedBytes() {
        Digest chain = Digest.sha256(new byte[] {1});
        byte[] start = ByteBuffer.allocate(4 + 20 + 4 + 4 + 16)
                .putInt(20)
                .put("spendguard:stream:v1".getBytes(UTF_8))
                .putInt(4)
                .put("acme".getBytes(UTF_8))
                .putLong(STREAM.getMostSignificantBits())
                .putLong(STREAM.getLeastSignificantBits())
                .array();
        byte[] leaf = ByteBuffer.allocate(1 + 4 + 18 + 4 + 4 + 16 + 8 + 32)
                .put((byte) 0)
                .putInt(18)
                .put("spendguard:leaf:v1".getBytes(UTF_8))
                .putInt(4)
                .put("acme".getBytes(UTF_8))
                .putLong(STREAM.getMostSignificantBits())
                .putLong(STREAM.getLeastSignificantBits())
                .putLong(7)
                .put(chain.bytes())
                .array();
        byte[] batch = ByteBuffer.allocate(4 + 19 + 4 + 32)
                .putInt(19)
                .put("spendguard:batch:v1".getBytes(UTF_8))
                .putInt(3)
                .put(chain.bytes())
                .array();

        assertThat(SealFormat.start("acme", STREAM)).isEqualTo(Digest.sha256(start));
        assertThat(SealFormat.leaf("acme", STREAM, 7, chain)).isEqualTo(Digest.sha256(leaf));
        assertThat(SealFormat.next(chain, chain)).isEqualTo(Digest.sha256(chain.bytes(), chain.bytes()));
        assertThat(SealFormat.batch(3, chain)).isEqualTo(batch);
    }

    private AuditEvent event(String tenant) {
        return AuditEvent.of(EventTypes.DECISION, ids.next(), tenant, NOW).build();
    }
}
