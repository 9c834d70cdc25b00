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
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

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

    static GuardedTestSpec of(ExtensionContext context) {
        Method method = context.getRequiredTestMethod();
        Class<?> type = context.getRequiredTestClass();
        Optional<Found<SpendGuardTest>> setup = find(method, type, SpendGuardTest.class);
        return new GuardedTestSpec(
                type.getSimpleName() + "." + method.getName(),
                setup.map(found -> contract(found, type)).orElseGet(() -> Contract.parse(RECORDS_ONLY, "records-only")),
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
        return text.isEmpty()
                ? Contract.parse(RECORDS_ONLY, "records-only")
                : Contract.parse(text, "@SpendGuardTest on " + setup.place());
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
