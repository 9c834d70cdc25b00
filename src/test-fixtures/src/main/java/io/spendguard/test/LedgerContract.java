package io.spendguard.test;

import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * The laws every {@link Ledger} keeps, one test each. A store's test class extends this and says how to open it:
 *
 * <pre>{@code
 * class MyLedgerTest extends LedgerContract {
 *     private final Store store = new Store();
 *
 *     @Override
 *     protected Ledger openLedger() {
 *         return MyLedger.open(store);
 *     }
 * }
 * }</pre>
 *
 * <p>The laws stand in the interfaces this class implements, grouped by what they are about. After each test all sessions are
 * closed and the whole content of the store is checked by {@link LedgerInvariants}.
 */
public abstract class LedgerContract
        implements HoldLaws,
                SettlementLaws,
                ExpiryLaws,
                ExtensionLaws,
                PartLaws,
                GrantLaws,
                IdempotencyLaws,
                AnswerLaws,
                RunLaws,
                LimitLaws,
                KeyLaws,
                BacklogLaws,
                IsolationLaws,
                EvidenceLaws,
                SessionLaws,
                ConcurrencyLaws,
                ModelLaws {
    private @Nullable LedgerLab lab;

    /** For subclasses. */
    protected LedgerContract() {}

    /**
     * Opens a view on the store. Within one test every call opens the same store; each test has a store of its own, empty.
     * The suite closes what this returns.
     */
    protected abstract Ledger openLedger();

    /** A clock that stands within a minute of the ledger's: the laws about time compare with it. */
    protected Clock clock() {
        return Clock.systemUTC();
    }

    /** Orders and signs one session's events. */
    private EventSealer newSealer(IdSource ids) {
        return new TestSealer(ids);
    }

    @Override
    public final synchronized LedgerLab lab() {
        if (lab == null) {
            lab = new LedgerLab(this::openLedger, this::newSealer, clock());
        }
        return lab;
    }

    @AfterEach
    final void contentIsConsistent() {
        LedgerInvariants.check(lab().reopen(), true);
        lab().close();
    }
}
