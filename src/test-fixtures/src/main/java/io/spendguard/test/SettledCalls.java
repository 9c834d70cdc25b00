package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.ledger.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Fails each test that leaves a call unsettled on any guard it watches: for the tests of an adapter, which make guards in many
 * ways. Name it in {@code META-INF/services/org.junit.jupiter.api.extension.Extension} and switch on JUnit's detection of
 * extensions, and no test of a module is left out. A test that means to end so is {@link LeavesOpenHolds}.
 *
 * <p>Tests may run in parallel; each watches from its own thread.
 */
public final class SettledCalls implements TestInstancePreConstructCallback, BeforeEachCallback, AfterEachCallback {
    private static final ThreadLocal<@Nullable List<Ledger>> WATCHED = new ThreadLocal<>();

    /** For JUnit. */
    public SettledCalls() {}

    /**
     * Looks at a guard's ledger after the running test and all its {@code @AfterEach} methods, so the ledger must still
     * answer then, as {@link io.spendguard.ledger.InMemoryLedger} does.
     *
     * @return the guard
     * @throws IllegalStateException when no test with this extension runs on this thread
     */
    public static Guard watch(Guard guard) {
        List<Ledger> watched = WATCHED.get();
        if (watched == null) {
            throw new IllegalStateException(
                    "Nothing watches this guard: no test with the extension SettledCalls runs on"
                            + " thread '" + Thread.currentThread().getName()
                            + "'. Call watch on the test's own thread, or"
                            + " register the extension.");
        }
        watched.add(guard.ledger());
        return guard;
    }

    /** From here on, as a test's fields may hold guards. */
    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        start();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        start();
    }

    private static void start() {
        if (WATCHED.get() == null) {
            WATCHED.set(new ArrayList<>());
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        List<Ledger> watched = WATCHED.get();
        WATCHED.remove();
        if (watched == null || context.getExecutionException().isPresent()) {
            return; // What failed already says why; calls it left open follow from that.
        }
        String test = context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName();
        Optional<LeavesOpenHolds> declared =
                AnnotationSupport.findAnnotation(context.getRequiredTestMethod(), LeavesOpenHolds.class);
        StringBuilder left = new StringBuilder();
        for (Ledger ledger : watched) {
            RecordedCalls open = RecordedCalls.of(ledger).only(RecordedCall::isOpen);
            if (!open.isEmpty()) {
                left.append(open.listing());
            }
        }
        if (declared.isEmpty() && left.length() > 0) {
            throw new AssertionError(
                    "Test '" + test + "' left calls unsettled. Commit or release each permit, or say why"
                            + " its cost is unknown with @LeavesOpenHolds. The calls:" + left);
        }
        if (declared.filter(LeavesOpenHolds::always).isPresent() && left.length() == 0) {
            throw new AssertionError("Test '" + test + "' is @LeavesOpenHolds(\""
                    + declared.get().value() + "\") and left no call unsettled. Take the annotation away.");
        }
    }
}
