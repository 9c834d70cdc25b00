package io.spendguard.verify;

import io.spendguard.evidence.EvidenceFilter;

/** Which events the package says it holds; known once its manifest was read. Without a legible one it must hold everything. */
final class Scope {
    private EvidenceFilter filter = EvidenceFilter.ALL;

    void is(EvidenceFilter stated) {
        this.filter = stated;
    }

    EvidenceFilter filter() {
        return filter;
    }

    /** Tells whether events of streams are left out, so that only what each event proves by itself can be checked. */
    boolean isExcerpt() {
        return filter.isExcerpt();
    }
}
