package io.spendguard.ledger;

import io.spendguard.model.LedgerUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several ledgers as one: every tenant has its rows on one server, and each server has a writer, batches and streams of its
 * own. The way past what one server can write.
 *
 * <p>A tenant's server must never change silently: on another server its budgets begin anew. So tenants are assigned by
 * name, and before the first operation for a tenant the router makes sure that no other server knows it. While one of
 * them cannot be asked, tenants that this process has not served yet are refused with
 * {@link LedgerUnavailableException}; those it has served go on. A server is connected to with its first operation, so that
 * one that is away keeps only its own tenants waiting.
 *
 * <p>Safe for any number of threads. Nothing is atomic across servers, and nothing needs to be: no operation has two tenants.
 */
public final class TenantRouter implements Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(TenantRouter.class);

    private final Map<String, Ledger> servers;
    private final Map<String, String> assigned;
    private final @Nullable String otherwise;
    private final Set<String> settled = ConcurrentHashMap.newKeySet();

    private TenantRouter(Builder builder) {
        this.servers = new LinkedHashMap<>(builder.servers);
        this.assigned = new TreeMap<>(builder.assigned);
        this.otherwise = builder.otherwise;
    }

    /** A router with no server yet. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@inheritDoc} Opens nothing yet: each server's own session starts with the first operation of one of its tenants. */
    @Override
    public LedgerSession connect(LedgerHost host) {
        return new Session(host);
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace) {
        return of(tenant).accounts(tenant, namespace);
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace, String budgetId, @Nullable String key) {
        return of(tenant).accounts(tenant, namespace, budgetId, key);
    }

    @Override
    public List<AccountState> find(String tenant, List<AccountId> ids) {
        return of(tenant).find(tenant, ids);
    }

    @Override
    public RunState run(String tenant, Namespace namespace, String run) {
        return of(tenant).run(tenant, namespace, run);
    }

    @Override
    public Optional<Reservation> reservation(String tenant, UUID id) {
        return of(tenant).reservation(tenant, id);
    }

    @Override
    public Optional<byte[]> answer(String tenant, OperationKind kind, String key) {
        return of(tenant).answer(tenant, kind, key);
    }

    /** {@inheritDoc} Of all servers that can be reached; each has a leader of its own. */
    @Override
    public ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
        List<Reservation> holds = new ArrayList<>();
        boolean leads = false;
        LedgerUnavailableException away = null;
        for (Ledger server : servers.values()) {
            try {
                ExpiredHolds page = server.expired(sweeper, lease, atMost, after);
                leads |= page.leads();
                holds.addAll(page.holds());
            } catch (LedgerUnavailableException e) {
                away = e;
            }
        }
        if (!leads && away != null) {
            throw away;
        }
        holds.sort(Reservation.byExpiry());
        return new ExpiredHolds(leads, holds.subList(0, Math.min(atMost, holds.size())));
    }

    /** {@inheritDoc} Of all servers that can be reached. */
    @Override
    public List<Account> behind(int atMost) {
        List<Account> behind = new ArrayList<>();
        for (Ledger server : servers.values()) {
            try {
                if (behind.size() < atMost) {
                    behind.addAll(server.behind(atMost - behind.size()));
                }
            } catch (LedgerUnavailableException away) {
                LOG.debug("Accounts of one server cannot be read now; they are carried with a later sweep", away);
            }
        }
        return behind;
    }

    @Override
    public boolean outlivesProcess() {
        return servers.values().stream().anyMatch(Ledger::outlivesProcess);
    }

    @Override
    public byte[] keySecret(String tenant) {
        return of(tenant).keySecret(tenant);
    }

    /** {@inheritDoc} Of all servers: blocks for one round trip to each. */
    @Override
    public List<String> tenants() {
        return servers.values().stream()
                .flatMap(server -> server.tenants().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** {@inheritDoc} Each tenant's as they stood at one moment; of all tenants, one tenant after the other. */
    @Override
    public void events(@Nullable String tenant, Consumer<SealedEvent> sink) {
        if (tenant != null) {
            of(tenant).events(tenant, sink);
        } else {
            tenants().forEach(each -> of(each).events(each, sink));
        }
    }

    /** {@inheritDoc} Of all servers, each key once. */
    @Override
    public List<EventSealer.Key> keys() {
        Map<String, EventSealer.Key> keys = new TreeMap<>();
        servers.values().forEach(server -> server.keys().forEach(key -> keys.putIfAbsent(key.id(), key)));
        return List.copyOf(keys.values());
    }

    /** Closes every server's ledger; what one of them throws is thrown after all were closed. */
    @Override
    public void close() {
        closeAll(servers.values());
    }

    private Ledger of(String tenant) {
        return Objects.requireNonNull(servers.get(serverOf(tenant)));
    }

    private String serverOf(String tenant) {
        String server = assigned.getOrDefault(tenant, otherwise);
        if (server == null) {
            throw new IllegalArgumentException("Tenant '" + tenant + "' is assigned to no server: there are "
                    + servers.keySet() + ". Assign it, or name a server for all others.");
        }
        return server;
    }

    /** Once for each tenant: no other server may know it, or its budgets would begin anew here. */
    private void settle(String tenant, String server) {
        if (settled.contains(tenant)) {
            return;
        }
        servers.forEach((name, ledger) -> {
            if (!name.equals(server)
                    && (!ledger.accounts(tenant, Namespace.ENFORCE).isEmpty()
                            || !ledger.accounts(tenant, Namespace.SHADOW).isEmpty())) {
                throw new IllegalStateException("Tenant '" + tenant + "' is assigned to server '" + server
                        + "', but has accounts on server '" + name + "': its budgets would begin anew. Assign it to '"
                        + name + "', or move its rows first.");
            }
        });
        settled.add(tenant);
    }

    private static void closeAll(Collection<? extends AutoCloseable> all) {
        RuntimeException failed = null;
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception e) {
                if (failed == null) {
                    failed = e instanceof RuntimeException unchecked
                            ? unchecked
                            : new IllegalStateException("Server could not be closed: " + e.getMessage(), e);
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** One session for each server that was needed. */
    private final class Session implements LedgerSession {
        private final LedgerHost host;
        private final Map<String, LedgerSession> sessions = new ConcurrentHashMap<>();
        /** Guards what follows. */
        private final Object lock = new Object();
        /** How many first operations of their tenants are on their way to a session; closing waits for them. */
        private int underWay;

        private boolean closed;
        private boolean ended;

        private Session(LedgerHost host) {
            this.host = host;
        }

        @Override
        public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
            try {
                LedgerSession session = sessions.get(serverOf(operation.tenant()));
                return session != null && settled.contains(operation.tenant())
                        ? session.submit(operation, patience)
                        : submitFirst(operation, patience);
            } catch (RuntimeException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        private CompletableFuture<PostResult> submitFirst(LedgerOperation operation, Duration patience) {
            CompletableFuture<CompletableFuture<PostResult>> submitted = new CompletableFuture<>();
            synchronized (lock) {
                if (closed) {
                    throw closedAlready();
                }
                underWay++;
            }
            CompletableFuture<Void> unused = CompletableFuture.runAsync(() -> {
                try {
                    submitted.complete(ready(operation.tenant()).submit(operation, patience));
                } catch (RuntimeException e) {
                    submitted.completeExceptionally(e);
                } finally {
                    synchronized (lock) {
                        underWay--;
                        lock.notifyAll();
                    }
                }
            });
            return submitted.thenCompose(answer -> answer);
        }

        /** Blocks for a connection and a look at the other servers. */
        private LedgerSession ready(String tenant) {
            String server = serverOf(tenant);
            settle(tenant, server);
            synchronized (sessions) {
                LedgerSession session = sessions.get(server);
                if (session == null && ended) {
                    throw closedAlready();
                }
                if (session == null) {
                    session = of(tenant).connect(host);
                    sessions.put(server, session);
                }
                return session;
            }
        }

        /** {@inheritDoc} On each server that this session has needed and that can be reached. */
        @Override
        public int closeDeadStreams(Duration silence) {
            int streams = 0;
            LedgerUnavailableException away = null;
            for (LedgerSession session : sessions.values()) {
                try {
                    streams += session.closeDeadStreams(silence);
                } catch (LedgerUnavailableException e) {
                    away = e;
                }
            }
            if (streams == 0 && away != null) {
                throw away;
            }
            return streams;
        }

        @Override
        public void close() {
            synchronized (lock) {
                closed = true;
                while (underWay > 0) {
                    try {
                        lock.wait();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        break; // what is still under way finds the session ended
                    }
                }
            }
            synchronized (sessions) {
                ended = true;
            }
            closeAll(sessions.values());
        }

        private static IllegalStateException closedAlready() {
            return new IllegalStateException("Ledger session is closed: it takes no more operations. Connect again.");
        }
    }

    /** Collects servers and who belongs where. Not safe for several threads. */
    public static final class Builder {
        private final Map<String, Ledger> servers = new LinkedHashMap<>();
        private final Map<String, String> assigned = new TreeMap<>();
        private @Nullable String otherwise;

        private Builder() {}

        /** Adds a server under a name of its own; the router closes its ledger. */
        public Builder server(String name, Ledger ledger) {
            if (servers.putIfAbsent(Objects.requireNonNull(name, "name"), Objects.requireNonNull(ledger, "ledger"))
                    != null) {
                throw new IllegalArgumentException(
                        "Server '" + name + "' was added before: names tell servers apart. Use another name.");
            }
            return this;
        }

        /** Assigns a tenant to a server, for good. */
        public Builder tenant(String tenant, String server) {
            String before = assigned.putIfAbsent(Objects.requireNonNull(tenant, "tenant"), known(server));
            if (before != null && !before.equals(server)) {
                throw new IllegalArgumentException("Tenant '" + tenant + "' was assigned to server '" + before
                        + "' before and cannot be on '" + server + "' too. Assign it once.");
            }
            return this;
        }

        /** The server of every tenant that is not assigned by name; without one, such tenants are refused. */
        public Builder otherwise(String server) {
            otherwise = known(server);
            return this;
        }

        /**
         * The router.
         *
         * @throws IllegalStateException without a server
         */
        public TenantRouter build() {
            if (servers.isEmpty()) {
                throw new IllegalStateException("Router has no server: nothing can be kept. Add one with server().");
            }
            return new TenantRouter(this);
        }

        private String known(String server) {
            if (!servers.containsKey(server)) {
                throw new IllegalArgumentException("Server '" + server + "' was not added: there are "
                        + servers.keySet() + ". Add it with server() first.");
            }
            return server;
        }
    }
}
