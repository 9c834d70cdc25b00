package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.IdSource;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One store under test: its ledgers, its sessions and short ways to use them. Safe for any number of threads. */
final class LedgerLab {
    static final String TENANT = "acme";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Supplier<Ledger> opener;
    private final Function<IdSource, EventSealer> sealers;
    private final Clock clock;
    private final IdSource ids;
    private final LedgerOperations operations;
    private final List<Ledger> ledgers = new ArrayList<>();
    private final List<LedgerSession> sessions = new ArrayList<>();

    LedgerLab(Supplier<Ledger> opener, Function<IdSource, EventSealer> sealers, Clock clock) {
        this.opener = opener;
        this.sealers = sealers;
        this.clock = clock;
        this.ids = IdSource.timeOrdered(clock, new Random(42));
        this.operations = new LedgerOperations(TENANT, ids, clock);
    }

    Clock clock() {
        return clock;
    }

    IdSource ids() {
        return ids;
    }

    /** The operations of {@link #TENANT}. */
    LedgerOperations operations() {
        return operations;
    }

    /** The operations of another tenant. */
    LedgerOperations operations(String tenant) {
        return new LedgerOperations(tenant, ids, clock);
    }

    /** The first view on the store. */
    synchronized Ledger ledger() {
        return ledgers.isEmpty() ? openAnother() : ledgers.get(0);
    }

    /** A fresh view on the same store. */
    synchronized Ledger openAnother() {
        Ledger ledger = opener.get();
        ledgers.add(ledger);
        return ledger;
    }

    /** The first session on the first view. */
    synchronized LedgerSession session() {
        return sessions.isEmpty() ? connect(ledger()) : sessions.get(0);
    }

    /** Another writer. */
    synchronized LedgerSession connect(Ledger ledger) {
        LedgerSession session = ledger.connect(new TestHost(() -> sealers.apply(ids), ids));
        sessions.add(session);
        return session;
    }

    /** Ends all sessions and views, and opens a new view on what they left. */
    synchronized Ledger reopen() {
        close();
        return ledger();
    }

    /** Ends all sessions and views. */
    synchronized void close() {
        sessions.forEach(LedgerSession::close);
        sessions.clear();
        ledgers.forEach(Ledger::close);
        ledgers.clear();
    }

    /** Sets the limit of one budget of {@link #TENANT}, in calls. */
    void activate(String budgetId, long calls) {
        post(operations.activate("activate-" + ids.next()).limit(budgetId, calls + " calls"));
    }

    CompletableFuture<PostResult> submit(LedgerOperation operation) {
        return submit(session(), operation);
    }

    CompletableFuture<PostResult> submit(LedgerSession session, LedgerOperation operation) {
        return session.submit(operation, PATIENCE);
    }

    /** Submits and waits; throws what the operation failed with. */
    PostResult post(LedgerOperation operation) {
        return await(submit(operation));
    }

    PostResult post(LedgerSession session, LedgerOperation operation) {
        return await(submit(session, operation));
    }

    /** Submits and waits for the answer as text. */
    String answer(LedgerOperation operation) {
        return text(post(operation));
    }

    static String text(PostResult result) {
        return new String(result.answer(), StandardCharsets.UTF_8);
    }

    /** Waits; throws what the future failed with, and {@link AssertionError} when it takes too long. */
    static <R> R await(CompletableFuture<R> future) {
        try {
            return future.get(PATIENCE.toSeconds() + 10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new AssertionError("Operation failed with no runtime exception.", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("Operation did not end 10 seconds after nobody waited for it any more.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for an operation.", e);
        }
    }

    /** The stored balances; throws {@link AssertionError} when the account was never opened. */
    AccountState state(Account account) {
        return ledger().find(account.tenant(), List.of(account.id())).stream()
                .findFirst()
                .orElseThrow(() -> new AssertionError("Account was never opened: " + account));
    }

    boolean isOpen(Account account) {
        return !ledger().find(account.tenant(), List.of(account.id())).isEmpty();
    }

    /** All stored events of a tenant, or of all tenants (null). */
    List<SealedEvent> events(@Nullable String tenant) {
        List<SealedEvent> events = new ArrayList<>();
        ledger().events(tenant, events::add);
        return events;
    }

    /** The types of the stored events of {@link #TENANT}. */
    List<String> eventTypes() {
        return events(TENANT).stream().map(event -> event.draft().type()).toList();
    }
}
