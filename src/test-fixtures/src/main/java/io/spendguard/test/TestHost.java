package io.spendguard.test;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LimitDue;
import io.spendguard.ledger.Posting;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/** A host whose openings are granted by events that show their entries. One for each session. */
public final class TestHost implements LedgerHost {
    private final Supplier<EventSealer> sealers;
    private final IdSource ids;

    TestHost(Supplier<EventSealer> sealers, IdSource ids) {
        this.sealers = sealers;
        this.ids = ids;
    }

    /** A host that seals by {@link LedgerInvariants}' rules. */
    public static TestHost of(IdSource ids) {
        return new TestHost(() -> new TestSealer(ids), ids);
    }

    @Override
    public EventSealer newSealer() {
        return sealers.get();
    }

    @Override
    public void tailsLost(int streams) {
        throw new IllegalStateException("Ledger lost " + streams + " tails in a test that set nothing back. Look why.");
    }

    @Override
    public Posting opening(Account account, long limit, Instant now) {
        List<Entry> grant = limit == 0
                ? List.of()
                : List.of(
                        new Entry(account.id(), EntryKind.ADJUSTMENT, -limit),
                        new Entry(account.id(), EntryKind.AVAILABLE, limit));
        var payload = TestEvents.entries(grant).put("opens", account.id().toString());
        return posting(account.tenant(), TestEvents.OPENING, grant, payload);
    }

    @Override
    public Posting carrying(List<LimitDue> due, Instant now) {
        List<Entry> entries = ActivateOperation.change(due);
        String tenant = due.get(0).state().account().tenant();
        return posting(tenant, TestEvents.CARRYING, entries, TestEvents.entries(entries));
    }

    private Posting posting(String tenant, String type, List<Entry> entries, JsonObject payload) {
        return new Posting(
                ids.next(),
                entries,
                TestEvents.draft(ids, tenant, type, payload, List.of()),
                Period.ALWAYS,
                null,
                null,
                null,
                new byte[0]);
    }
}
