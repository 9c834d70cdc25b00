package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Passage;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.trace.Scope;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * A chat model whose every call is decided before the provider is reached, and settled before the caller goes on.
 *
 * <p>A stream is decided once for each subscription. Decisions and settlements block, so they run on {@link
 * Schedulers#boundedElastic()}; only a cancellation on a thread that may block settles right there. Nothing is sent for a
 * subscriber that is gone by the time the decision is there: its hold is released.
 */
final class GuardedChatModel implements ChatModel, GuardedBean {
    /** Where a stream carries what its permit lets pass to what it subscribes to, as a thread does for a call. */
    private static final String PASSAGE = GuardedChatModel.class.getName() + ".passage";

    private final ChatModel delegate;
    private final Gate gate;
    private final Admission admission;
    private final String provider;
    private final int hiddenRetries;
    private final Predicate<Throwable> unbilled;

    GuardedChatModel(ChatModel delegate, Gate gate, String provider) {
        this.delegate = delegate;
        this.gate = gate;
        this.admission = new Admission(gate);
        this.provider = provider;
        this.hiddenRetries = HiddenRetries.of(delegate);
        this.unbilled = Failures.unbilled(hiddenRetries);
    }

    @Override
    public ChatModel guarded() {
        return delegate;
    }

    @Override
    public ChatOptions getOptions() {
        return delegate.getOptions();
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        Objects.requireNonNull(prompt, "prompt");
        ChatRequest request = ChatRequest.of(prompt, delegate.getOptions(), provider);
        Scope scope = gate.scope(request.toolContext(), null);
        Action action = request.action(gate, scope, hiddenRetries);
        Optional<Call> passing = CurrentPermit.passage().flatMap(outer -> Call.within(outer, action));
        if (passing.isPresent()) {
            return gate.run(
                    passing.get(), () -> delegate.call(prompt), answer -> Usages.of(answer, provider), unbilled);
        }
        Admitted admitted = gate.enter(action);
        Prompt effective = request.apply(admitted);
        ChatResponse response = gate.run(
                admitted.call(), () -> delegate.call(effective), answer -> Usages.of(answer, provider), unbilled);
        admission.check(request, toolCalls(response), scope);
        return response;
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        Objects.requireNonNull(prompt, "prompt");
        return Flux.deferContextual(context -> {
            ChatRequest request = ChatRequest.of(prompt, delegate.getOptions(), provider);
            Scope scope = gate.scope(request.toolContext(), context);
            Passage outer = outer(context);
            return Flux.defer(() -> decided(request, scope, outer)).subscribeOn(Schedulers.boundedElastic());
        });
    }

    private Flux<ChatResponse> decided(ChatRequest request, Scope scope, @Nullable Passage outer) {
        Action action = request.action(gate, scope, hiddenRetries);
        Optional<Call> passing = Optional.ofNullable(outer).flatMap(passage -> Call.within(passage, action));
        if (passing.isPresent()) {
            return passing(passing.get(), request.prompt());
        }
        Admitted admitted = gate.enter(action);
        return settled(admitted, request, scope, request.apply(admitted));
    }

    /** Behind an outer gate, which is told what the stream cost; cutting and tools are its own business. Nothing blocks. */
    private Flux<ChatResponse> passing(Call call, Prompt prompt) {
        StreamMeter meter = new StreamMeter(call, gate.counter(), provider);
        return Flux.defer(() -> call.started() ? delegate.stream(prompt) : Flux.empty())
                .contextWrite(context -> context.put(PASSAGE, call.passage()))
                .doOnNext(meter::arrived)
                .doOnComplete(() -> call.completed(meter.usage()))
                .doOnError(failure -> {
                    meter.flush();
                    Gate.failed(call, failure, unbilled);
                })
                .doOnCancel(() -> {
                    meter.flush();
                    call.cancelled();
                });
    }

    /*
     * The order of the operators is the order of the promises. The source is hidden, so that a subscriber who cancelled
     * during the decision is seen before anything is sent; the call itself says so should the cancellation come late. Parts are counted where they arrive, before the queue of
     * publishOn. Settling comes after it, on a thread that may block, and before anybody downstream hears of the end.
     */
    private Flux<ChatResponse> settled(Admitted admitted, ChatRequest request, Scope scope, Prompt effective) {
        Call call = admitted.call();
        StreamMeter meter = new StreamMeter(call, gate.counter(), provider);
        return Flux.just(effective)
                .hide()
                .concatMap(prompt -> call.started() ? delegate.stream(prompt) : Flux.empty())
                .contextWrite(context -> context.put(PASSAGE, call.passage()))
                .<ChatResponse>handle((part, sink) -> {
                    if (meter.arrived(part)) {
                        sink.next(part);
                    } else {
                        sink.error(outgrown(admitted));
                    }
                })
                // A provider's client may not let go of a stalled answer until its next byte: who cancels must not
                // wait.
                .cancelOn(Schedulers.boundedElastic())
                .publishOn(Schedulers.boundedElastic())
                .doOnComplete(() -> call.completed(meter.usage()))
                .doOnError(failure -> {
                    meter.flush();
                    Gate.failed(call, failure, unbilled);
                })
                .doOnCancel(() -> cancelled(call, meter))
                .concatWith(Flux.defer(() -> {
                    admission.check(request, meter.toolCalls(), scope);
                    return Flux.empty();
                }));
    }

    private static SpendDeniedException outgrown(Admitted admitted) {
        return admitted.outgrown("The stream passed the "
                + admitted.effective().maxOutputTokens().orElse(0)
                + " output tokens its hold covers: it was cut, and what arrived is charged. Raise the output cap.");
    }

    private static void cancelled(Call call, StreamMeter meter) {
        Runnable settle = () -> {
            meter.flush();
            call.cancelled();
        };
        if (Schedulers.isInNonBlockingThread()) {
            Schedulers.boundedElastic().schedule(settle);
        } else {
            settle.run();
        }
    }

    private static @Nullable Passage outer(ContextView context) {
        return context.<Passage>getOrDefault(PASSAGE, CurrentPermit.passage().orElse(null));
    }

    private static List<AssistantMessage.ToolCall> toolCalls(@Nullable ChatResponse response) {
        return response == null
                ? List.of()
                : response.getResults().stream()
                        .flatMap(result -> result.getOutput().getToolCalls().stream())
                        .toList();
    }
}
