package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ACCOUNT;
import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static io.spendguard.verify.Specimen.entry;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.proof.Anchors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a properly signing but wrong writer says is found as well. */
class VerifierContentTest {
    private static final String TENANT = "acme";

    @TempDir
    Path directory;

    private final Specimen writer = Specimen.writer(SIGNER, 0x1000);
    private final UUID decision = writer.id();

    @Test
    void money_entriesOfOneEventDoNotBalance_namesIt() {
        writer.write(opening());
        writer.write(writer.decision(TENANT, decision, entry("AVAILABLE", -300), entry("HELD", 299)));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.ENTRIES_UNBALANCED);
        assertThat(finding.place().seq()).isEqualTo(3);
        assertThat(finding.message())
                .isEqualTo("Event " + finding.place().event() + " moves account " + ACCOUNT
                        + " by -1: every movement has two sides, which sum to 0. Ask who wrote it.");
    }

    @Test
    void money_holdBeyondTheLimit_namesTheEventThatOverdrew() {
        writer.write(opening());
        writer.write(writer.decision(TENANT, decision, 700_000_000));
        writer.write(writer.decision(TENANT, writer.id(), 300_000_001));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.BALANCE_IMPOSSIBLE);
        assertThat(finding.place().seq()).isEqualTo(4);
    }

    @Test
    void money_overdrawnForAMomentOnly_isFoundWithinOneStream() {
        writer.write(opening(), writer.decision(TENANT, decision, 1_000_000_001));
        writer.write(writer.outcome(
                TENANT, decision, "RELEASED", entry("HELD", -1_000_000_001), entry("AVAILABLE", 1_000_000_001)));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.BALANCE_IMPOSSIBLE);
    }

    @Test
    void money_costAboveTheLimit_isDebtNotAFinding() {
        writer.write(opening(), writer.decision(TENANT, decision, 1_000_000_000));
        writer.write(writer.outcome(
                TENANT,
                decision,
                "COMMITTED",
                entry("HELD", -1_000_000_000),
                entry("SPENT", 1_200_000_000),
                entry("DEBT", -200_000_000)));

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.accounts().get(0).debt()).hasToString("0.20 USD");
        assertThat(report.accounts().get(0).spent()).hasToString("1.20 USD");
    }

    @Test
    void money_accountNeverOpened_namesItsFirstUse() {
        writer.write(writer.decision(TENANT, decision, 5));

        List<FindingCode> codes = codes(verify(writer.close()));

        assertThat(codes).containsExactly(FindingCode.ACCOUNT_NOT_OPENED, FindingCode.BALANCE_IMPOSSIBLE);
    }

    @Test
    void money_accountUsedBeforeItsOpening_isFound() {
        writer.write(writer.decision(TENANT, decision, 5), opening());

        List<FindingCode> codes = codes(verify(writer.close()));

        assertThat(codes).containsExactly(FindingCode.ACCOUNT_NOT_OPENED, FindingCode.BALANCE_IMPOSSIBLE);
    }

    @Test
    void money_accountOpenedTwice_namesTheSecond() {
        writer.write(opening(), opening());

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.ACCOUNT_OPENED_TWICE);
        assertThat(finding.place().seq()).isEqualTo(3);
    }

    @Test
    void money_statedLimitIsNotTheGranted_isFound() {
        writer.write(writer.opening(TENANT, "2.00 USD", 1_000_000_000));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.LIMIT_MISMATCH);
        assertThat(finding.message())
                .isEqualTo("Event " + finding.place().event() + " states a limit of 2.00 USD for account " + ACCOUNT
                        + ", but its entries grant 1000000000 atoms of USD: both must agree. Ask who wrote it.");
    }

    @Test
    void money_limitInAnotherUnitThanTheAccounts_isFound() {
        writer.write(writer.opening(TENANT, "1.00 EUR", 1_000_000_000));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.LIMIT_MISMATCH);
    }

    @Test
    void event_envelopeNamesAnotherDecision_isFound() {
        AuditEvent plain = writer.decision(TENANT, decision);
        String other = new String(plain.payload(), UTF_8)
                .replace("\"decisionid\":\"" + decision, "\"decisionid\":\"" + writer.id());
        writer.write(AuditEvent.stored(plain.id(), TENANT, plain.type(), other.getBytes(UTF_8)));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.EVENT_DATA_MALFORMED);
    }

    @Test
    void stream_closingCountsOtherEventsThanThereAre_isFound() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(AuditEvent.of(EventTypes.STREAM_CLOSED, writer.id(), TENANT, Specimen.NOW)
                .data(JsonObject.create().put("stream", stream.toString()).put("events", 4))
                .build());

        assertThat(codes(verify(writer.leaveOpen()))).containsExactly(FindingCode.STREAM_MALFORMED);
    }

    @Test
    void stream_fenceThatNamesItsPosition_isFine() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(fence(stream, 3));

        assertThat(codes(verify(writer.leaveOpen()))).containsExactly(FindingCode.STREAM_OPEN);
    }

    @Test
    void stream_fenceThatNamesAnotherPosition_isFound() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(fence(stream, 2));

        assertThat(codes(verify(writer.leaveOpen())))
                .containsExactlyInAnyOrder(FindingCode.STREAM_MALFORMED, FindingCode.STREAM_OPEN);
    }

    @Test
    void stream_closedByAnotherWriterOfTheTenant_isClosed() {
        writer.write(opening());

        Path file = Specimen.export(
                directory.resolve("e.zip"),
                Specimen.writer(HonestPackage.WRITER, 0x9000).closeFor(writer.leaveOpen()));
        VerificationReport report =
                BothWays.verify(file, Anchors.of(SIGNER.verificationKey(), HonestPackage.WRITER.verificationKey()));

        assertThat(report.findings()).isEmpty();
        assertThat(report.streams())
                .extracting(StreamReport::state)
                .containsExactlyInAnyOrder(StreamReport.State.CLOSED_BY_FENCE, StreamReport.State.CLOSED);
    }

    @Test
    void stream_clocksThatDiffer_isANoteAndNoFinding() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(anomaly(stream, "2026-11-23T14:00:00Z", "2026-11-23T12:00:00Z", 7_200_000, 0));
        writer.write(anomaly(stream, "2026-11-23T12:00:00.5Z", "2026-11-23T12:00:01Z", -500, 7_200_000));

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.streams().get(0).clockDifference()).isEqualTo(Duration.ofHours(2));
        assertThat(report.notes())
                .contains(
                        "clocks: 1 streams state that the ledger's clock and their writer's differed, by 7200 s at most;"
                                + " what they date is by the writer's, windows and expiry by the ledger's");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-23T14:00:00Z, 2026-11-23T12:00:00Z, 7200001, 0", // not what the two times differ by
        "2026-11-23T14:00:00Z, 2026-11-23T12:00:00Z, 7200000, 1", // nothing was stated before
        "2026-11-23T12:00:09Z, 2026-11-23T12:00:00Z, 9000, 0", // nothing to state
        "yesterday, 2026-11-23T12:00:00Z, 7200000, 0"
    })
    void stream_clocksThatAreNotWhatTheyAreSaidToBe_isFound(String ledger, String host, long ahead, long before) {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(anomaly(stream, ledger, host, ahead, before));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.STREAM_MALFORMED);
    }

    @Test
    void stream_clocksOfAnotherStream_isFound() {
        writer.write(opening());
        writer.write(anomaly(UUID.randomUUID(), "2026-11-23T14:00:00Z", "2026-11-23T12:00:00Z", 7_200_000, 0));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.STREAM_MALFORMED);
    }

    @Test
    void stream_clockEventThatMovesMoney_isFound() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        AuditEvent anomaly = anomaly(stream, "2026-11-23T14:00:00Z", "2026-11-23T12:00:00Z", 7_200_000, 0);
        JsonObject data = JsonObject.parse(anomaly.payload()).object("data");
        writer.write(AuditEvent.of(anomaly.type(), writer.id(), TENANT, Specimen.NOW)
                .data(data.put("transaction", writer.id().toString())
                        .put("entries", List.of(entry("AVAILABLE", -1), entry("HELD", 1))))
                .build());

        assertThat(codes(verify(writer.close()))).contains(FindingCode.ENTRIES_UNFIT);
    }

    @Test
    void stream_decisionsThatWereNotRecorded_areANoteAndNoFinding() {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(unrecorded(stream, 2, 1, "2026-11-23T12:00:05Z"));
        writer.write(unrecorded(stream, 4, 0, "2026-11-23T12:00:00Z"));

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.notes())
                .contains(
                        "unrecorded: 7 decisions were answered while the ledger was away, and have no event of their own");
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 2026-11-23T12:00:05Z", "-1, 5, 2026-11-23T12:00:05Z", "1, 0, 2026-11-23T11:59:59Z", "1, 0, soon"
    })
    void stream_unrecordedDecisionsThatCannotBe_areFound(long refused, long passed, String until) {
        writer.write(opening());
        UUID stream = writer.leaveOpen().get(0).stream();
        writer.write(unrecorded(stream, refused, passed, until));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.STREAM_MALFORMED);
    }

    private AuditEvent unrecorded(UUID stream, long refused, long passed, String until) {
        return AuditEvent.of(EventTypes.UNRECORDED, writer.id(), TENANT, Specimen.NOW)
                .data(JsonObject.create()
                        .put("stream", stream.toString())
                        .put(
                                "unrecorded",
                                JsonObject.create()
                                        .put("refused", refused)
                                        .put("passed", passed)
                                        .put("from", "2026-11-23T12:00:00Z")
                                        .put("until", until)))
                .build();
    }

    private AuditEvent anomaly(UUID stream, String ledger, String host, long ahead, long before) {
        return AuditEvent.of(EventTypes.CLOCK_ANOMALY, writer.id(), TENANT, Specimen.NOW)
                .data(JsonObject.create()
                        .put("stream", stream.toString())
                        .put(
                                "clocks",
                                JsonObject.create()
                                        .put("ledger", ledger)
                                        .put("writer", host)
                                        .put("ahead", ahead)
                                        .put("before", before)))
                .build();
    }

    private AuditEvent fence(UUID stream, long position) {
        return AuditEvent.of(EventTypes.STREAM_FENCED, writer.id(), TENANT, Specimen.NOW)
                .data(JsonObject.create().put("stream", stream.toString()).put("position", position))
                .build();
    }

    @Test
    void money_movedByAnEventOfAnUnknownType_isNotProven() {
        writer.write(opening(), writer.decision(TENANT, decision, 5));
        writer.write(writer.outcome(TENANT, decision, "COMMITTED", entry("HELD", -5), entry("SPENT", 5)));
        writer.write(writer.event(
                "io.spendguard.spend.forgiven.v1", TENANT, data -> {}, entry("SPENT", -5), entry("AVAILABLE", 5)));

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.money()).isEqualTo(VerificationReport.Money.UNKNOWN);
        assertThat(report.notes())
                .contains(
                        "NOT CHECKED: what 1 events of type io.spendguard.spend.forgiven.v1 say, which this version does not"
                                + " know; verify with a newer one",
                        "money: NOT PROVEN, events of types that this version does not know move it");
    }

    @Test
    void money_decisionThatGrantsItself_isFound() {
        writer.write(opening());
        writer.write(writer.decision(TENANT, decision, entry("ADJUSTMENT", -9), entry("HELD", 9)));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.LIMIT_MISMATCH);
        assertThat(finding.message())
                .isEqualTo("Event " + finding.place().event()
                        + " (io.spendguard.decision.v1) changes the limit of account " + ACCOUNT
                        + ": only contracts and openings grant. Ask who wrote it.");
    }

    @Test
    void money_sumBeyondALong_isAFindingNotAnOverflow() {
        writer.write(opening());
        writer.write(writer.decision(
                TENANT, decision, entry("SPENT", Long.MAX_VALUE), entry("SPENT", 1), entry("DEBT", Long.MIN_VALUE)));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.EVENT_DATA_MALFORMED);
    }

    @Test
    void money_grantOfMoreThanALong_isAFindingNotAnOverflow() {
        AuditEvent opened = opening();
        String payload = new String(opened.payload(), UTF_8)
                .replace("\"-1000000000\"", "\"" + Long.MIN_VALUE + "\"")
                .replace("\"1000000000\"", "\"" + Long.MAX_VALUE + "\"");
        writer.write(AuditEvent.stored(opened.id(), TENANT, opened.type(), payload.getBytes(UTF_8)));

        assertThat(codes(verify(writer.close()))).contains(FindingCode.LIMIT_MISMATCH, FindingCode.BALANCE_IMPOSSIBLE);
    }

    @Test
    void pairs_costOnARefusal_isFound() {
        writer.write(opening());
        writer.write(AuditEvent.of(EventTypes.DECISION, writer.id(), TENANT, Specimen.NOW)
                .decision(decision)
                .data(JsonObject.create()
                        .put("transaction", writer.id().toString())
                        .put("entries", List.of())
                        .put(
                                "decision",
                                JsonObject.create()
                                        .put("id", decision.toString())
                                        .put("effect", "stop")))
                .build());
        writer.write(writer.outcome(TENANT, decision, "COMMITTED", entry("AVAILABLE", -7), entry("SPENT", 7)));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.OUTCOME_OF_REFUSAL);
        assertThat(finding.message())
                .isEqualTo("Outcome " + finding.place().event() + " moves money for decision " + decision
                        + ", which allowed nothing: a refusal costs nothing. Ask who settled it.");
    }

    @Test
    void money_twoWritersOfOneAccount_isCheckedAtItsEnd() {
        Specimen other = Specimen.writer(SIGNER, 0x9000);
        writer.write(opening());
        other.write(other.decision(TENANT, decision, 400_000_000));
        writer.write(writer.outcome(
                TENANT, decision, "RELEASED", entry("HELD", -400_000_000), entry("AVAILABLE", 400_000_000)));
        List<SealedAuditEvent> events = new ArrayList<>(other.close());
        events.addAll(writer.close());

        VerificationReport report = verify(events);

        assertThat(report.findings()).isEmpty();
        assertThat(report.accounts().get(0).available()).hasToString("1.00 USD");
    }

    @Test
    void pairs_outcomeWithoutDecision_isFound() {
        writer.write(opening());
        writer.write(writer.outcome(TENANT, decision, "RELEASED"));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.OUTCOME_WITHOUT_DECISION);
        assertThat(finding.message())
                .isEqualTo("Outcome " + finding.place().event() + " is of decision " + decision
                        + ", which is not there: an outcome follows its decision. Export all streams.");
    }

    @Test
    void pairs_twoFinalOutcomes_namesTheSecond() {
        writer.write(opening(), writer.decision(TENANT, decision, 5));
        writer.write(writer.outcome(TENANT, decision, "RELEASED", entry("HELD", -5), entry("AVAILABLE", 5)));
        writer.write(writer.outcome(TENANT, decision, "RELEASED"));

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.OUTCOME_TWICE);
        assertThat(finding.place().seq()).isEqualTo(5);
    }

    @Test
    void pairs_outcomeLeavesPartOfTheHold_isFound() {
        writer.write(opening(), writer.decision(TENANT, decision, 5));
        writer.write(writer.outcome(TENANT, decision, "RELEASED", entry("HELD", -4), entry("AVAILABLE", 4)));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.HOLD_NOT_DISSOLVED);
    }

    @Test
    void pairs_decisionTwice_namesTheSecond() {
        writer.write(opening(), writer.decision(TENANT, decision, 5));
        writer.write(writer.decision(TENANT, decision, 5));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.DECISION_TWICE);
    }

    @Test
    void pairs_holdWithoutOutcome_isInformationOnly() {
        writer.write(opening(), writer.decision(TENANT, decision, 5));

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.openHolds()).isEqualTo(1);
        assertThat(report.notes()).contains("holds without an outcome yet: 1");
    }

    @Test
    void event_sameIdInTwoStreams_isFound() {
        AuditEvent twice = opening();
        Specimen other = Specimen.writer(SIGNER, 0x9000);
        writer.write(twice);
        other.write(twice);
        List<SealedAuditEvent> events = new ArrayList<>(writer.close());
        events.addAll(other.close());

        assertThat(codes(verify(events))).startsWith(FindingCode.EVENT_DUPLICATED);
    }

    @Test
    void event_ofATypeFromTheFuture_countsAndIsNamedAsUnchecked() {
        writer.write(
                opening(),
                AuditEvent.of("io.spendguard.hold.merged.v1", writer.id(), TENANT, Specimen.NOW)
                        .data(JsonObject.create()
                                .put("transaction", writer.id().toString())
                                .put("entries", List.of(entry("AVAILABLE", -5), entry("HELD", 5))))
                        .build());

        VerificationReport report = verify(writer.close());

        assertThat(report.findings()).isEmpty();
        assertThat(report.tally().unknownTypes()).isEqualTo(Map.of("io.spendguard.hold.merged.v1", 1L));
        assertThat(report.notes())
                .contains(
                        "NOT CHECKED: what 1 events of type io.spendguard.hold.merged.v1 say, which this version does not"
                                + " know; verify with a newer one");
        assertThat(report.accounts().get(0).held()).hasToString("0.000000005 USD");
    }

    @Test
    void event_factsMissing_isFoundNotThrown() {
        writer.write(AuditEvent.of(EventTypes.DECISION, writer.id(), TENANT, Specimen.NOW)
                .decision(decision)
                .data(JsonObject.create().put("entries", List.of()))
                .build());

        Finding finding = onlyFinding();

        assertThat(finding.code()).isEqualTo(FindingCode.EVENT_DATA_MALFORMED);
        assertThat(finding.message())
                .isEqualTo("Event " + finding.place().event() + " (io.spendguard.decision.v1) lacks what its type has:"
                        + " Member 'transaction' is missing: a string is expected.");
    }

    @Test
    void event_signedButNotCanonical_isFound() {
        AuditEvent plain = opening();
        String spaced = new String(plain.payload(), UTF_8).replace("{\"data\"", "{ \"data\"");
        writer.write(AuditEvent.stored(plain.id(), TENANT, plain.type(), spaced.getBytes(UTF_8)));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.EVENT_NOT_CANONICAL);
    }

    @Test
    void event_signedForAnotherTenantThanItSays_isMislabelled() {
        AuditEvent foreign = writer.opening("globex");
        writer.write(AuditEvent.stored(foreign.id(), TENANT, foreign.type(), foreign.payload()));

        assertThat(onlyFinding().code()).isEqualTo(FindingCode.EVENT_MISLABELLED);
    }

    @Test
    void stream_leftOpen_isNeverVerified() {
        writer.write(opening());

        VerificationReport report = verify(writer.leaveOpen());

        assertThat(codes(report)).containsExactly(FindingCode.STREAM_OPEN);
        assertThat(report.streams().get(0).state()).isEqualTo(StreamReport.State.OPEN);
    }

    private AuditEvent opening() {
        return writer.opening(TENANT);
    }

    private Finding onlyFinding() {
        VerificationReport report = verify(writer.close());
        assertThat(report.findings()).hasSize(1);
        return report.findings().get(0);
    }

    private VerificationReport verify(List<SealedAuditEvent> events) {
        return BothWays.verify(Specimen.export(directory.resolve("e.zip"), events), ANCHORS);
    }

    private static List<FindingCode> codes(VerificationReport report) {
        return report.findings().stream().map(Finding::code).toList();
    }
}
