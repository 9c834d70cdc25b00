package io.spendguard.verify;

import static io.spendguard.verify.ApprovalAttacks.asked;
import static io.spendguard.verify.ApprovalAttacks.dated;
import static io.spendguard.verify.ApprovalAttacks.resolved;
import static io.spendguard.verify.ApprovalAttacks.silenceIsAYes;
import static io.spendguard.verify.ApprovalAttacks.used;
import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.NOW;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.model.ApproverRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What honest writers say of approvals, in one stream and across several. */
class ApprovalBookTest {
    private static final String TENANT = "hooli";

    private static final Place PLACE = new Place("events/hooli/s.jsonl", 3, TENANT, new UUID(1, 1), 3, new UUID(1, 2));

    private final Specimen first = Specimen.writer(SIGNER, 0x1000);
    private final Specimen second = Specimen.writer(SIGNER, 0x2000);
    private final UUID asking = first.id();

    @TempDir
    private Path directory;

    @Test
    void verify_askedAnsweredAndDecided_isSound_andCounted() {
        AuditEvent approval = resolved(first, asking, "APPROVED");
        first.write(
                first.opening(TENANT), asked(first, asking), approval, used(first, asking, "APPROVED", approval.id()));

        VerificationReport report = verify();

        assertThat(report.findings()).extracting(Finding::code).isEmpty();
        assertThat(report.tally().approvals()).isEqualTo(Map.of("APPROVED", 1L));
    }

    @Test
    void verify_eachByAnotherWriter_isSoundInWhateverOrderTheyAreRead() {
        AuditEvent approval = resolved(second, asking, "APPROVED");
        first.write(first.opening(TENANT), used(first, asking, "APPROVED", approval.id()));
        second.write(approval, asked(second, asking));

        // Of one stream the order is proved, across streams it is not.
        assertThat(verify().findings()).extracting(Finding::code).containsExactly(FindingCode.APPROVAL_UNFIT);
    }

    @Test
    void verify_askedByAnotherWriterThanTheRest_isSound() {
        AuditEvent approval = resolved(first, asking, "APPROVED");
        first.write(first.opening(TENANT), approval, used(first, asking, "APPROVED", approval.id()));
        second.write(asked(second, asking));

        assertThat(verify().findings()).extracting(Finding::code).isEmpty();
    }

    @Test
    void verify_silenceThatIsAYes_isSoundWhenItsTimeIsOver() {
        first.write(
                first.opening(TENANT),
                silenceIsAYes(asked(first, asking)),
                dated(NOW.plus(Duration.ofMinutes(30)), used(first, asking, "EXPIRED", null)));

        assertThat(verify().findings()).extracting(Finding::code).isEmpty();
    }

    @Test
    void verify_approvalThatNobodyUsed_isSound() {
        first.write(first.opening(TENANT), asked(first, asking), resolved(first, asking, "APPROVED"));

        assertThat(verify().findings()).extracting(Finding::code).isEmpty();
    }

    @Test
    void verify_approvalOfADecisionThatIsNotThere_isFound() {
        first.write(first.opening(TENANT), resolved(first, asking, "APPROVED"));

        assertThat(verify().findings()).extracting(Finding::code).containsExactly(FindingCode.APPROVAL_UNFIT);
    }

    @Test
    void verify_timeForAnApprovalThatNoContractGives_isMalformed() {
        first.write(first.opening(TENANT), KeyHolderAttacks.said(asked(first, asking), "PT30M", "PT9000000000000000S"));

        assertThat(verify().findings()).extracting(Finding::code).containsExactly(FindingCode.EVENT_DATA_MALFORMED);
    }

    @Test
    void verify_excerptWithoutWhatWasAsked_findsNothing() {
        first.write(first.opening(TENANT), asked(first, asking), used(first, asking, "APPROVED", first.id()));

        Path file = Specimen.export(
                directory.resolve("e.zip"), first.close(), SIGNER, null, EvidenceFilter.ALL.ofRun("run-1"));

        assertThat(BothWays.verify(file, ANCHORS).findings()).isEmpty();
    }

    @Test
    void conclude_whatMayStandBeforeThePackageBegins_isNotMissing() {
        Findings findings = new Findings();
        Scope later = new Scope();
        later.beginsLater();
        ContractBook dropped = new ContractBook(new Scope(), findings);
        dropped.beganBefore(TENANT);

        for (ContractBook contracts : List.of(new ContractBook(later, findings), dropped)) {
            ApprovalBook book = new ApprovalBook(contracts, new DecisionBook(new Scope(), findings), findings);
            book.fact(PLACE, TENANT, asking, ApprovalBook.Used.toJson("APPROVED", first.id(), true, NOW, "aa", "5e"));
            book.fact(
                    PLACE,
                    TENANT,
                    first.id(),
                    ApprovalBook.Resolved.toJson(first.id(), true, ApproverRole.TEAM_LEAD, NOW, "aa", "c0"));
            book.conclude();
        }

        assertThat(findings.inOrder()).isEmpty();
    }

    private VerificationReport verify() {
        List<SealedAuditEvent> events = new ArrayList<>(first.close());
        events.addAll(second.close());
        return BothWays.verify(Specimen.export(directory.resolve("e.zip"), events), ANCHORS);
    }
}
