package io.spendguard.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.model.Usage;
import java.util.Locale;
import java.util.OptionalInt;

/** What the classes of one provider say beyond LangChain4j's common ones: caps on output and details of usage. */
interface ChatDialect {
    /** The dialect these parameters are written in. */
    static ChatDialect of(ChatRequestParameters parameters) {
        return OpenAiDialect.isPresent() && OpenAiDialect.speaks(parameters)
                ? new OpenAiDialect()
                : new CommonDialect();
    }

    /** A provider's name as price books and contracts have it. */
    static String provider(ModelProvider provider) {
        return provider == ModelProvider.OPEN_AI ? "openai" : provider.name().toLowerCase(Locale.ROOT);
    }

    /** The provider's count; unknown when it gave none, or one that cannot be. */
    static Usage usage(TokenUsage reported) {
        if (reported.inputTokenCount() == null || reported.outputTokenCount() == null) {
            return Usage.unknown();
        }
        CacheTokens cache = CacheTokens.of(reported);
        long input = reported.inputTokenCount() + cache.read() + cache.written();
        // Every request has messages: no input at all is a server that does not count.
        if (input <= 0 || reported.outputTokenCount() < 0) {
            return Usage.unknown();
        }
        Usage.Builder usage = Usage.builder().inputTokens(input).outputTokens(reported.outputTokenCount());
        if (cache.read() > 0) {
            usage.cacheReadTokens(cache.read());
        }
        if (cache.written() > 0) {
            usage.cacheWriteTokens(cache.written());
        }
        if (OpenAiDialect.isPresent()) {
            OpenAiDialect.addDetails(reported, usage);
        }
        return usage.build();
    }

    /** The most output these parameters let the model produce; empty when they set no cap. */
    OptionalInt outputCap(ChatRequestParameters parameters);

    /** Tells whether nothing in these parameters can make the call cost more than tokens and caps say. */
    boolean isBounded(ChatRequestParameters parameters);

    /** The parameters with another model and every cap that is in use at most this high, all else as it was. */
    ChatRequestParameters degraded(ChatRequestParameters parameters, String model, OptionalInt outputCap);

    /** What every provider has. */
    final class CommonDialect implements ChatDialect {
        @Override
        public OptionalInt outputCap(ChatRequestParameters parameters) {
            Integer cap = parameters.maxOutputTokens();
            return cap == null ? OptionalInt.empty() : OptionalInt.of(cap);
        }

        @Override
        public boolean isBounded(ChatRequestParameters parameters) {
            return true;
        }

        @Override
        public ChatRequestParameters degraded(ChatRequestParameters parameters, String model, OptionalInt outputCap) {
            var changes = ChatRequestParameters.builder().modelName(model);
            outputCap.ifPresent(changes::maxOutputTokens);
            return parameters.overrideWith(changes.build());
        }
    }
}
