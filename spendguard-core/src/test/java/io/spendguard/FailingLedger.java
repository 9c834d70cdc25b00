package io.spendguard;

import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A real ledger that is away for one tenant's activations. */
final class FailingLedger implements Ledger {
    private final Ledger ledger;
    private volatile String away = "";

    FailingLedger(Ledger ledger) {
        this.ledger = ledger;
    }

    void failActivationsOf(String tenant) {
        away = tenant;
    }

    @Override
    public LedgerSession connect(LedgerHost host) {
        LedgerSession session = ledger.connect(host);
        return new LedgerSession() {
            @Override
            public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
                return operation.kind() == OperationKind.ACTIVATE
                                && operation.tenant().equals(away)
                        ? CompletableFuture.failedFuture(new LedgerUnavailableException("The test's ledger is away."))
                        : session.submit(operation, patience);
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace) {
        return ledger.accounts(tenant, namespace);
    }

    @Override
    public List<AccountState> find(String tenant, List<AccountId> ids) {
        return ledger.find(tenant, ids);
    }

    @Override
    public RunState run(String tenant, Namespace namespace, String run) {
        return ledger.run(tenant, namespace, run);
    }

    @Override
    public Optional<Reservation> reservation(String tenant, UUID id) {
        return ledger.reservation(tenant, id);
    }

    @Override
    public Optional<byte[]> answer(String tenant, OperationKind kind, String key) {
        return ledger.answer(tenant, kind, key);
    }

    @Override
    public byte[] keySecret(String tenant) {
        return ledger.keySecret(tenant);
    }

    @Override
    public List<String> tenants() {
        return ledger.tenants();
    }

    @Override
    public void events(@Nullable String tenant, Consumer<SealedEvent> sink) {
        ledger.events(tenant, sink);
    }

    @Override
    public List<EventSealer.Key> keys() {
        return ledger.keys();
    }

    @Override
    public void close() {
        ledger.close();
    }
}
