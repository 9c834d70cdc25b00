package io.spendguard.verify;

import io.spendguard.evidence.EvidenceFilter;

/** Which events the package says it holds; known once its manifest was read. Without a legible one it must hold everything. */
final class Scope {
    private EvidenceFilter filter = EvidenceFilter.ALL;
    private boolean isLater;
    private long after;

    void is(EvidenceFilter stated) {
        this.filter = stated;
    }

    /** The package says that it does not begin at the first event. */
    void beginsLater() {
        isLater = true;
    }

    /** And after which checkpoint. */
    void beginsAfter(long checkpoint) {
        after = checkpoint;
    }

    /** Tells whether events before a checkpoint are left out, which the auditor verified elsewhere. */
    boolean isLater() {
        return isLater;
    }

    /** The size of that checkpoint; 0 where none is legible. */
    long after() {
        return after;
    }

    EvidenceFilter filter() {
        return filter;
    }

    /** Tells whether events of streams are left out, so that only what each event proves by itself can be checked. */
    boolean isExcerpt() {
        return filter.isExcerpt();
    }
}
