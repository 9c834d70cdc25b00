package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;

/** Findings about the log, and whether what its files say can still be relied on. */
final class LogFindings {
    private final Findings findings;
    private boolean isSound;

    LogFindings(Findings findings) {
        this.findings = findings;
    }

    /** The log's files are all there. */
    void begin() {
        isSound = true;
    }

    /** Tells whether conclusions may be drawn from the log; false before {@link #begin}. */
    boolean isSound() {
        return isSound;
    }

    /** What is wrong beside the log's trees. */
    void add(FindingCode code, Place place, String message) {
        findings.add(code, place, message);
    }

    /** What is wrong with the trees themselves, so that nothing more follows from them. */
    void refute(FindingCode code, Place place, String message) {
        isSound = false;
        findings.add(code, place, message);
    }

    /** What cannot be read as the log's files are; nothing more follows from them. */
    void malformed(Place place, String fault) {
        refute(FindingCode.LOG_MALFORMED, place, fault + " Export again.");
    }

    /** The enclosed checkpoint is not one that the auditor's could have grown to. */
    void inconsistent(String fault) {
        add(
                FindingCode.CHECKPOINT_INCONSISTENT,
                Place.file(PackageNames.CHECKPOINT),
                "The checkpoint " + fault + ". Ask the log's owner, and keep both.");
    }
}
