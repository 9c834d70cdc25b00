package io.spendguard.langchain4j;

import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import io.spendguard.Guard;
import io.spendguard.trace.Scope;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Knows on whose behalf a model or a tool is called, without the calling thread's help: tools run on pool threads, and a
 * stream's later rounds start on the provider's.
 *
 * <p>Two facts are kept for as long as the framework keeps the objects they are about. An AI service announces each
 * request, as the very object the model receives, together with its invocation; and the thread that starts an invocation
 * still has a guard and a scope of its own. An invocation's context is copied as it goes on, its id object is not.
 */
final class Callers {
    /** The memory id of AI service methods that have none: all their invocations, of all callers, share it. */
    private static final Object NO_MEMORY_ID = "default";

    private static final WeakIdentityMap<ChatRequest, InvocationContext> BY_REQUEST = new WeakIdentityMap<>();
    private static final WeakIdentityMap<UUID, Caller> BY_INVOCATION = new WeakIdentityMap<>();

    private Callers() {}

    private record Caller(Guard guard, Scope scope) {}

    /** An AI service begins an invocation on this thread, all of whose tools are gated. */
    static void invoked(InvocationContext invocation, Guard guard) {
        UUID id = invocation.invocationId();
        if (id != null) {
            BY_INVOCATION.put(id, new Caller(guard, Scope.current()));
        }
    }

    /** An AI service is about to hand this request to its model. */
    static void issued(ChatRequest request, InvocationContext invocation) {
        BY_REQUEST.put(request, invocation);
    }

    /** The second request goes out in place of the first. */
    static void replaced(ChatRequest request, ChatRequest replacement) {
        InvocationContext invocation = BY_REQUEST.get(request);
        if (invocation != null) {
            BY_REQUEST.put(replacement, invocation);
        }
    }

    /** The invocation that issued this request, or null when no AI service did. */
    static @Nullable InvocationContext of(ChatRequest request) {
        return BY_REQUEST.get(request);
    }

    /** Tells whether every tool of this invocation stands behind a gate of its own. */
    static boolean gatesTools(@Nullable InvocationContext invocation) {
        return caller(invocation) != null;
    }

    /** The guard named in the invocation's parameters, else the one it began with, else the thread's, else installed. */
    static Guard guard(@Nullable InvocationContext invocation) {
        Caller caller = caller(invocation);
        return named(invocation)
                .or(() -> Optional.ofNullable(caller).map(Caller::guard))
                .or(Guard::current)
                .orElseThrow(() -> new IllegalStateException(
                        (invocation == null ? "A guarded LangChain4j call" : "AI service " + invocation.interfaceName())
                                + " has no guard: nothing would decide what it may spend. Call guard.install(), open one around"
                                + " the call with guard.open(), or pass InvocationParameters with '"
                                + InvocationKeys.GUARD + "'."));
    }

    /** The guard named in the invocation's parameters. */
    static Optional<Guard> named(@Nullable InvocationContext invocation) {
        Object value = parameters(invocation).get(InvocationKeys.GUARD);
        if (value == null || value instanceof Guard) {
            return Optional.ofNullable((Guard) value);
        }
        throw new IllegalArgumentException("Invocation parameter '" + InvocationKeys.GUARD + "' is a "
                + value.getClass().getName() + ": an io.spendguard.Guard is needed. Pass the guard itself.");
    }

    /** Who acts: what the parameters say, else what the scope said, else the conversation or invocation as run. */
    static Scope scope(@Nullable InvocationContext invocation) {
        Caller caller = caller(invocation);
        Scope around = caller == null ? Scope.current() : caller.scope();
        Map<String, Object> said = parameters(invocation);
        return new Scope(
                text(said.get(InvocationKeys.TENANT), around.tenant()),
                text(said.get(InvocationKeys.RUN), text(around.run(), defaultRun(invocation))),
                text(said.get(InvocationKeys.STEP), around.step()),
                text(said.get(InvocationKeys.AGENT), around.agent()),
                text(said.get(InvocationKeys.USER), around.user()));
    }

    /** A STOP ends a run for good, so the memory id that everybody shares must not name one. */
    static @Nullable String run(@Nullable Object memoryId) {
        return memoryId == null || memoryId.equals(NO_MEMORY_ID) ? null : memoryId.toString();
    }

    private static @Nullable String defaultRun(@Nullable InvocationContext invocation) {
        return invocation == null ? null : text(run(invocation.chatMemoryId()), text(invocation.invocationId(), null));
    }

    private static @Nullable String text(@Nullable Object value, @Nullable String otherwise) {
        return value == null ? otherwise : value.toString();
    }

    private static Map<String, Object> parameters(@Nullable InvocationContext invocation) {
        return invocation == null || invocation.invocationParameters() == null
                ? Map.of()
                : invocation.invocationParameters().asMap();
    }

    private static @Nullable Caller caller(@Nullable InvocationContext invocation) {
        return invocation == null || invocation.invocationId() == null
                ? null
                : BY_INVOCATION.get(invocation.invocationId());
    }
}
