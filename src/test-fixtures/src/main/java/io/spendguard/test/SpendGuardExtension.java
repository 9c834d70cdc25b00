package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.ledger.Ledger;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Behind {@link SpendGuardTest}, {@link OnPostgres} and {@link BudgetLimit}. Keeps nothing itself: what a test was given
 * lives in the store of its context, so that tests in parallel share nothing.
 */
final class SpendGuardExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(SpendGuardExtension.class);

    SpendGuardExtension() {}

    @Override
    public void beforeEach(ExtensionContext context) {
        GuardedTest test = SpringGuards.find(context.getRequiredTestClass())
                .map(shared -> GuardedTest.startWith(GuardedTestSpec.inSpring(context), shared))
                .orElseGet(() -> GuardedTest.start(GuardedTestSpec.of(context)));
        store(context).put(GuardedTest.class, test);
        test.open();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        GuardedTest test = store(context).remove(GuardedTest.class, GuardedTest.class);
        if (test != null) {
            test.end();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return store(context).get(GuardedTest.class) != null
                && (type == Guard.class || type == Ledger.class || type == TestClock.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        GuardedTest test = Objects.requireNonNull(store(context).get(GuardedTest.class, GuardedTest.class));
        Class<?> type = parameter.getParameter().getType();
        if (type == Guard.class) {
            return test.guard();
        }
        if (type == Ledger.class) {
            return test.ledger();
        }
        return test.clock()
                .orElseThrow(() -> new ParameterResolutionException("Parameter '"
                        + parameter.getParameter().getName() + "' of type TestClock cannot be given to a test that is"
                        + " @OnPostgres: the database's own time decides there. Leave it out."));
    }

    private static ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }
}
