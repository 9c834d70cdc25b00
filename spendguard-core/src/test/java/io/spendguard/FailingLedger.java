package io.spendguard;

import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.LedgerUnavailableException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A real ledger that is away for one tenant's activations or for decisions, or carries them out and keeps silent. */
final class FailingLedger {
    private final Ledger ledger;
    private final CompletableFuture<Void> told = new CompletableFuture<>();
    private final Map<OperationKind, Duration> tried = new ConcurrentHashMap<>();
    private volatile String away = "";
    private volatile String silent = "";
    private volatile boolean isAwayForDecisions;

    FailingLedger(Ledger ledger) {
        this.ledger = ledger;
    }

    void failActivationsOf(String tenant) {
        away = tenant;
    }

    /** Whether it is away for decisions from now on. */
    void failDecisions(boolean isAway) {
        isAwayForDecisions = isAway;
    }

    /** Carries activations of a tenant out and says so only when told to. */
    void silenceActivationsOf(String tenant) {
        silent = tenant;
    }

    void speak() {
        silent = "";
        told.complete(null);
    }

    /** How long it was to try the last operation of a kind. */
    @Nullable
    Duration tried(OperationKind kind) {
        return tried.get(kind);
    }

    Ledger view() {
        return proxy(
                Ledger.class,
                (self, method, args) -> method.getName().equals("connect")
                        ? session((LedgerSession) call(ledger, method, args))
                        : call(ledger, method, args));
    }

    private LedgerSession session(LedgerSession session) {
        return proxy(LedgerSession.class, (self, method, args) -> {
            if (!method.getName().equals("submit")) {
                return call(session, method, args);
            }
            LedgerOperation operation = (LedgerOperation) args[0];
            tried.put(operation.kind(), (Duration) args[1]);
            if (isAway(operation)) {
                return CompletableFuture.failedFuture(new LedgerUnavailableException("The test's ledger is away."));
            }
            boolean isSilent = isActivationOf(operation, silent);
            CompletableFuture<?> answer = (CompletableFuture<?>) call(session, method, args);
            return isSilent ? told.thenCompose(now -> answer) : answer;
        });
    }

    private static boolean isActivationOf(LedgerOperation operation, String tenant) {
        return operation.kind() == OperationKind.ACTIVATE && operation.tenant().equals(tenant);
    }

    private boolean isAway(LedgerOperation operation) {
        return isActivationOf(operation, away) || (isAwayForDecisions && operation.kind() == OperationKind.DECIDE);
    }

    private static Object call(Object target, Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
