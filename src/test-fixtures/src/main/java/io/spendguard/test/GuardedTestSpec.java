package io.spendguard.test;

import io.spendguard.contract.Contract;
import io.spendguard.model.Money;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * What a test's annotations ask for; a fault in them fails the test before it starts.
 *
 * @param testName how failures call the test
 * @param contract what decides
 * @param openHolds what becomes of a test that leaves a call unsettled
 * @param limit the most the test may cost
 * @param isOnPostgres whether the ledger is a real one
 */
record GuardedTestSpec(
        String testName, Contract contract, OpenHolds openHolds, Optional<Money> limit, boolean isOnPostgres) {
    private static final List<Class<? extends Annotation>> ASKING =
            List.of(SpendGuardTest.class, BudgetLimit.class, OnPostgres.class);

    /** Prices are asked for because a budget counts money: without one, calls would be recorded at no cost. */
    private static final String RECORDS_ONLY = """
            apiVersion: spendguard.ai/v1
            metadata: {name: records-only, tenant: test}
            spec:
              budgets:
                - id: test
                  limit: 1000000.00 USD
                  window: {type: calendar_day, timezone: UTC}
            """;

    /**
     * The class whose guard the tests of a class share where the guard is a bean: the nearest one around them that has
     * one of our annotations, else the class itself when a test method of it has.
     */
    static Optional<Class<?>> owner(Class<?> testClass) {
        for (Class<?> place = testClass; place != null; place = place.getEnclosingClass()) {
            if (asks(place)) {
                return Optional.of(place);
            }
        }
        return ReflectionSupport.findMethods(testClass, GuardedTestSpec::asks, HierarchyTraversalMode.TOP_DOWN)
                        .isEmpty()
                ? Optional.empty()
                : Optional.of(testClass);
    }

    /** The contract that a class's own annotation gives. */
    static Optional<Contract> contract(Class<?> owner) {
        return find(owner, SpendGuardTest.class, owner.getSimpleName())
                .filter(found -> !found.annotation().contract().isEmpty()
                        || !found.annotation().resource().isEmpty())
                .map(found -> contract(found, owner));
    }

    /** Whether a class's own annotation asks for a real ledger. */
    static boolean isOnPostgres(Class<?> owner) {
        return AnnotationSupport.isAnnotated(owner, OnPostgres.class);
    }

    /** Allows every priced call. */
    static Contract recordsOnly() {
        return Contract.parse(RECORDS_ONLY, "records-only");
    }

    /**
     * As {@link #of}, for a test whose guard is a bean and was there before.
     *
     * @throws IllegalStateException when the method asks for another guard
     */
    static GuardedTestSpec inSpring(ExtensionContext context) {
        Method method = context.getRequiredTestMethod();
        for (Class<? extends Annotation> another : List.of(SpendGuardTest.class, OnPostgres.class)) {
            if (AnnotationSupport.isAnnotated(method, another)) {
                throw new IllegalStateException("@" + another.getSimpleName() + " on "
                        + context.getRequiredTestClass().getSimpleName() + "." + method.getName()
                        + " asks for a guard of its own, but the guard is a bean of the Spring context, which all"
                        + " tests of the class share. Put the annotation on the class.");
            }
        }
        return of(context);
    }

    private static boolean asks(AnnotatedElement element) {
        return ASKING.stream().anyMatch(annotation -> AnnotationSupport.isAnnotated(element, annotation));
    }

    static GuardedTestSpec of(ExtensionContext context) {
        Method method = context.getRequiredTestMethod();
        Class<?> type = context.getRequiredTestClass();
        Optional<Found<SpendGuardTest>> setup = find(method, type, SpendGuardTest.class);
        return new GuardedTestSpec(
                type.getSimpleName() + "." + method.getName(),
                setup.map(found -> contract(found, type)).orElseGet(GuardedTestSpec::recordsOnly),
                setup.map(found -> found.annotation().openHolds()).orElse(OpenHolds.ALLOW),
                find(method, type, BudgetLimit.class).map(GuardedTestSpec::limit),
                find(method, type, OnPostgres.class).isPresent());
    }

    private static Contract contract(Found<SpendGuardTest> setup, Class<?> type) {
        String text = setup.annotation().contract();
        String resource = setup.annotation().resource();
        if (!text.isEmpty() && !resource.isEmpty()) {
            throw new IllegalStateException("@SpendGuardTest on " + setup.place()
                    + " gives a contract and a resource: which of them decides is open. Keep one.");
        }
        if (!resource.isEmpty()) {
            return Contract.parse(read(resource, setup.place(), type), resource);
        }
        return text.isEmpty() ? recordsOnly() : Contract.parse(text, "@SpendGuardTest on " + setup.place());
    }

    private static String read(String resource, String place, Class<?> type) {
        try (InputStream in = type.getResourceAsStream(resource.startsWith("/") ? resource : "/" + resource)) {
            if (in == null) {
                throw new IllegalStateException("@SpendGuardTest on " + place + " names resource '" + resource
                        + "', which is not on the class path. Put it into src/test/resources.");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Resource '" + resource + "' cannot be read.", e);
        }
    }

    private static Money limit(Found<BudgetLimit> limit) {
        String text = limit.annotation().value();
        try {
            return Money.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    "@BudgetLimit(\"" + text + "\") on " + limit.place() + ": " + e.getMessage(), e);
        }
    }

    /** The method's own, else the class's or an inherited one, else an enclosing class's. */
    private static <A extends Annotation> Optional<Found<A>> find(Method method, Class<?> type, Class<A> annotation) {
        Optional<Found<A>> found = find(method, annotation, type.getSimpleName() + "." + method.getName());
        for (Class<?> place = type; found.isEmpty() && place != null; place = place.getEnclosingClass()) {
            found = find(place, annotation, place.getSimpleName());
        }
        return found;
    }

    private static <A extends Annotation> Optional<Found<A>> find(
            @Nullable AnnotatedElement element, Class<A> annotation, String place) {
        return AnnotationSupport.findAnnotation(element, annotation).map(found -> new Found<>(found, place));
    }

    private record Found<A extends Annotation>(A annotation, String place) {}
}
