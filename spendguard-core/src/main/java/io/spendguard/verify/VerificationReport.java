package io.spendguard.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an evidence package proves.
 *
 * @param createdAt when it says it was exported, or null when it does not say so legibly
 * @param tenant the one tenant it says it was exported for, or null
 * @param events how many event lines were read
 * @param streams the streams, in order of file name
 * @param accounts the accounts, in order of tenant, namespace, budget, key and window
 * @param tally decisions and outcomes by kind
 * @param keys the keys that signed, in order of id
 * @param log what the enclosed checkpoint covers, or null when there is none that can be relied on
 * @param receipts what callers' receipts say of it, or null when none were given
 * @param openHolds decisions whose hold has no outcome yet
 * @param costs how far costs are re-derived
 * @param money how far the accounts are proved
 * @param findings what is wrong, what explains the others first; of each kind the first thousand
 * @param findingCount how many findings there are in all
 */
public record VerificationReport(
        @Nullable Instant createdAt,
        @Nullable String tenant,
        long events,
        List<StreamReport> streams,
        List<AccountReport> accounts,
        DecisionTally tally,
        List<KeyReport> keys,
        @Nullable LogReport log,
        @Nullable ReceiptReport receipts,
        long openHolds,
        CostReport costs,
        Money money,
        List<Finding> findings,
        long findingCount) {
    /** Copies the lists. */
    public VerificationReport {
        streams = List.copyOf(streams);
        accounts = List.copyOf(accounts);
        keys = List.copyOf(keys);
        findings = List.copyOf(findings);
    }

    /** Tells whether nothing is wrong. */
    public boolean isVerified() {
        return findingCount == 0;
    }

    /** The verdict in one line, always worded alike: {@code evidence: verified, 14 events, 0 findings}. */
    public String summary() {
        return "evidence: " + (isVerified() ? "verified" : "NOT verified") + ", " + events + " events, " + findingCount
                + " findings";
    }

    /** What is not proved even when nothing is wrong. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add(
                log == null
                        ? "completeness not proven: whole streams may have been left out, no checkpoint tells their number"
                        : log.note());
        if (receipts != null) {
            notes.add(receipts.note());
        }
        notes.add("holds without an outcome yet: " + openHolds);
        if (!costs.isEmpty()) {
            notes.add(costs.note());
        }
        notes.add("money: " + money.text());
        return List.copyOf(notes);
    }

    /** How far the accounts' balances are proved. */
    public enum Money {
        /** From every account's opening on. */
        FULL("full, every balance re-derived from its account's opening on"),
        /** From the balances on that a signed period close committed to. */
        FROM_CLOSE(
                "from the balances of a signed period close on, every balance re-derived; before it, see the archive"),
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
