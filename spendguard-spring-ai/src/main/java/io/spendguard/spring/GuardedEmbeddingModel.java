package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Usage;
import io.spendguard.trace.Scope;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.beans.BeanUtils;
import org.springframework.util.ReflectionUtils;

/**
 * An embedding model whose every call is decided and settled. The entry points not overridden here are the interface's
 * own, which all end in {@link #call}.
 */
final class GuardedEmbeddingModel implements EmbeddingModel, GuardedBean {
    private static final String UNSPECIFIED = "unspecified";

    /** What implementations embed to learn how long their vectors are; they differ, this is the longest. */
    private static final String PROBE = "Test String";

    private final EmbeddingModel delegate;
    private final Gate gate;
    private final String provider;
    private final String defaultModel;
    private final int hiddenRetries;
    private volatile int dimensions;

    GuardedEmbeddingModel(EmbeddingModel delegate, Gate gate, String provider) {
        this.delegate = delegate;
        this.gate = gate;
        this.provider = provider;
        this.defaultModel = ownModel(delegate);
        this.hiddenRetries = HiddenRetries.of(delegate);
    }

    @Override
    public EmbeddingModel guarded() {
        return delegate;
    }

    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        String model = Optional.ofNullable(request.getOptions())
                .map(EmbeddingOptions::getModel)
                .orElse(defaultModel);
        return guarded(
                model,
                request.getInstructions(),
                () -> delegate.call(request),
                response -> Usages.of(response.getMetadata().getUsage(), provider));
    }

    /** The provider's count is not in the answer: settled at the estimate. */
    @Override
    public float[] embed(Document document) {
        String content = Objects.requireNonNullElse(document.getFormattedContent(), "");
        return guarded(defaultModel, List.of(content), () -> delegate.embed(document), answer -> Usage.unknown());
    }

    @Override
    public @Nullable String getEmbeddingContent(Document document) {
        return delegate.getEmbeddingContent(document);
    }

    /** Most models learn this by embedding something; asked for once. */
    @Override
    public int dimensions() {
        int known = dimensions;
        if (known == 0) {
            known = guarded(defaultModel, List.of(PROBE), delegate::dimensions, answer -> Usage.unknown());
            dimensions = known;
        }
        return known;
    }

    private <T> T guarded(String model, List<String> texts, Supplier<T> body, Function<? super T, Usage> usage) {
        Scope scope = gate.scope(Map.of(), null);
        long tokens = texts.stream().mapToLong(gate.counter()::count).sum();
        // One, the least there is: an embedding has no output tokens, and without a cap the model's ceiling is held.
        Action.Builder described =
                Action.llmCall(provider, model).inputTokens(tokens).maxOutputTokens(1);
        if (hiddenRetries > 0) {
            described.label(HiddenRetries.LABEL, Integer.toString(hiddenRetries));
        }
        Action action = scope.complete(described.build());
        Optional<Call> passing = CurrentPermit.passage().flatMap(outer -> Call.partWithin(outer, action));
        if (passing.isPresent()) {
            return gate.run(passing.get(), body, usage, Failures.unbilled(hiddenRetries));
        }
        Admitted admitted = gate.enter(action);
        if (!admitted.effective().model().equals(action.model())
                || !admitted.effective().provider().equals(action.provider())) {
            throw admitted.patchFailed("Embedding model '" + provider + "/" + model + "' cannot be replaced by '"
                    + admitted.effective().model().orElse(UNSPECIFIED)
                    + "': vectors of two models do not compare. Degrade chat models only.");
        }
        return gate.run(admitted.call(), body, usage, Failures.unbilled(hiddenRetries));
    }

    /** The interface does not say which model it calls, but implementations have options that do. */
    private static String ownModel(EmbeddingModel delegate) {
        return Optional.ofNullable(BeanUtils.findMethod(delegate.getClass(), "getOptions"))
                .map(getter -> value(getter, delegate))
                .filter(EmbeddingOptions.class::isInstance)
                .map(options -> ((EmbeddingOptions) options).getModel())
                .orElse(UNSPECIFIED);
    }

    /** Also of a class that is not public; null where it cannot be read. */
    private static @Nullable Object value(Method getter, EmbeddingModel delegate) {
        try {
            ReflectionUtils.makeAccessible(getter);
            return ReflectionUtils.invokeMethod(getter, delegate);
        } catch (RuntimeException unreadable) {
            return null;
        }
    }
}
