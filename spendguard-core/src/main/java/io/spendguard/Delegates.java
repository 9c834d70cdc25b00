package io.spendguard;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks behind the wrappers that applications put around a framework's tools, for the one that runs a method: its {@link
 * io.spendguard.model.Guarded} annotation holds whatever logging or caching stands in front of it.
 *
 * <p>A wrapper is an object, a record or a lambda with what it wraps in a field. Where that cannot be told, because a field
 * cannot be read or there are several tools behind one, the log says so, with the wrapper's class and the remedy.
 */
public final class Delegates {
    private static final Logger LOG = LoggerFactory.getLogger(Delegates.class);

    /** Classes the log has told of, once for each. */
    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

    /** More than anybody wraps; an end for objects that refer to very many others. */
    private static final int MAX_OBJECTS = 64;

    private Delegates() {}

    /**
     * The object itself, or the only one of this class behind it.
     *
     * @param wrapper what an application handed over
     * @param kind what wrappers and wrapped have in common; only fields that can hold it are looked at
     * @param sought the framework's class that runs methods
     * @param gate what is not looked behind, because it decides by itself
     */
    public static <T, S extends T> Optional<S> find(T wrapper, Class<T> kind, Class<S> sought, Class<?> gate) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> next = new ArrayDeque<>(List.of(wrapper));
        List<S> found = new ArrayList<>();
        boolean isHidden = false;
        while (!next.isEmpty() && seen.size() < MAX_OBJECTS) {
            Object at = next.remove();
            if (!seen.add(at) || gate.isInstance(at)) {
                continue;
            }
            if (sought.isInstance(at)) {
                found.add(sought.cast(at));
                continue;
            }
            for (Field field : fields(at.getClass(), kind)) {
                try {
                    field.setAccessible(true);
                    Object value = field.get(at);
                    if (kind.isInstance(value)) {
                        next.add(value);
                    }
                } catch (IllegalAccessException | InaccessibleObjectException unreadable) {
                    isHidden |= kind.isAssignableFrom(field.getType());
                }
            }
        }
        if (found.size() > 1 || (found.isEmpty() && isHidden)) {
            warn(
                    wrapper.getClass().getName(),
                    found.isEmpty() ? "something in a field that cannot be read" : found.size() + " tools");
            return Optional.empty();
        }
        return found.stream().findFirst();
    }

    private static void warn(String wrapper, String hidden) {
        if (WARNED.add(wrapper)) {
            LOG.warn(
                    "Tool {} wraps {}: what @Guarded says of the method behind it is not known, and its calls are decided"
                            + " without that cost. Put the guard around what it wraps, or name the tool's cost in the"
                            + " configuration.",
                    wrapper,
                    hidden);
        }
    }

    /** The fields that can hold something of this kind, those of superclasses included. */
    private static List<Field> fields(Class<?> type, Class<?> kind) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> at = type; isOfAnApplication(at); at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                boolean canHold = kind.isAssignableFrom(field.getType())
                        || field.getType().isAssignableFrom(kind);
                if (canHold && !Modifier.isStatic(field.getModifiers())) {
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    private static boolean isOfAnApplication(@Nullable Class<?> type) {
        return type != null && !type.getName().startsWith("java.");
    }
}
