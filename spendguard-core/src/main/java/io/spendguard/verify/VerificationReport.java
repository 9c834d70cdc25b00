package io.spendguard.verify;

import io.spendguard.evidence.EvidenceFilter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an evidence package proves.
 *
 * @param createdAt when it says it was exported, or null when it does not say so legibly
 * @param filter which events it says it holds
 * @param events how many event lines were read
 * @param streams the streams, in order of file name
 * @param accounts the accounts, none of an excerpt; in order of tenant, namespace, budget, key and window
 * @param tally decisions and outcomes by kind
 * @param keys the keys that signed, in order of id
 * @param log what the enclosed checkpoint covers, or null when there is none that can be relied on
 * @param receipts what callers' receipts say of it, or null when none were given
 * @param beginning where it begins, or null at the first event
 * @param openHolds decisions whose hold has no outcome yet; of an excerpt, none here
 * @param costs how far costs are re-derived
 * @param money how far the accounts are proved
 * @param findings what is wrong, what explains the others first; of each kind the first thousand
 * @param findingCount how many findings there are in all
 */
public record VerificationReport(
        @Nullable Instant createdAt,
        EvidenceFilter filter,
        long events,
        List<StreamReport> streams,
        List<AccountReport> accounts,
        DecisionTally tally,
        List<KeyReport> keys,
        @Nullable LogReport log,
        @Nullable ReceiptReport receipts,
        @Nullable Beginning beginning,
        long openHolds,
        CostReport costs,
        Money money,
        List<Finding> findings,
        long findingCount) {
    /** Copies the lists. */
    public VerificationReport {
        Objects.requireNonNull(filter, "filter");
        streams = List.copyOf(streams);
        accounts = List.copyOf(accounts);
        keys = List.copyOf(keys);
        findings = List.copyOf(findings);
    }

    /** Tells whether nothing is wrong. */
    public boolean isVerified() {
        return findingCount == 0;
    }

    /** The one tenant it says it was exported for, or null. */
    public @Nullable String tenant() {
        return filter.tenant();
    }

    /**
     * The verdict in one line, always worded alike: {@code evidence: verified, 14 events, 0 findings}, of an excerpt
     * {@code evidence: verified (filtered), 3 events, 0 findings}, of a package that begins after a checkpoint
     * {@code evidence: verified (FROM CHECKPOINT 7), 3 events, 0 findings}, and where the anchors hold an earlier one that it does
     * not show to be continued {@code evidence: verified (FROM CHECKPOINT 7, NOT PROVEN to continue checkpoint 5 of the anchors), …}.
     */
    public String summary() {
        return "evidence: " + (isVerified() ? "verified" : "NOT verified")
                + (filter.isExcerpt() ? " (filtered)" : "")
                + (beginning == null ? "" : " (" + beginning.label() + ")") + ", " + events
                + " events, " + findingCount + " findings";
    }

    /** What an excerpt, or a package that begins after a checkpoint, cannot show, whatever it holds; empty for a whole one. */
    public List<String> unproved() {
        if (beginning != null) {
            return beginning.unproved();
        }
        return filter.isExcerpt() ? List.of("completeness", "chain continuity", "balances") : List.of();
    }

    /** The same in one line, always worded alike; empty for a whole package. */
    public Optional<String> unprovedLine() {
        if (beginning != null) {
            return Optional.of(
                    "NOT PROVEN (from checkpoint " + beginning.checkpoint() + "): " + String.join(", ", unproved()));
        }
        return filter.isExcerpt()
                ? Optional.of("NOT PROVEN (filtered): " + String.join(", ", unproved()))
                : Optional.empty();
    }

    /** What is not proved even when nothing is wrong. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (filter.isExcerpt()) {
            notes.add("filter: " + filter + "; each event is proved by itself, that there are no others is not");
            if (log != null) {
                notes.add(log.excerptNote());
            }
        } else {
            notes.add(
                    log == null
                            ? "completeness not proven: whole streams may have been left out, no checkpoint tells their number"
                            : log.note());
        }
        if (receipts != null) {
            notes.add(receipts.note());
        }
        if (!filter.isExcerpt()) {
            notes.add("holds without an outcome yet: " + openHolds);
        }
        if (!costs.isEmpty()) {
            notes.add(costs.note());
        }
        clockNote().ifPresent(notes::add);
        long unrecorded = streams.stream().mapToLong(StreamReport::unrecorded).sum();
        if (unrecorded > 0) {
            notes.add("unrecorded: " + unrecorded
                    + " decisions were answered while the ledger was away, and have no event of their own");
        }
        tally.unknownTypes()
                .forEach((type, count) -> notes.add("NOT CHECKED: what " + count + " events of type " + type
                        + " say, which this version does not know; verify with a newer one"));
        notes.add("money: " + money.text());
        return List.copyOf(notes);
    }

    private Optional<String> clockNote() {
        List<Duration> differences = streams.stream()
                .map(StreamReport::clockDifference)
                .filter(difference -> !difference.isZero())
                .sorted()
                .toList();
        return differences.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "clocks: " + differences.size() + " streams state that the ledger's clock and their writer's"
                                + " differed, by "
                                + differences.get(differences.size() - 1).toSeconds()
                                + " s at most; what they date is by the writer's, windows and expiry by the ledger's");
    }

    /** How far the accounts' balances are proved. */
    public enum Money {
        /** From every account's opening on. */
        FULL("full, every balance re-derived from its account's opening on"),
        /** From the balances on that a signed period close committed to. */
        FROM_CLOSE(
                "from the balances of a signed period close on, every balance re-derived; before it, see the archive"),
        /** From the balances on that an earlier checkpoint, which the auditor holds, covers. */
        FROM_CHECKPOINT("from the balances that the earlier checkpoint covers on, every balance re-derived"),
        /** Events of types that this version does not know move it. */
        UNKNOWN("NOT PROVEN, events of types that this version does not know move it"),
        /** Events are left out, so that no balance follows. */
        FILTERED("NOT PROVEN (filtered)"),
        /** Some event could not be relied on. */
        NOT_PROVEN("not proven, see the findings");

        private final String text;

        Money(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }
}
