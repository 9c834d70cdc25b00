package io.spendguard;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Guarded;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads {@link Guarded} off methods, and collects what is wrong with it so that all of it is said at once. */
final class GuardedReader {
    private static final Set<String> PUBLISHERS =
            Set.of("java.util.concurrent.Flow$Publisher", "org.reactivestreams.Publisher");

    private final List<String> faults = new ArrayList<>();

    /** The method that carries the annotation: this one, else one it overrides, superclasses before interfaces. */
    static Optional<Method> annotated(Method method) {
        if (method.isAnnotationPresent(Guarded.class)) {
            return Optional.of(method);
        }
        if (Modifier.isStatic(method.getModifiers()) || Modifier.isPrivate(method.getModifiers())) {
            return Optional.empty();
        }
        List<Class<?>[]> erasures = erasures(method);
        return lineage(method.getDeclaringClass()).stream()
                .flatMap(type -> erasures.stream().map(types -> declared(type, method.getName(), types)))
                .filter(Objects::nonNull)
                .filter(overridden -> overridden.isAnnotationPresent(Guarded.class))
                .filter(overridden ->
                        !Modifier.isStatic(overridden.getModifiers()) && !Modifier.isPrivate(overridden.getModifiers()))
                .findFirst();
    }

    /**
     * The parameter types a method has, and those of the generic methods it overrides, which the compiler put a bridge
     * before, in its own class or in the class of a method it overrides. Of two methods that a bridge may lead to, both
     * count: one too many is charged, and none is free.
     */
    private static List<Class<?>[]> erasures(Method method) {
        Class<?>[] own = method.getParameterTypes();
        List<Class<?>[]> erasures = new ArrayList<>();
        erasures.add(own);
        lineage(method.getDeclaringClass()).stream()
                .filter(type -> declared(type, method.getName(), own) != null)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(bridge -> bridge.isBridge() && bridge.getName().equals(method.getName()))
                .filter(bridge -> isNarrower(own, bridge.getParameterTypes()))
                .map(Method::getParameterTypes)
                .forEach(erasures::add);
        return erasures;
    }

    private static boolean isNarrower(Class<?>[] narrow, Class<?>[] wide) {
        return narrow.length == wide.length
                && IntStream.range(0, wide.length).allMatch(i -> wide[i].isAssignableFrom(narrow[i]));
    }

    /** How a method is called in messages. */
    static String place(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    /**
     * The guarded method; what is wrong with it is kept, and then the answer is of no use.
     *
     * @param called what to invoke
     * @param annotated what carries the annotation
     */
    GuardedMethod read(Method called, Method annotated) {
        Guarded guarded = annotated.getAnnotation(Guarded.class);
        String tool = guarded.tool().isEmpty() ? annotated.getName() : guarded.tool();
        attempt(annotated, "tool '" + tool + "'", () -> Action.toolCall(tool));
        Amount cost = cost(annotated, guarded);
        Multiplier per = per(annotated, guarded);
        CallKey key = key(annotated, guarded);
        Map<String, String> labels = labels(annotated, guarded);
        Method fallback = fallback(annotated, guarded);
        requireAccess(annotated, called);
        requireWork(annotated);
        return new GuardedMethod(called, annotated, tool, cost, per, key, labels, fallback);
    }

    /** Throws {@link IllegalArgumentException} with everything that was wrong, one fault a line. */
    void requireNoFaults() {
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", faults));
        }
    }

    private @Nullable Amount cost(Method method, Guarded guarded) {
        if (guarded.cost().isEmpty()) {
            return null;
        }
        return attempt(method, "cost '" + guarded.cost() + "'", () -> {
            Amount amount = Amount.parse(guarded.cost());
            Action.toolCall("any").charge(amount);
            return amount;
        });
    }

    private @Nullable Multiplier per(Method method, Guarded guarded) {
        String name = guarded.per();
        if (name.isEmpty()) {
            return null;
        }
        String attribute = "per '" + name + "'";
        if (guarded.cost().isEmpty()) {
            fault(method, attribute, "there is no cost to multiply. Name a cost too.");
        }
        int index = parameter(method, attribute, name);
        if (index < 0) {
            return null;
        }
        Class<?> type = method.getParameterTypes()[index];
        if (!Multiplier.counts(type)) {
            fault(
                    method,
                    attribute,
                    "a " + type.getSimpleName() + " counts nothing."
                            + " Use a whole number, a collection, a map, an array or a text.");
            return null;
        }
        return new Multiplier(index, name, type);
    }

    private @Nullable CallKey key(Method method, Guarded guarded) {
        String name = guarded.key();
        if (name.isEmpty()) {
            return null;
        }
        String attribute = "key '" + name + "'";
        int index = parameter(method, attribute, name);
        if (index < 0) {
            return null;
        }
        Class<?> type = method.getParameterTypes()[index];
        if (!CallKey.names(type)) {
            fault(
                    method,
                    attribute,
                    "a " + type.getSimpleName() + " names nothing. Use a text, a whole number, a UUID or an enum.");
            return null;
        }
        return new CallKey(index, name, type);
    }

    /** The index of the parameter that an attribute names; less than 0 when there is none, which is a fault then. */
    private int parameter(Method method, String attribute, String name) {
        Parameter[] parameters = method.getParameters();
        if (!Arrays.stream(parameters).allMatch(Parameter::isNamePresent)) {
            fault(method, attribute, "its class keeps no parameter names. Compile it with javac -parameters.");
            return -1;
        }
        List<String> names = Arrays.stream(parameters).map(Parameter::getName).toList();
        int index = names.indexOf(name);
        if (index < 0) {
            fault(method, attribute, "names no parameter. Use one of " + names + ".");
        }
        return index;
    }

    private Map<String, String> labels(Method method, Guarded guarded) {
        Map<String, String> labels = new TreeMap<>();
        Action.Builder action = Action.toolCall("any");
        for (String label : guarded.labels()) {
            int equals = label.indexOf('=');
            if (equals < 0) {
                fault(method, "labels '" + label + "'", "a label has a name and a value. Write name=value.");
                continue;
            }
            String name = label.substring(0, equals);
            String value = label.substring(equals + 1);
            attempt(method, "labels '" + label + "'", () -> action.label(name, value));
            if (labels.put(name, value) != null) {
                fault(method, "labels '" + label + "'", "the label is there twice. Give it one value.");
            }
        }
        return labels;
    }

    private @Nullable Method fallback(Method method, Guarded guarded) {
        String name = guarded.fallback();
        if (name.isEmpty()) {
            return null;
        }
        String attribute = "fallback '" + name + "'";
        Method fallback = declared(method.getDeclaringClass(), name, method.getParameterTypes());
        if (fallback == null) {
            fault(
                    method,
                    attribute,
                    "its class has no method of that name with the same parameters. Declare one beside it.");
            return null;
        }
        if (fallback.isAnnotationPresent(Guarded.class)) {
            fault(method, attribute, "is @Guarded itself, and a refusal must not spend. Name a method that is not.");
        }
        if (Modifier.isStatic(method.getModifiers()) && !Modifier.isStatic(fallback.getModifiers())) {
            fault(method, attribute, "is not static, but the method is. Make both or neither static.");
        }
        if (!method.getReturnType().isAssignableFrom(fallback.getReturnType())) {
            fault(
                    method,
                    attribute,
                    "returns " + fallback.getReturnType().getSimpleName() + ", which is no "
                            + method.getReturnType().getSimpleName() + ". Return what the method returns.");
        }
        for (Class<?> thrown : fallback.getExceptionTypes()) {
            if (!mayThrow(method, thrown)) {
                fault(
                        method,
                        attribute,
                        "throws " + thrown.getSimpleName() + ", which the method does not declare. Catch it there.");
            }
        }
        requireAccess(method, fallback);
        return fallback;
    }

    private static boolean mayThrow(Method method, Class<?> thrown) {
        return RuntimeException.class.isAssignableFrom(thrown)
                || Error.class.isAssignableFrom(thrown)
                || Arrays.stream(method.getExceptionTypes()).anyMatch(declared -> declared.isAssignableFrom(thrown));
    }

    /** A publisher works when it is subscribed to, each time anew, and that is after the decision and past every gate. */
    private void requireWork(Method annotated) {
        boolean isPublisher =
                lineage(annotated.getReturnType()).stream().map(Class::getName).anyMatch(PUBLISHERS::contains);
        if (isPublisher) {
            faults.add(
                    place(annotated) + " @Guarded: returns a "
                            + annotated.getReturnType().getSimpleName()
                            + ", which does its work when it is subscribed to, as often as that happens. Return what it emits.");
        }
    }

    private void requireAccess(Method annotated, Method called) {
        if (!called.trySetAccessible()) {
            faults.add(place(annotated) + " @Guarded: " + place(called) + " cannot be called from here."
                    + " Open its package to SpendGuard.");
        }
    }

    private <T> @Nullable T attempt(Method method, String attribute, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException wrong) {
            fault(method, attribute, wrong.getMessage());
            return null;
        }
    }

    private void fault(Method method, String attribute, @Nullable String problem) {
        faults.add(place(method) + " @Guarded " + attribute + ": " + problem);
    }

    private static Set<Class<?>> lineage(Class<?> type) {
        Set<Class<?>> lineage = new LinkedHashSet<>();
        for (Class<?> next = type; next != null; next = next.getSuperclass()) {
            lineage.add(next);
        }
        List.copyOf(lineage).forEach(next -> addInterfaces(next, lineage));
        return lineage;
    }

    private static void addInterfaces(Class<?> type, Set<Class<?>> lineage) {
        for (Class<?> next : type.getInterfaces()) {
            lineage.add(next);
            addInterfaces(next, lineage);
        }
    }

    private static @Nullable Method declared(Class<?> type, String name, Class<?>... parameters) {
        try {
            return type.getDeclaredMethod(name, parameters);
        } catch (NoSuchMethodException none) {
            return null;
        }
    }
}
