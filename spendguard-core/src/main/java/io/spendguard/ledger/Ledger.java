package io.spendguard.ledger;

import java.time.Duration;
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

    /**
     * The accounts of one budget, in order of key and window. By default those of the tenant, looked through.
     *
     * @param key those kept for this key alone; null for all
     */
    default List<AccountState> accounts(String tenant, Namespace namespace, String budgetId, @Nullable String key) {
        return accounts(tenant, namespace).stream()
                .filter(state -> state.account().budgetId().equals(budgetId)
                        && (key == null || state.account().key().equals(key)))
                .toList();
    }

    /** The current balances of some accounts, in order of id; accounts never opened are left out. */
    List<AccountState> find(String tenant, List<AccountId> ids);

    /** What is known of a run; {@link RunState#fresh} when nothing is. */
    RunState run(String tenant, Namespace namespace, String run);

    /** A reservation by its decision's id. */
    Optional<Reservation> reservation(String tenant, UUID id);

    /** The stored answer of an operation by its key. */
    Optional<byte[]> answer(String tenant, OperationKind kind, String key);

    /**
     * Leads the sweeping of this ledger, or goes on leading it, and shows open holds whose time is over by the ledger's clock,
     * of all tenants, in order of expiry, tenant and id. Of all sweepers of a store one leads at a time: it keeps the lease
     * by asking again before it ends, and another takes over after that. Showing changes no hold; whether one may expire
     * is decided once more when it is locked.
     *
     * @param sweeper identifies the asker, one id for each sweeper that runs
     * @param lease for how long it leads from now on
     * @param atMost how many to show
     * @param after the last one shown before, or null to begin with the longest overdue
     */
    ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after);

    /**
     * Open accounts that a changed limit of their budget has not reached yet, of all tenants. No decision is made by the old limit:
     * an operation that needs such an account gives it the new one first. Who carries them spares operations that, and lets readers
     * see the limits that are in force.
     *
     * <p>Where none is left of a budget, that is written down, and operations need not look any more.
     *
     * <p>Where an activation reaches all accounts at once nothing is ever behind; that is what this method does by default.
     *
     * @param atMost how many to show, 1 or more
     */
    default List<Account> behind(int atMost) {
        return List.of();
    }

    /** Whether what is stored outlives this process, so that holds of processes that died are there to be swept. */
    default boolean outlivesProcess() {
        return false;
    }

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
