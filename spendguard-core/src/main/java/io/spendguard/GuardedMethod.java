package io.spendguard;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Guarded;
import io.spendguard.model.Permit;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A method marked {@link Guarded}, read and checked once: what its calls cost, and how they run under a guard.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class GuardedMethod {
    private final Method called;
    private final Method annotated;
    private final String tool;
    private final @Nullable Amount cost;
    private final @Nullable Multiplier per;
    private final @Nullable CallKey key;
    private final Map<String, String> labels;
    private final @Nullable Method fallback;

    GuardedMethod(
            Method called,
            Method annotated,
            String tool,
            @Nullable Amount cost,
            @Nullable Multiplier per,
            @Nullable CallKey key,
            Map<String, String> labels,
            @Nullable Method fallback) {
        this.called = called;
        this.annotated = annotated;
        this.tool = tool;
        this.cost = cost;
        this.per = per;
        this.key = key;
        this.labels = Map.copyOf(labels);
        this.fallback = fallback;
    }

    /**
     * The guarded method; empty when neither it nor a method it overrides is marked {@link Guarded}.
     *
     * @throws IllegalArgumentException when the annotation cannot be followed, with every fault, each on a line that names
     *     class, method and attribute
     */
    public static Optional<GuardedMethod> of(Method method) {
        GuardedReader reader = new GuardedReader();
        Optional<GuardedMethod> read = GuardedReader.annotated(method).map(annotated -> reader.read(method, annotated));
        reader.requireNoFaults();
        return read;
    }

    /** The tool's name: the annotation's, else the method's. */
    public String tool() {
        return tool;
    }

    /** The method to call instead when the guard refuses; empty when a refusal is thrown. */
    public Optional<Method> fallback() {
        return Optional.ofNullable(fallback);
    }

    /**
     * A call with these arguments as an action, a fresh one unless the annotation names its key.
     *
     * @throws IllegalArgumentException when the cost cannot be counted or the call not named; see {@link #apply(Action.Builder, Object[])}
     */
    public Action action(@Nullable Object[] args) {
        return apply(Action.toolCall(tool).content(() -> content(args)), args).build();
    }

    /** Each argument's text after its length, so that no two lists of arguments have the same. */
    private static String content(@Nullable Object[] args) {
        StringBuilder content = new StringBuilder();
        for (Object arg : args) {
            String text = Arrays.deepToString(new @Nullable Object[] {arg});
            content.append(text.length()).append(':').append(text);
        }
        return content.toString();
    }

    /**
     * Adds cost, key and labels of a call with these arguments to an action that an adapter builds; what the action says of
     * other units and under other names stays.
     *
     * @throws IllegalArgumentException when the argument the cost is multiplied by is null or negative or makes it more
     *     than can be counted, or the one that names the call is null, blank or no key; the call must not be made
     */
    public Action.Builder apply(Action.Builder action, @Nullable Object[] args) {
        return apply(action, (index, name) -> args[index]);
    }

    /**
     * As {@link #apply(Action.Builder, Object[])}, for arguments by name as a framework reads them from a model's JSON. A
     * name that is missing counts as null.
     */
    public Action.Builder apply(Action.Builder action, Map<String, ?> args) {
        return apply(action, (index, name) -> args.get(name));
    }

    /** As {@link #invoke(Guard, Action, Object, Object[])}, for {@link #action(Object[])}. */
    public @Nullable Object invoke(Guard guard, @Nullable Object target, @Nullable Object[] args) throws Throwable {
        return invoke(guard, action(args), target, args);
    }

    /**
     * Decides the action, calls the method and settles, or calls the fallback when the guard refuses.
     *
     * <p>The method runs under its permit, which {@link Permit#current()} finds, and is charged when it returns, unless it
     * settled by itself. Its exceptions pass as they are and leave the outcome unknown. A degrade is a refusal: a tool
     * has nothing to patch. Inside a call of the same tool that was decided already the method runs once without a
     * second decision. Blocks for two ledger transactions.
     *
     * @param target whose method; null for a static one
     * @return what the method or its fallback returned
     * @throws SpendDeniedException when the guard refuses and there is no fallback; the method did not run
     * @throws Throwable what the method or its fallback threw
     */
    public @Nullable Object invoke(Guard guard, Action action, @Nullable Object target, @Nullable Object[] args)
            throws Throwable {
        Optional<Call> passing = CurrentPermit.passage().flatMap(outer -> Call.within(outer, action));
        if (passing.isPresent()) {
            return passing(passing.get(), target, args);
        }
        Permit permit;
        try {
            permit = guard.decide(action).orThrow();
        } catch (SpendDeniedException denied) {
            if (fallback == null) {
                throw denied;
            }
            return call(fallback, target, args, null);
        }
        return Guard.<@Nullable Object, Throwable>run(
                permit, held -> call(called, target, args, held), result -> Usage.unknown());
    }

    /** Without a decision, because the call around this one was decided for it. */
    private @Nullable Object passing(Call passing, @Nullable Object target, @Nullable Object[] args) throws Throwable {
        try (passing;
                CurrentPermit.Handle open = passing.open()) {
            passing.started();
            Object result = call(called, target, args, null);
            passing.completed(Usage.unknown());
            return result;
        }
    }

    @Override
    public String toString() {
        return "GuardedMethod[" + GuardedReader.place(called) + "]";
    }

    /** Calls a method; when it could not even be entered, the permit is told that nothing was sent. */
    static @Nullable Object call(
            Method method, @Nullable Object target, @Nullable Object[] args, @Nullable Permit permit) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException thrown) {
            throw thrown.getTargetException();
        } catch (IllegalAccessException | RuntimeException notEntered) {
            if (permit != null) {
                giveBack(permit, notEntered);
            }
            throw notEntered;
        }
    }

    private static void giveBack(Permit permit, Exception notEntered) {
        try {
            permit.notSent(notEntered);
        } catch (RuntimeException unsettled) {
            notEntered.addSuppressed(unsettled);
        }
    }

    private Action.Builder apply(Action.Builder action, Arguments args) {
        labels.forEach(action::label);
        if (key != null) {
            try {
                action.key(tool + "/" + key.text(args.get(key.index(), key.name())));
            } catch (IllegalArgumentException unnamed) {
                throw fault("key '" + key.name() + "'", String.valueOf(unnamed.getMessage()), unnamed);
            }
        }
        return cost == null ? action : action.charge(cost(cost, args));
    }

    private Amount cost(Amount each, Arguments args) {
        if (per == null) {
            return each;
        }
        String attribute = "per '" + per.name() + "'";
        long factor;
        try {
            factor = per.count(args.get(per.index(), per.name()));
        } catch (IllegalArgumentException uncountable) {
            throw fault(attribute, String.valueOf(uncountable.getMessage()), uncountable);
        }
        try {
            return each.times(factor);
        } catch (ArithmeticException overflow) {
            throw fault(
                    attribute,
                    "the argument is " + factor + ", and so many times " + each + " is more than can be counted, "
                            + new Amount(Long.MAX_VALUE, each.unit()) + ". Pass less.",
                    overflow);
        }
    }

    private IllegalArgumentException fault(String attribute, String problem, RuntimeException cause) {
        return new IllegalArgumentException(
                GuardedReader.place(annotated) + " @Guarded " + attribute + ": " + problem, cause);
    }

    /** A call's arguments, by position or by name. */
    @FunctionalInterface
    private interface Arguments {
        @Nullable
        Object get(int index, String name);
    }
}
