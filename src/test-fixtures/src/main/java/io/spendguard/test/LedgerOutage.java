package io.spendguard.test;

import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerHost;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.OperationKind;
import io.spendguard.model.LedgerUnavailableException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Ledgers that are away for one kind of operation: for tests of what an application does then. */
public final class LedgerOutage {
    private LedgerOutage() {}

    /**
     * The ledger, which answers every operation of this kind with {@link LedgerUnavailableException} and writes nothing for
     * it: with {@link OperationKind#SETTLE}, calls are decided and made, and what became of them is not recorded.
     */
    public static Ledger at(OperationKind kind, Ledger ledger) {
        Objects.requireNonNull(kind, "kind");
        return proxy(
                Ledger.class,
                (self, method, args) -> method.getName().equals("connect")
                        ? session(kind, ledger.connect((LedgerHost) args[0]))
                        : invoke(method, ledger, args));
    }

    private static LedgerSession session(OperationKind kind, LedgerSession session) {
        return proxy(
                LedgerSession.class,
                (self, method, args) -> method.getName().equals("submit") && ((LedgerOperation) args[0]).kind() == kind
                        ? CompletableFuture.failedFuture(new LedgerUnavailableException(
                                "The ledger is away for " + kind + ": the test says so. Nothing was written."))
                        : invoke(method, session, args));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object invoke(Method method, Object target, @Nullable Object[] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException thrown) {
            throw thrown.getTargetException();
        }
    }
}
