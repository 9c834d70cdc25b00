package io.spendguard.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.Call;
import io.spendguard.model.Action;
import io.spendguard.model.CurrentPermit;
import io.spendguard.model.Usage;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An embedding model whose every way to the provider passes the gate, the one that asks for the dimension included: many
 * models find it out by a paid call. A batch is one action, bounded by the context window its price book entry names.
 */
final class GuardedEmbeddingModel implements EmbeddingModel, Gated<EmbeddingModel> {
    /** What LangChain4j sends to find out a dimension. */
    private static final List<Content> DIMENSION_PROBE = List.of(TextContent.from("test"));

    private final EmbeddingModel delegate;
    private final GuardSource guards;
    private final String provider;
    private final int hiddenRetries;
    private volatile @Nullable Integer dimension;

    GuardedEmbeddingModel(EmbeddingModel delegate, GuardSource guards) {
        this.delegate = delegate;
        this.guards = guards;
        this.provider = ChatDialect.provider(delegate.provider());
        this.hiddenRetries = HiddenRetries.of(delegate);
    }

    @Override
    public EmbeddingResponse embed(EmbeddingRequest request) {
        return requested(request, delegate::embed);
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        return requested(request, delegate::doEmbed);
    }

    @Override
    public Response<Embedding> embed(String text) {
        return gated(modelName(), texts(Stream.of(text)), () -> delegate.embed(text), Response::tokenUsage);
    }

    @Override
    public Response<Embedding> embed(TextSegment segment) {
        return gated(
                modelName(), texts(Stream.of(segment.text())), () -> delegate.embed(segment), Response::tokenUsage);
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        List<Content> contents = texts(segments.stream().map(TextSegment::text));
        return gated(modelName(), contents, () -> delegate.embedAll(segments), Response::tokenUsage);
    }

    /** Asked once; later calls are answered from memory. */
    @Override
    public int dimension() {
        Integer known = dimension;
        if (known == null) {
            known = gated(modelName(), DIMENSION_PROBE, delegate::dimension, answer -> null);
            dimension = known;
        }
        return known;
    }

    @Override
    public String modelName() {
        return delegate.modelName();
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return delegate.listeners();
    }

    @Override
    public ModelProvider provider() {
        return delegate.provider();
    }

    @Override
    public EmbeddingRequestParameters defaultRequestParameters() {
        return delegate.defaultRequestParameters();
    }

    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return delegate.supportedParameters();
    }

    @Override
    public Set<ContentType> supportedContentTypes() {
        return delegate.supportedContentTypes();
    }

    @Override
    public EmbeddingModel unwrap() {
        return delegate;
    }

    private EmbeddingResponse requested(
            EmbeddingRequest request, Function<EmbeddingRequest, EmbeddingResponse> embedder) {
        Objects.requireNonNull(request, "request");
        String model =
                defaultRequestParameters().overrideWith(request.parameters()).modelName();
        List<Content> contents = request.inputs().stream()
                .flatMap(input -> input.contents().stream())
                .toList();
        return gated(
                model == null ? modelName() : model,
                contents,
                () -> embedder.apply(request),
                response ->
                        response.metadata() == null ? null : response.metadata().tokenUsage());
    }

    private <T> T gated(
            String model, List<Content> contents, Supplier<T> embedder, Function<T, @Nullable TokenUsage> usage) {
        Action action = Callers.scope(null).complete(describe(model, contents));
        Optional<Call> passing = CurrentPermit.passage().flatMap(outer -> Call.partWithin(outer, action));
        try (Call call = passing.orElseGet(
                        () -> Call.of(guards.guard(null).decide(action).orThrow()));
                CurrentPermit.Handle open = call.open()) {
            call.started();
            T answer;
            try {
                answer = embedder.get();
            } catch (RuntimeException | Error failure) {
                if (hiddenRetries == 0 && ProviderFailure.isUnbilled(failure)) {
                    call.notSent(failure);
                } else {
                    call.failed(failure);
                }
                throw failure;
            }
            call.completed(usage(answer, usage));
            return answer;
        }
    }

    /** The smallest cap there is: vectors are no output tokens. */
    private Action describe(String model, List<Content> contents) {
        Action.Builder action = Action.llmCall(provider, model).maxOutputTokens(1);
        PromptTokens.of(provider, contents).ifPresent(action::inputTokens);
        if (hiddenRetries > 0) {
            action.label(ChatGate.HIDDEN_RETRIES, Integer.toString(hiddenRetries));
        }
        return action.build();
    }

    /** Embeddings report input only, and some providers name no output count at all; unknown also when it cannot be read. */
    private static <T> Usage usage(@Nullable T answer, Function<T, @Nullable TokenUsage> read) {
        try {
            TokenUsage reported = answer == null ? null : read.apply(answer);
            Integer input = reported == null ? null : reported.inputTokenCount();
            return input == null || input <= 0 ? Usage.unknown() : Usage.of(input, 0);
        } catch (RuntimeException unreadable) {
            return Usage.unknown();
        }
    }

    private static List<Content> texts(Stream<String> texts) {
        return texts.<Content>map(TextContent::from).toList();
    }
}
