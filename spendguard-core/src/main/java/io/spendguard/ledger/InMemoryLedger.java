package io.spendguard.ledger;

import io.spendguard.model.Digest;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.LedgerUnavailableException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A ledger in this process's memory, with the behaviour of the PostgreSQL one but no durability: for tests and for
 * trying things out.
 *
 * <p>One lock guards everything, so each operation sees and leaves a whole state. Closing a session or the ledger keeps
 * what was stored; a later session goes on with it.
 */
public final class InMemoryLedger implements Ledger {
    private final Clock clock;
    private final Object lock = new Object();
    private final Map<AccountId, AccountState> accounts = new TreeMap<>();
    private final Map<BudgetKey, BudgetLimit> limits = new HashMap<>();
    private final Map<RunKey, RunState> runs = new HashMap<>();
    private final Map<ReservationKey, Reservation> reservations = new HashMap<>();
    private final Map<OperationKey, StoredAnswer> answers = new HashMap<>();
    private final Map<String, EventSealer.Key> keys = new LinkedHashMap<>();
    private final Map<String, byte[]> keySecrets = new HashMap<>();
    private final List<SealedEvent> events = new ArrayList<>();
    private @Nullable UUID leader;
    private Instant leaderUntil = Instant.MIN;

    /** An empty ledger whose time is the given clock's. */
    public InMemoryLedger(Clock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public LedgerSession connect(LedgerHost host) {
        EventSealer sealer = host.newSealer();
        synchronized (lock) {
            keys.putIfAbsent(sealer.key().id(), sealer.key());
        }
        return new Session(host, sealer);
    }

    @Override
    public List<AccountState> accounts(String tenant, Namespace namespace) {
        synchronized (lock) {
            return accounts.values().stream()
                    .filter(state -> state.account().tenant().equals(tenant)
                            && state.account().namespace() == namespace)
                    .sorted(Comparator.comparing(
                                    (AccountState state) -> state.account().budgetId())
                            .thenComparing(state -> state.account().key())
                            .thenComparing(state -> state.account().window().from()))
                    .toList();
        }
    }

    @Override
    public List<AccountState> find(String tenant, List<AccountId> ids) {
        synchronized (lock) {
            return ids.stream()
                    .distinct()
                    .sorted()
                    .map(accounts::get)
                    .filter(Objects::nonNull)
                    .filter(state -> state.account().tenant().equals(tenant))
                    .toList();
        }
    }

    @Override
    public RunState run(String tenant, Namespace namespace, String run) {
        synchronized (lock) {
            return runs.getOrDefault(new RunKey(tenant, namespace, run), RunState.fresh(run));
        }
    }

    @Override
    public Optional<Reservation> reservation(String tenant, UUID id) {
        synchronized (lock) {
            return Optional.ofNullable(reservations.get(new ReservationKey(tenant, id)));
        }
    }

    @Override
    public Optional<byte[]> answer(String tenant, OperationKind kind, String key) {
        synchronized (lock) {
            return Optional.ofNullable(answers.get(new OperationKey(tenant, kind, key)))
                    .map(stored -> stored.answer().clone());
        }
    }

    @Override
    public ExpiredHolds expired(UUID sweeper, Duration lease, int atMost, @Nullable Reservation after) {
        synchronized (lock) {
            Instant now = clock.instant();
            if (!sweeper.equals(leader) && now.isBefore(leaderUntil)) {
                return new ExpiredHolds(false, List.of());
            }
            leader = sweeper;
            leaderUntil = now.plus(lease);
            return new ExpiredHolds(
                    true,
                    reservations.values().stream()
                            .filter(hold -> hold.state().isOpen()
                                    && !now.isBefore(hold.expiresAt())
                                    && (after == null || Reservation.byExpiry().compare(hold, after) > 0))
                            .sorted(Reservation.byExpiry())
                            .limit(atMost)
                            .toList());
        }
    }

    @Override
    public byte[] keySecret(String tenant) {
        synchronized (lock) {
            return keySecrets
                    .computeIfAbsent(tenant, unknown -> {
                        byte[] secret = new byte[32];
                        new SecureRandom().nextBytes(secret);
                        return secret;
                    })
                    .clone();
        }
    }

    @Override
    public List<String> tenants() {
        synchronized (lock) {
            return events.stream()
                    .map(event -> event.draft().tenant())
                    .distinct()
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void events(@Nullable String tenant, Consumer<SealedEvent> sink) {
        List<SealedEvent> snapshot;
        synchronized (lock) {
            snapshot = new ArrayList<>(events);
        }
        snapshot.stream()
                .filter(event -> tenant == null || event.draft().tenant().equals(tenant))
                .sorted(Comparator.comparing(
                                (SealedEvent event) -> event.draft().tenant())
                        .thenComparing(SealedEvent::stream)
                        .thenComparingLong(SealedEvent::seq))
                .forEach(sink);
    }

    @Override
    public List<EventSealer.Key> keys() {
        synchronized (lock) {
            return List.copyOf(keys.values());
        }
    }

    @Override
    public void close() {
        // Nothing to let go of.
    }

    private final class Session implements LedgerSession {
        private final LedgerHost host;
        private final EventSealer sealer;
        private boolean closed;

        private Session(LedgerHost host, EventSealer sealer) {
            this.host = host;
            this.sealer = sealer;
        }

        @Override
        public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
            try {
                synchronized (lock) {
                    if (closed) {
                        throw new IllegalStateException(
                                "Ledger session is closed: it takes no more operations. Connect again.");
                    }
                    if (patience.isZero() || patience.isNegative()) {
                        throw new LedgerUnavailableException("Operation " + operation.kind() + " '" + operation.key()
                                + "' was not executed: nobody waits for it any more. Try again.");
                    }
                    return CompletableFuture.completedFuture(post(operation));
                }
            } catch (RuntimeException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public void close() {
            synchronized (lock) {
                if (!closed) {
                    closed = true;
                    events.addAll(sealer.sealClosing());
                    sealer.committed();
                }
            }
        }

        private PostResult post(LedgerOperation operation) {
            OperationKey key = new OperationKey(operation.tenant(), operation.kind(), operation.key());
            StoredAnswer stored = answers.get(key);
            if (stored != null) {
                if (!stored.request().equals(operation.requestDigest())) {
                    throw new IdempotencyConflictException(operation.kind().name(), operation.key());
                }
                return new PostResult.Replayed(stored.answer().clone());
            }
            View view = new View(operation, host);
            Posting posting = operation
                    .assumed()
                    .filter(assumed -> operation.answersNeeded().isEmpty() && view.admits(assumed))
                    .orElseGet(() -> operation.plan(view));
            view.leaveKeysUntouchedBy(posting);
            return write(key, operation, view, posting);
        }

        /** Everything that can fail comes before the first change, so that a failure leaves nothing half written. */
        private PostResult write(OperationKey key, LedgerOperation operation, View view, Posting posting) {
            Map<AccountId, AccountState> changed = view.after(posting);
            RunState run = view.runAfter(posting);
            Reservation settled = view.settledBy(posting);
            Reservation extended = view.extendedBy(posting);

            List<EventDraft> drafts = Stream.concat(view.openings.values().stream(), Stream.of(posting))
                    .map(Posting::event)
                    .toList();
            sealer.ledgerTime(view.now(), Duration.ZERO);
            List<SealedEvent> sealed = sealer.seal(drafts);
            sealer.committed();

            events.addAll(sealed);
            accounts.putAll(changed);
            operation
                    .limits()
                    .forEach(limit -> limits.merge(
                            new BudgetKey(operation.tenant(), operation.namespace(), limit.budgetId()),
                            limit,
                            BudgetLimit::then));
            if (run != null) {
                runs.put(new RunKey(operation.tenant(), operation.namespace(), run.run()), run);
            }
            if (extended != null) {
                reservations.put(new ReservationKey(operation.tenant(), extended.id()), extended);
            }
            if (settled != null) {
                reservations.put(new ReservationKey(operation.tenant(), settled.id()), settled);
            }
            Posting.Hold hold = posting.hold();
            if (hold != null) {
                reservations.put(
                        new ReservationKey(operation.tenant(), hold.reservationId()), Reservation.of(operation, hold));
            }
            answers.put(
                    key,
                    new StoredAnswer(operation.requestDigest(), posting.answer().clone()));
            return new PostResult.Written(posting, sealed.get(sealed.size() - 1));
        }
    }

    /** The rows of one operation, with the accounts it needs opened in the view only. */
    private final class View implements LedgerView {
        private final Instant now = clock.instant();
        private final LedgerOperation operation;
        /** By account, in order of opening. */
        private final Map<AccountId, Posting> openings = new LinkedHashMap<>();

        private final Map<AccountId, AccountState> opened = new LinkedHashMap<>();
        /** Those of budgets that limit their keys. */
        private final Set<AccountId> keyed = new HashSet<>();

        private final Map<AccountId, AccountState> states = new TreeMap<>();
        private final @Nullable Reservation reservation;

        private View(LedgerOperation operation, LedgerHost host) {
            this.operation = operation;
            this.reservation = operation
                    .reservation()
                    .map(id -> reservations.get(new ReservationKey(operation.tenant(), id)))
                    .orElse(null);
            if (reservation != null) {
                reservation.claims().forEach(claim -> {
                    AccountId id = claim.account().id();
                    states.put(id, Objects.requireNonNull(accounts.get(id)));
                });
            }
            operation.limits().stream()
                    .filter(limit -> inForce(limit).equals(limit))
                    .forEach(limit -> accounts.values().stream()
                            .filter(state -> isOpen(state.account()) && limit.changes(state))
                            .forEach(state -> states.put(state.account().id(), state)));
            for (Account account : operation.accounts(now)) {
                AccountState known = accounts.get(account.id());
                AccountState state = known != null ? known : open(account, host);
                if (state != null) {
                    states.put(account.id(), state);
                }
            }
            List<Backlog> backlog = operation.backlog(now);
            if (!backlog.isEmpty()) {
                accounts.values().stream()
                        .filter(state -> backlog.stream().anyMatch(left -> left.holds(state)))
                        .forEach(state -> states.put(state.account().id(), state));
            }
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public List<AccountState> accounts() {
            return List.copyOf(states.values());
        }

        @Override
        public Map<String, Long> outranked() {
            Map<String, Long> outranked = new TreeMap<>();
            for (BudgetLimit limit : operation.limits()) {
                BudgetLimit inForce = inForce(limit);
                if (!inForce.equals(limit)) {
                    outranked.put(limit.budgetId(), inForce.revision());
                }
            }
            return outranked;
        }

        /** What a budget's limit is once one is activated. */
        private BudgetLimit inForce(BudgetLimit activated) {
            BudgetLimit known =
                    limits.get(new BudgetKey(operation.tenant(), operation.namespace(), activated.budgetId()));
            return known == null ? activated : known.then(activated);
        }

        @Override
        public Optional<RunState> run() {
            return operation
                    .run()
                    .map(run -> runs.getOrDefault(
                            new RunKey(operation.tenant(), operation.namespace(), run), RunState.fresh(run)));
        }

        @Override
        public Optional<Reservation> reservation() {
            return Optional.ofNullable(reservation);
        }

        @Override
        public Optional<byte[]> answer(AnswerKey key) {
            return operation.answersNeeded().contains(key)
                    ? InMemoryLedger.this.answer(operation.tenant(), key.kind(), key.key())
                    : Optional.empty();
        }

        /** Tells whether nothing stands against a posting that was made without seeing these rows. */
        private boolean admits(Posting posting) {
            if (!posting.validIn().contains(now)
                    || (!opened.isEmpty() && !operation.backlog(now).isEmpty())
                    || run().filter(RunState::isStopped).isPresent()
                    || (posting.settles() != null
                            && (reservation == null || reservation.state() != Reservation.State.HELD))) {
                return false;
            }
            return posting.byAccount().entrySet().stream().allMatch(moved -> {
                AccountState state = states.get(moved.getKey());
                return state != null && state.admits(moved.getValue());
            });
        }

        private Map<AccountId, AccountState> after(Posting posting) {
            Map<AccountId, AccountState> changed = new TreeMap<>();
            posting.byAccount().forEach((id, entries) -> {
                AccountState state = states.get(id);
                if (state == null) {
                    throw new IllegalStateException("Posting touches account " + id
                            + " which its operation did not name. Add it to accounts().");
                }
                changed.put(id, state.after(entries));
            });
            // An account the posting did not touch stays as its opening left it.
            opened.forEach(changed::putIfAbsent);
            return changed;
        }

        /** A key is used up by who takes something under it. */
        private void leaveKeysUntouchedBy(Posting posting) {
            keyed.stream().filter(id -> !posting.touches(id)).forEach(id -> {
                openings.remove(id);
                opened.remove(id);
            });
        }

        private @Nullable RunState runAfter(Posting posting) {
            Posting.RunChange change = posting.run();
            if (change == null) {
                return null;
            }
            RunState before = run().orElseThrow(() -> new IllegalStateException(
                    "Posting changes run '" + change.run() + "' which its operation did not name. Name it in run()."));
            return before.after(change);
        }

        private @Nullable Reservation settledBy(Posting posting) {
            Posting.Settled change = posting.settles();
            if (change == null) {
                return null;
            }
            Reservation held = reservation;
            if (held == null || !held.state().isOpen()) {
                throw new IllegalStateException("Reservation " + change.reservationId() + " is "
                        + (held == null ? "unknown" : held.state().toString()) + ": only a held one can be settled.");
            }
            return held.in(change.state());
        }

        private @Nullable Reservation extendedBy(Posting posting) {
            Posting.Extended change = posting.extend();
            if (change == null) {
                return null;
            }
            Reservation held = reservation;
            if (held == null || !held.state().isOpen()) {
                throw new IllegalStateException("Reservation " + change.reservationId() + " is "
                        + (held == null ? "unknown" : held.state().toString()) + ": only a held one can be extended.");
            }
            return held.extended(change);
        }

        /** The new account; null when its budget has no key left in this window. */
        private @Nullable AccountState open(Account account, LedgerHost host) {
            BudgetLimit limit = limits.get(new BudgetKey(account.tenant(), account.namespace(), account.budgetId()));
            if (limit == null) {
                throw new NotActivatedException(account);
            }
            long grant = limit.grant(account);
            if (limit.maxKeys() != null && keys(account) >= limit.maxKeys()) {
                return null;
            }
            Posting opening = host.opening(account, grant, now);
            openings.put(account.id(), opening);
            AccountState state = new AccountState(account, 0, 0, 0, 0).after(opening.entries());
            opened.put(account.id(), state);
            if (limit.maxKeys() != null) {
                keyed.add(account.id());
            }
            return state;
        }

        /** How many keys have an account of this budget in this window. */
        private long keys(Account account) {
            return Stream.concat(accounts.values().stream(), opened.values().stream())
                    .map(AccountState::account)
                    .filter(other -> other.tenant().equals(account.tenant())
                            && other.namespace() == account.namespace()
                            && other.budgetId().equals(account.budgetId())
                            && other.window().equals(account.window())
                            && other.unit().equals(account.unit()))
                    .count();
        }

        private boolean isOpen(Account account) {
            return account.tenant().equals(operation.tenant())
                    && account.namespace() == operation.namespace()
                    && now.isBefore(account.window().until());
        }
    }

    private record BudgetKey(String tenant, Namespace namespace, String budgetId) {}

    private record RunKey(String tenant, Namespace namespace, String run) {}

    private record ReservationKey(String tenant, UUID id) {}

    private record OperationKey(String tenant, OperationKind kind, String key) {}

    private record StoredAnswer(Digest request, byte[] answer) {}
}
