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
import java.util.concurrent.CompletableFuture;

/** A real ledger that is away for one tenant's activations. */
final class FailingLedger {
    private final Ledger ledger;
    private volatile String away = "";

    FailingLedger(Ledger ledger) {
        this.ledger = ledger;
    }

    void failActivationsOf(String tenant) {
        away = tenant;
    }

    Ledger view() {
        return proxy(
                Ledger.class,
                (self, method, args) -> method.getName().equals("connect")
                        ? session((LedgerSession) call(ledger, method, args))
                        : call(ledger, method, args));
    }

    private LedgerSession session(LedgerSession session) {
        return proxy(
                LedgerSession.class,
                (self, method, args) -> method.getName().equals("submit") && isAway((LedgerOperation) args[0])
                        ? CompletableFuture.failedFuture(new LedgerUnavailableException("The test's ledger is away."))
                        : call(session, method, args));
    }

    private boolean isAway(LedgerOperation operation) {
        return operation.kind() == OperationKind.ACTIVATE && operation.tenant().equals(away);
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
