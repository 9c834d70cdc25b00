package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.evidence.EvidenceManifest;
import io.spendguard.evidence.EvidencePackageWriter;
import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the audit events out of a ledger into a package that an auditor verifies offline. Collects what goes in, then
 * {@link #write}s it. Not safe for several threads.
 */
public final class EvidenceExport {
    private final Ledger ledger;
    private final List<Contract> contracts = new ArrayList<>();
    private final List<PriceBook> priceBooks = new ArrayList<>();
    private EvidenceFilter filter = EvidenceFilter.ALL;
    private @Nullable LogExport log;
    private LongConsumer progress = read -> {};

    private EvidenceExport(Ledger ledger) {
        this.ledger = ledger;
    }

    /** An export of all tenants' events. */
    public static EvidenceExport from(Ledger ledger) {
        return new EvidenceExport(Objects.requireNonNull(ledger, "ledger"));
    }

    /** Takes only this tenant's events; the package says so. */
    public EvidenceExport tenant(String value) {
        Objects.requireNonNull(value, "value");
        this.filter = new EvidenceFilter(value, filter.from(), filter.until(), filter.run(), filter.budget());
        return this;
    }

    /**
     * Takes only events that match, in place of what was said before. By more than the tenant the package becomes an excerpt: it
     * says so, and proves each event it holds, but not that there are no others.
     */
    public EvidenceExport filter(EvidenceFilter value) {
        this.filter = Objects.requireNonNull(value, "value");
        return this;
    }

    /** Encloses a contract that decided, so that a reader of the package sees its rules. */
    public EvidenceExport contract(Contract value) {
        contracts.add(Objects.requireNonNull(value, "value"));
        return this;
    }

    /** Encloses a price book that priced. */
    public EvidenceExport priceBook(PriceBook value) {
        priceBooks.add(Objects.requireNonNull(value, "value"));
        return this;
    }

    /** Encloses the log's checkpoint, which proves that no event it covers is left out. Take it before {@link #write}. */
    public EvidenceExport log(LogExport value) {
        this.log = Objects.requireNonNull(value, "value");
        return this;
    }

    /**
     * Tells how many events were read so far, after each of them, on the thread that writes. How many there are nobody knows before the
     * last one.
     */
    public EvidenceExport progress(LongConsumer value) {
        this.progress = Objects.requireNonNull(value, "value");
        return this;
    }

    /**
     * Writes the package, whole or not at all. Events go from the ledger to the file as they are read; memory does not
     * grow with their number. Blocks on both.
     *
     * @param exporter who signs the manifest
     * @param clock tells when the package was made
     * @param target the file to be; it must not exist
     * @throws io.spendguard.evidence.EvidenceException when the file exists or cannot be written, or no event
     *     matches the filter
     * @throws io.spendguard.model.LedgerUnavailableException when the ledger cannot be read
     */
    public EvidenceManifest write(Signer exporter, Clock clock, Path target) {
        try (EvidencePackageWriter writer = EvidencePackageWriter.create(target, exporter, clock, filter)) {
            ledger.keys().forEach(key -> writer.key(toEvidence(key)));
            contracts.forEach(contract ->
                    writer.contract(contract.digest(), contract.canonical().toCanonicalBytes()));
            priceBooks.forEach(book -> writer.priceBook(book.digest(), book.canonicalBytes()));
            if (log != null) {
                writer.log(log);
            }
            long[] read = {0};
            ledger.events(filter.tenant(), event -> {
                writer.event(toEvidence(event));
                progress.accept(++read[0]);
            });
            return writer.finish();
        }
    }

    private static VerificationKey toEvidence(EventSealer.Key key) {
        return new VerificationKey(key.id(), key.algorithm(), key.encoded());
    }

    /** Personal values stay behind: a package holds commitments only. */
    private static SealedAuditEvent toEvidence(SealedEvent event) {
        EventDraft draft = event.draft();
        return new SealedAuditEvent(
                AuditEvent.stored(draft.id(), draft.tenant(), draft.type(), draft.payload()),
                event.stream(),
                event.seq(),
                event.chain(),
                event.batchSize(),
                event.leafIndex(),
                event.path(),
                event.signature(),
                event.keyId());
    }
}
