package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static io.spendguard.verify.Specimen.bound;
import static io.spendguard.verify.Specimen.entry;
import static io.spendguard.verify.Specimen.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of an account in a stream that is read before the one that opens it. */
class AcrossStreamsTest {
    private static final String TENANT = "acme";

    private final Specimen first = Specimen.writer(SIGNER, 0x1000);
    private final Specimen second = Specimen.writer(SIGNER, 0x2000);

    @TempDir
    private Path directory;

    @Test
    void verify_usedRightBeforeItsOpeningIsRead_isSound() {
        first.write(
                activated(first, "1.00 USD"),
                activated(first, "3.00 USD", entry("ADJUSTMENT", -2_000_000_000), entry("AVAILABLE", 2_000_000_000)),
                bound(claiming(first, "team", "0.000000005 USD"), "aa"));
        second.write(second.opening(TENANT));

        assertThat(codes()).isEmpty();
    }

    @Test
    void verify_takenForOneOfAnotherBudgetOrUnit_isFound() {
        first.write(claiming(first, "board", "0.000000005 USD"));
        second.write(second.opening(TENANT));

        assertThat(codes()).containsExactly(FindingCode.ACCOUNT_MISNAMED);
    }

    @Test
    void verify_calledDifferentlyByTwoEvents_isFoundOnce() {
        first.write(claiming(first, "team", "0.000000005 USD"), claiming(first, "team", "5 calls"));
        second.write(second.opening(TENANT));

        assertThat(codes()).containsExactly(FindingCode.ACCOUNT_MISNAMED);
    }

    @Test
    void verify_heldBeforeAndAfterItsWindow_isFoundTwice() {
        first.at(Instant.parse("2026-10-31T23:59:59.999Z")).write(first.decision(TENANT, first.id(), 5));
        first.at(Instant.parse("2026-11-01T00:00:00Z")).write(first.decision(TENANT, first.id(), 5));
        first.at(Instant.parse("2026-12-01T00:00:00Z")).write(first.decision(TENANT, first.id(), 5));
        second.write(second.opening(TENANT));

        assertThat(codes()).containsExactly(FindingCode.WINDOW_CLOSED, FindingCode.WINDOW_CLOSED);
    }

    @Test
    void verify_limitThatNoContractStatesInTheEnd_isFound() {
        first.write(
                activated(first, "1.00 USD"),
                activated(first, "3.00 USD", entry("ADJUSTMENT", -4_000_000_000L), entry("AVAILABLE", 4_000_000_000L)));
        second.write(second.opening(TENANT));

        assertThat(codes()).containsExactly(FindingCode.LIMIT_MISMATCH);
    }

    @Test
    void verify_contractThatAnotherWriterPutInForceLater_isSound() {
        AuditEvent decision = bound(first.decision(TENANT, first.id(), 5), "aa");
        first.write(first.opening(TENANT), decision);
        second.write(activated(second, "1.00 USD"));

        assertThat(codes()).isEmpty();
    }

    /** Whoever called it then waited for the ledger, whose clock may say that the window is over: the account keeps its limit. */
    @ParameterizedTest
    @CsvSource({"2026-11-30T23:59:30Z, ", "2026-11-30T23:58:59Z, LIMIT_MISMATCH"})
    void verify_lowerLimitNotGivenRightBeforeItsWindowEnds_mayHaveComeTooLate(Instant moved, FindingCode finding) {
        first.write(activated(first, "1.00 USD"), first.opening(TENANT));
        first.write(activated(first, "0.50 USD"));
        first.at(moved).write(bound(first.decision(TENANT, first.id(), 5), "aa"));

        assertThat(codes()).isEqualTo(finding == null ? List.of() : List.of(finding));
    }

    private AuditEvent claiming(Specimen writer, String budget, String amount) {
        return with(
                writer.decision(TENANT, writer.id(), 5),
                data -> data.put(
                        "claims",
                        List.of(JsonObject.create()
                                .put("account", Specimen.ACCOUNT.toString())
                                .put("budget", budget)
                                .put("amount", amount))));
    }

    private static AuditEvent activated(Specimen writer, String limit, JsonObject... entries) {
        return writer.event(
                EventTypes.CONTRACT_ACTIVATED,
                TENANT,
                data -> data.put("contract", "aa")
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

    private List<FindingCode> codes() {
        List<SealedAuditEvent> events = new ArrayList<>(first.close());
        events.addAll(second.close());
        Path file = Specimen.export(directory.resolve("e.zip"), events);
        return BothWays.verify(file, ANCHORS).findings().stream()
                .map(Finding::code)
                .toList();
    }
}
