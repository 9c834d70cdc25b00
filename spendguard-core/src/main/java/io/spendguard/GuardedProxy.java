package io.spendguard;

import io.spendguard.model.Guarded;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Guards the methods of an interface that are marked {@link Guarded}, there or where the target implements them; the
 * target's own annotation wins. Other methods pass through.
 *
 * <p>Only calls through the proxy are guarded, not those the target makes on itself. A proxy is as safe for threads as its
 * target, equals every proxy of an equal target under the same interface and guard, and has its target's hash code.
 */
public final class GuardedProxy {
    private static final @Nullable Object[] NO_ARGUMENTS = {};

    private GuardedProxy() {}

    /**
     * The target behind this guard.
     *
     * @throws IllegalArgumentException when an annotation cannot be followed, with the faults of all methods, or when the
     *     type is no interface or nothing in it is marked
     */
    public static <I> I of(Class<I> type, I target, Guard guard) {
        return create(type, target, Objects.requireNonNull(guard, "guard"));
    }

    /**
     * The target behind the guard that {@link Guard#current()} finds at each call. A guarded call that finds none throws
     * {@link IllegalStateException} and does not reach the target.
     *
     * @throws IllegalArgumentException as {@link #of(Class, Object, Guard)} does
     */
    public static <I> I of(Class<I> type, I target) {
        return create(type, target, null);
    }

    private static <I> I create(Class<I> type, I target, @Nullable Guard guard) {
        Objects.requireNonNull(target, "target");
        if (!type.isInterface()) {
            throw new IllegalArgumentException(
                    "Type " + type.getName() + " is no interface: only calls through an interface can be guarded."
                            + " Name one that the target implements.");
        }
        Map<Method, GuardedMethod> guarded = read(type, target.getClass());
        if (guarded.isEmpty()) {
            throw new IllegalArgumentException("Type " + type.getName() + " has no @Guarded method, and neither has "
                    + target.getClass().getName() + " where it implements it: nothing would be guarded."
                    + " Mark a method.");
        }
        Handler handler = new Handler(type, target, guard, guarded);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Map<Method, GuardedMethod> read(Class<?> type, Class<?> implementation) {
        GuardedReader reader = new GuardedReader();
        Map<Method, GuardedMethod> guarded = new HashMap<>();
        for (Method method : type.getMethods()) {
            if (Modifier.isStatic(method.getModifiers())) {
                continue;
            }
            annotated(method, implementation)
                    .ifPresent(annotated -> guarded.put(method, reader.read(method, annotated)));
        }
        reader.requireNoFaults();
        return guarded;
    }

    private static Optional<Method> annotated(Method method, Class<?> implementation) {
        Method implementing;
        try {
            implementing = withoutBridge(implementation.getMethod(method.getName(), method.getParameterTypes()));
        } catch (NoSuchMethodException impossible) {
            throw new IllegalStateException(implementation + " does not implement " + method, impossible);
        }
        return GuardedReader.annotated(implementing).or(() -> GuardedReader.annotated(method));
    }

    /** What the user wrote: javac puts a bridge before a method whose types are narrower than the interface's. */
    private static Method withoutBridge(Method method) {
        if (!method.isBridge()) {
            return method;
        }
        return Arrays.stream(method.getDeclaringClass().getDeclaredMethods())
                .filter(written -> !written.isBridge() && written.getName().equals(method.getName()))
                .filter(written -> isNarrower(written, method))
                .findFirst()
                .orElse(method);
    }

    private static boolean isNarrower(Method written, Method bridge) {
        Class<?>[] narrow = written.getParameterTypes();
        Class<?>[] wide = bridge.getParameterTypes();
        if (narrow.length != wide.length || !bridge.getReturnType().isAssignableFrom(written.getReturnType())) {
            return false;
        }
        for (int i = 0; i < narrow.length; i++) {
            if (!wide[i].isAssignableFrom(narrow[i])) {
                return false;
            }
        }
        return true;
    }

    /** Where the calls of one proxy arrive. */
    private record Handler(
            Class<?> type, Object target, @Nullable Guard guard, Map<Method, GuardedMethod> guarded)
            implements InvocationHandler {
        @Override
        public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
                throws Throwable {
            @Nullable Object[] args = given == null ? NO_ARGUMENTS : given;
            if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                    case "equals" -> isSame(args[0]);
                    case "hashCode" -> target.hashCode();
                    default -> "Guarded[" + target + "]";
                };
            }
            GuardedMethod found = guarded.get(method);
            if (found != null) {
                return found.invoke(guardOf(found), target, args);
            }
            // Public to the caller, who has the interface, but not always to this class.
            method.trySetAccessible();
            return GuardedMethod.call(method, target, args, null);
        }

        private boolean isSame(@Nullable Object other) {
            return other != null
                    && Proxy.isProxyClass(other.getClass())
                    && Proxy.getInvocationHandler(other) instanceof Handler that
                    && type == that.type
                    && guard == that.guard
                    && target.equals(that.target);
        }

        private Guard guardOf(GuardedMethod method) {
            return guard != null
                    ? guard
                    : Guard.current()
                            .orElseThrow(() -> new IllegalStateException(method + " found no guard and was not called:"
                                    + " none is open on this thread or installed. Open or install one, or give the"
                                    + " proxy its own."));
        }
    }
}
