package io.spendguard.ledger;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store of budgets, holds and audit events. Implementations pass the published contract suite.
 *
 * <p>Safe for any number of threads. Reads see what is durable, block for one round trip and throw
 * {@link io.spendguard.model.LedgerUnavailableException} when the store cannot be reached.
 */
public interface Ledger extends AutoCloseable {
    /** Starts a writer: one incarnation, with streams of its own. */
    LedgerSession connect(LedgerHost host);

    /** The accounts of a tenant, in order of budget, key and window. */
    List<AccountState> accounts(String tenant, Namespace namespace);

    /** The current balances of some accounts, in order of id; accounts never opened are left out. */
    List<AccountState> find(String tenant, List<AccountId> ids);

    /** What is known of a run; {@link RunState#fresh} when nothing is. */
    RunState run(String tenant, Namespace namespace, String run);

    /** A reservation by its decision's id. */
    Optional<Reservation> reservation(String tenant, UUID id);

    /** The stored answer of an operation by its key. */
    Optional<byte[]> answer(String tenant, OperationKind kind, String key);

    /**
     * A tenant's secret, made with the first call and the same for every process from then on: 32 random bytes that hide
     * personal values in the keys of accounts.
     */
    byte[] keySecret(String tenant);

    /** Every tenant that has an audit event, in order. */
    List<String> tenants();

    /** Hands over every stored audit event, of one tenant or of all (null), in order of tenant, stream and position. */
    void events(@Nullable String tenant, Consumer<SealedEvent> sink);

    /** The public keys stored beside the streams. */
    List<EventSealer.Key> keys();

    /** Lets go of connections. What was stored stays stored. */
    @Override
    void close();
}
