package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.CallPhase;
import io.spendguard.Guard;
import io.spendguard.ToolArguments;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.TokenCounter;
import io.spendguard.trace.Scope;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** What all decorators share: for whom, may it run, and what became of it. Safe for any number of threads. */
final class Gate {
    private final Guard guard;
    private final GateSettings settings;
    private final TokenCounter counter = TokenCounter.o200k();

    Gate(Guard guard, GateSettings settings) {
        this.guard = guard;
        this.settings = settings;
    }

    GateSettings settings() {
        return settings;
    }

    TokenCounter counter() {
        return counter;
    }

    /** For whom a call is made on this thread; see {@link SpendGuardContext} for the order. */
    Scope scope(Map<String, Object> toolContext, @Nullable ContextView reactor) {
        Scope scope = SpendGuardContext.read(toolContext::get);
        if (reactor != null) {
            scope = SpendGuardContext.merge(
                    scope, SpendGuardContext.read(name -> reactor.<Object>getOrDefault(name, null)));
        }
        return SpendGuardContext.merge(SpendGuardContext.merge(scope, Scope.current()), settings.defaults());
    }

    /** A call of a tool, at its configured price. */
    Action toolCall(String tool, String input, Scope scope) {
        return toolCall(Action.toolCall(tool).content(() -> ToolArguments.content(input)), tool, scope);
    }

    /** As {@link #toolCall(String, String, Scope)}, for an action that may have a price already. */
    Action toolCall(Action.Builder action, String tool, Scope scope) {
        Money cost = settings.toolCosts().get(tool);
        if (cost != null) {
            action.cost(cost);
        }
        return scope.complete(action.build());
    }

    Decision decide(Action action) {
        return guard.decide(action);
    }

    /**
     * Decides an action whose degrade patch the caller applies.
     *
     * @throws io.spendguard.model.SpendDeniedException when it must not run
     */
    Admitted enter(Action action) {
        return admitted(decide(action));
    }

    Admitted admitted(Decision decision) {
        Call call = Call.of(decision.orThrow(Decision.Accept.ACCEPT_DEGRADE));
        return new Admitted((Decision.Allowed) decision, call);
    }

    /** Runs a tool, as below: one that throws may have had its effect first, also when it was a connection that failed. */
    <T extends @Nullable Object> T run(Call call, Supplier<T> body, Function<? super T, Usage> usage) {
        return run(call, body, usage, failure -> false);
    }

    /**
     * Runs the body under the call's permit and settles it before returning; exceptions pass untouched.
     *
     * @param provesUnbilled which of them prove that nothing was billed
     */
    <T extends @Nullable Object> T run(
            Call call, Supplier<T> body, Function<? super T, Usage> usage, Predicate<Throwable> provesUnbilled) {
        try (call;
                CurrentPermit.Handle permit = call.open();
                Guard.Handle open = guard.open()) {
            call.started();
            T result;
            try {
                result = body.get();
            } catch (RuntimeException | Error failure) {
                failed(call, failure, provesUnbilled);
                throw failure;
            }
            call.completed(read(usage, result));
            return result;
        }
    }

    /** An answer that was paid for is not lost because its count cannot be read. */
    private static <T extends @Nullable Object> Usage read(Function<? super T, Usage> usage, T result) {
        try {
            return usage.apply(result);
        } catch (RuntimeException unreadable) {
            return Usage.unknown();
        }
    }

    /** Settles a call that ended with an exception. Once a part of the answer has arrived, nothing proves it unbilled. */
    static void failed(Call call, Throwable failure, Predicate<Throwable> provesUnbilled) {
        if (call.phase() == CallPhase.STARTED && provesUnbilled.test(failure)) {
            call.notSent(failure);
        } else {
            call.failed(failure);
        }
    }
}
